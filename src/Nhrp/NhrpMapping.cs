using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>How a mapping was learnt; a later one in this list gives way to an earlier one.</summary>
internal enum NhrpOrigin : byte
{
    Static,
    Registered,
    Resolved,
    Implicit,
}

/// <summary>
/// Protocol address to NBMA peer: a next hop. Kept small, a hub has 100,000 of them; mappings of one peer are chained through
/// <see cref="NextOfPeer"/> so that losing a peer costs only what it had.
/// </summary>
internal sealed class NhrpMapping(NhrpInterface owner, IpAddress address) : Timed<NhrpEffect>
{
    public readonly IpAddress Address = address;
    public readonly NhrpInterface Owner = owner;

    public NbmaPeer Peer;
    public IpAddress Claimed;
    public Instant Created;
    public Instant Expires = Instant.Never;
    public Instant LastUsed = Instant.Never;

    /// <summary>Shortcuts by this next hop; null while there is none.</summary>
    public List<NhrpShortcut>? Shortcuts;
    public NhrpMapping? NextOfPeer;
    public NhrpMapping? PreviousOfPeer;

    /// <summary>Id of the registration: IOS wants purges to have it.</summary>
    public uint RequestId;
    public int Hits;
    public ushort HoldTime;
    public ushort Mtu;
    public byte Preference;
    public NhrpOrigin Origin;
    public bool Unique;
    public bool Authoritative;

    /// <summary>A static one that belongs to an NHS.</summary>
    public bool IsNhs;

    /// <summary>A configured one at whose address only stations are that may not be it: nothing is sent there.</summary>
    public bool Suspended;
    public bool Removed;

    public bool IsNatted => Claimed != Peer.Address && !Claimed.IsUnspecified;

    /// <summary>True for mappings that this router serves or is configured with: packets for the address go there whatever the routes say.</summary>
    public bool IsServed => Origin is NhrpOrigin.Static or NhrpOrigin.Registered;

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox) => Owner.Cache.OnMappingDeadline(this, now, outbox);
}

/// <summary>A network behind a next hop, learnt by a resolution; it is a kernel route.</summary>
internal sealed class NhrpShortcut(NhrpInterface owner, IpPrefix prefix) : Timed<NhrpEffect>
{
    public readonly IpPrefix Prefix = prefix;
    public readonly NhrpInterface Owner = owner;
    public NhrpMapping NextHop = null!;

    /// <summary>The address that was asked for; asked for again before it expires.</summary>
    public IpAddress Destination;
    public Instant Created;
    public Instant Expires;
    public ushort HoldTime;
    public ushort Mtu;
    public byte Preference;
    public int Hits;
    public bool NextHopOverride;
    public bool Authoritative;
    public bool Removed;

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox) => Owner.Cache.OnShortcutDeadline(this, now, outbox);
}

/// <summary>An answer that this router gave: whom it must tell when it is no longer true.</summary>
internal sealed class NhrpAnswer(NhrpInterface owner, IpPrefix prefix) : Timed<NhrpEffect>
{
    public readonly IpPrefix Prefix = prefix;
    public readonly NhrpInterface Owner = owner;
    public readonly Dictionary<IpAddress, NhrpRequester> Requesters = [];
    public Instant Created;
    public int Hits;

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox) => Owner.Answers.OnAnswerDeadline(this, now);
}

/// <summary>Who was given an answer.</summary>
/// <param name="Peer">Where a purge goes.</param>
/// <param name="RequestId">Its request's id.</param>
/// <param name="Expires">When it forgets the answer by itself.</param>
/// <param name="Share">Of whose share it is: none for the peer's own, otherwise that of a station for which the peer asks.</param>
internal readonly record struct NhrpRequester(NbmaPeer Peer, uint RequestId, Instant Expires, IpAddress Share);
