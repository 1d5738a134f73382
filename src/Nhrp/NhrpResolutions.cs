using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>An open resolution, or a "no" that is still believed: IOS's incomplete entry.</summary>
internal sealed class NhrpResolution(NhrpInterface owner, IpAddress destination) : Timed<NhrpEffect>
{
    public readonly IpAddress Destination = destination;
    public readonly NhrpInterface Owner = owner;

    /// <summary>The next hop that is to be confirmed, when an existing entry is asked for again.</summary>
    public NhrpMapping? Existing;
    public uint RequestId;
    public int Tries;
    public TimeSpan Interval = NhrpLimits.FirstRetransmission;
    public bool Negative;

    /// <summary>From then on a Traffic Indication asks again in spite of the refusal.</summary>
    public Instant AskableFrom;
    public int Hits;
    public Instant Created;

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox) => Owner.Resolutions.OnResolutionDeadline(this, now, outbox);
}

/// <summary>The client's side of resolution on one interface (RFC 2332 5.2.1, 5.2.2): asks, asks again, believes the answer or the refusal.</summary>
internal sealed partial class NhrpResolutions(NhrpInterface owner)
{
    private readonly Dictionary<IpAddress, NhrpResolution> _byDestination = [];
    private readonly Dictionary<uint, NhrpResolution> _byId = [];

    /// <summary>How often traffic wanted an address, up to <c>use</c>.</summary>
    private readonly Dictionary<IpAddress, int> _uses = [];
    private int _negatives;

    public Dictionary<IpAddress, NhrpResolution>.ValueCollection All => _byDestination.Values;

    public int Count => _byDestination.Count;

    private NhrpCore Core => owner.Core;

    /// <summary>Traffic wants a better way to an address. While one is open, or was refused lately, this only counts.</summary>
    public void Start(IpAddress destination, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (owner.Config.ServerOnly || owner.Config.InterestNone) Core.Drops.Count(NhrpDrop.ResolutionDisabled);
        else if (IsWantedOftenEnough(destination)) Open(destination, null, now, outbox);
    }

    /// <summary>
    /// A server says that traffic for the address turns round (a Traffic Indication): it knows a way now. So a refusal is believed for a few seconds only: a spoke that is back after a restart
    /// is not kept off the direct way for a minute. That the server asks for it at most once per redirect timeout and flow bounds the rate, and a server that does not keep to that
    /// finds the same few seconds here.
    /// </summary>
    public void StartAgain(IpAddress destination, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (owner.Config.RejectHold is null && Find(destination) is { Negative: true } refused && now >= refused.AskableFrom) Cancel(refused);
        Start(destination, now, outbox);
    }

    /// <summary>A used entry is about to expire.</summary>
    public void Refresh(IpAddress destination, NhrpMapping existing, Instant now, Outbox<NhrpEffect> outbox) => Open(destination, existing, now, outbox);

    /// <summary>Ends a resolution without an answer: the address was purged, cleared or mapped otherwise.</summary>
    public void Cancel(NhrpResolution resolution)
    {
        if (_byDestination.Remove(resolution.Destination) && resolution.Negative) _negatives--;
        _byId.Remove(resolution.RequestId);
        Core.Timers.Set(resolution, Instant.Never);
    }

    public void CancelAll()
    {
        foreach (NhrpResolution resolution in new List<NhrpResolution>(_byDestination.Values)) Cancel(resolution);
    }

    public NhrpResolution? Find(IpAddress destination) => _byDestination.GetValueOrDefault(destination);

    public NhrpResolution? Find(uint requestId) => _byId.GetValueOrDefault(requestId);

    /// <summary>Negative entries last only as long as the way does not change.</summary>
    public void ForgetNegative(IpPrefix within)
    {
        if (_negatives == 0) return;
        foreach (NhrpResolution resolution in new List<NhrpResolution>(_byDestination.Values))
        {
            if (resolution.Negative && within.Contains(resolution.Destination)) Cancel(resolution);
        }
    }

    public void OnResolutionDeadline(NhrpResolution resolution, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (resolution.Negative)
        {
            Cancel(resolution);
            return;
        }
        if (resolution.Tries >= NhrpLimits.ResolutionTries)
        {
            Core.Logger.ResolutionUnanswered(owner.Key, resolution.Destination);
            Refuse(resolution, now);
            return;
        }
        Send(resolution, now, outbox);
    }

    /// <summary>"No", by reply, by error or by silence: believed for a while. An entry that is being refreshed lives until it expires.</summary>
    public void Refuse(NhrpResolution resolution, Instant now) => Refuse(resolution, NhrpLimits.RefusedRetry, now);

    private void Refuse(NhrpResolution resolution, TimeSpan untilAskable, Instant now)
    {
        _byId.Remove(resolution.RequestId);
        if (!resolution.Negative) _negatives++;
        resolution.Negative = true;
        resolution.AskableFrom = now + untilAskable;
        Core.Timers.Set(resolution, now + (owner.Config.RejectHold ?? NhrpLimits.NegativeTime));
    }

    /// <summary>Has an address not be asked for during a while, as after a refusal.</summary>
    public void Avoid(IpAddress destination, Instant now)
    {
        if (_byDestination.TryGetValue(destination, out NhrpResolution? open)) Cancel(open);
        if (_byDestination.Count >= NhrpLimits.MaximumResolutions) return;
        var negative = new NhrpResolution(owner, destination) { Created = now };
        _byDestination.Add(destination, negative);
        Refuse(negative, NhrpLimits.UnreachableRetry, now);
    }

    private bool IsWantedOftenEnough(IpAddress destination)
    {
        if (owner.Config.UseCount <= 1) return true;
        if (_uses.Count >= NhrpLimits.MaximumResolutions) _uses.Clear();
        int uses = _uses.GetValueOrDefault(destination) + 1;
        if (uses < owner.Config.UseCount) _uses[destination] = uses;
        else _uses.Remove(destination);
        return uses >= owner.Config.UseCount;
    }

    private void Open(IpAddress destination, NhrpMapping? existing, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_byDestination.TryGetValue(destination, out NhrpResolution? open))
        {
            open.Hits++;
            return;
        }
        if (_byDestination.Count >= NhrpLimits.MaximumResolutions)
        {
            Core.Drops.Count(NhrpDrop.TooManyResolutions);
            return;
        }
        var resolution = new NhrpResolution(owner, destination) { Existing = existing, Created = now, Hits = 1 };
        do resolution.RequestId = Core.NextRequestId();
        while (!_byId.TryAdd(resolution.RequestId, resolution));
        _byDestination.Add(destination, resolution);
        Send(resolution, now, outbox);
    }

    private void Send(NhrpResolution resolution, Instant now, Outbox<NhrpEffect> outbox)
    {
        resolution.Tries++;
        NhrpPath path = Core.Paths.Find(owner, resolution.Destination);
        NhrpMapping? hop = path.Hop;
        NhrpInterface towards = path.Interface ?? owner;
        if (path.Kind == NhrpPathKind.Local)
        {
            Cancel(resolution);
            return;
        }
        // The hub of a live shortcut may be dead: its other end knows best whether it is still right.
        bool hubSilent = hop is null || resolution.Tries >= NhrpLimits.DirectFromTry;
        if (hubSilent && resolution.Existing is { Removed: false } existing) (hop, towards) = (existing, owner);
        Core.Timers.Set(resolution, now + resolution.Interval);
        resolution.Interval *= 2;
        if (hop is null)
        {
            Core.Drops.Count(NhrpDrop.Unreachable);
            if (resolution.Tries >= NhrpLimits.ResolutionTries) Refuse(resolution, now);
            return;
        }
        if (!towards.TakeSend(now, mayHold: true)) return;
        NhrpFlags flags = NhrpFlags.Router | NhrpFlags.Authoritative | NhrpFlags.SourceStable | NhrpFlags.Nat;
        var writer = new NhrpWriter(NhrpSender.Room(outbox), NhrpSender.Head(
            towards, NhrpPacketType.ResolutionRequest, flags, resolution.RequestId, towards.SourceFor(resolution.Destination), resolution.Destination));
        writer.Cie(new NhrpCie { Mtu = towards.Mtu, HoldTime = towards.HoldSeconds, Preference = towards.WirePreference });
        NhrpSender.WriteExtensions(ref writer, towards, responder: true, null);
        Core.Sender.Transmit(towards, hop.Peer, NhrpPacketType.ResolutionRequest, ref writer, outbox);
    }
}
