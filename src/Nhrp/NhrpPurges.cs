using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>A Purge Request that waits for its reply.</summary>
internal sealed class NhrpPurge(NhrpInterface owner, IpPrefix prefix, IpAddress destination, NbmaPeer peer, uint requestId, bool byServer) : Timed<NhrpEffect>
{
    public readonly IpPrefix Prefix = prefix;

    /// <summary>Goes by the NHS: the receiver does not know the address that it would come from.</summary>
    public readonly bool ByServer = byServer;
    public readonly IpAddress Destination = destination;
    public readonly NbmaPeer Peer = peer;
    public readonly uint RequestId = requestId;
    public int Tries;
    public TimeSpan Interval = NhrpLimits.FirstRetransmission;

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox) => owner.Purges.OnPurgeDeadline(this, now, outbox);
}

/// <summary>Purges of one interface, both sides (RFC 2332 5.2.5 and 5.2.6).</summary>
internal sealed class NhrpPurges(NhrpInterface owner)
{
    private readonly Dictionary<uint, NhrpPurge> _open = [];

    private NhrpCore Core => owner.Core;

    public int Count => _open.Count;

    /// <summary>Purges a prefix at a requester, again and again until it answers.</summary>
    public void Send(IpPrefix prefix, IpAddress destination, NbmaPeer peer, bool byServer, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!owner.Active) return;
        // A next hop server that asked for this router's address is registered with: what it has been
        // told since is newer, and taking the address back there would take the registration.
        if (prefix.IsHost && owner.IsOwn(prefix.Address) && owner.Nhss.Uses(destination)) return;
        if (_open.Count >= NhrpLimits.MaximumPurges)
        {
            Core.Drops.Count(NhrpDrop.NoRoom);
            return;
        }
        NhrpPurge purge;
        do purge = new NhrpPurge(owner, prefix, destination, peer, Core.NextRequestId(), byServer);
        while (!_open.TryAdd(purge.RequestId, purge));
        Transmit(purge, now, outbox);
    }

    /// <summary>Purges without waiting for a reply: the last word of an interface that goes, or of a client that leaves its NHS.</summary>
    public void SendOnce(IpPrefix prefix, IpAddress source, IpAddress destination, NbmaPeer peer, uint requestId, Instant now, Outbox<NhrpEffect> outbox) =>
        Write(prefix, source, destination, peer, NhrpFlags.PurgeNoReply, requestId, now, outbox);

    /// <summary>
    /// The own underlay address is a new one: who answered this router's requests may have kept the old one from them (RFC 2332 6.2.1; they
    /// said that it was stable) and is told to forget it, by way of the NHS, for the new address is a stranger's.
    /// </summary>
    public void SendOwn(Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhrpMapping mapping in owner.Cache.Mappings)
        {
            if (mapping.Origin == NhrpOrigin.Resolved) Send(IpPrefix.Host(owner.SourceFor(mapping.Address)), mapping.Address, mapping.Peer, byServer: true, now, outbox);
        }
    }

    public void CancelAll()
    {
        foreach (NhrpPurge purge in _open.Values) Core.Timers.Set(purge, Instant.Never);
        _open.Clear();
    }

    public void OnPurgeDeadline(NhrpPurge purge, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (purge.Tries >= NhrpLimits.PurgeTries) _open.Remove(purge.RequestId);
        else Transmit(purge, now, outbox);
    }

    public void HandleReply(in NhrpArrival arrival, NhrpView view)
    {
        if (!_open.TryGetValue(view.RequestId, out NhrpPurge? purge) || !NhrpTrust.IsFrom(arrival.From, purge.Peer) && !Core.Trust.IsTransit(owner, arrival.From, purge.Destination))
        {
            Core.Drops.Count(NhrpDrop.UnexpectedPurgeReply);
            return;
        }
        _open.Remove(view.RequestId);
        Core.Timers.Set(purge, Instant.Never);
    }

    /// <summary>Forgets what the request names, if its sender may say so, and acknowledges in any case (5.2.5).</summary>
    public void HandleRequest(in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        IpAddress source = view.SourceProtocol;
        foreach (NhrpCieView entry in view.Cies)
        {
            NhrpCie cie = entry.ToCie();
            IpAddress address = cie.Protocol.IsEmpty ? source : cie.Protocol.Ip;
            if (address.IsIPv4 == owner.Key.IPv6) continue;
            int length = cie.PrefixLength == 0 || cie.PrefixLength > owner.Width ? owner.Width : cie.PrefixLength;
            Forget(arrival, source, address, new IpPrefix(address, length), now, outbox);
        }
        if ((view.Flags & NhrpFlags.PurgeNoReply) != 0) return;
        var writer = new NhrpWriter(NhrpSender.Room(outbox), view.Header with { Type = NhrpPacketType.PurgeReply, HopCount = NhrpSpec.HopCount });
        foreach (NhrpCieView entry in view.Cies) writer.Raw(entry.Bytes);
        NhrpSender.CopyExtensions(ref writer, view, owner, new ExtensionEdits { Responder = owner.Record(0) });
        Core.Sender.Transmit(owner, arrival.From, NhrpPacketType.PurgeReply, ref writer, outbox);
    }

    private void Forget(in NhrpArrival arrival, IpAddress source, IpAddress address, IpPrefix prefix, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (prefix.IsHost && owner.Cache.Find(address) is { } mapping)
        {
            if (mapping.Origin == NhrpOrigin.Registered && (arrival.From.Association == 0 || IsOfStation(source, mapping))) Core.RegistrationServer.HandlePurge(owner, arrival, mapping, now, outbox);
            else if (mapping.Origin != NhrpOrigin.Static && MayPurge(arrival, source, mapping)) owner.Cache.Remove(mapping, now, outbox);
        }
        foreach (NhrpShortcut shortcut in owner.Cache.ShortcutsOverlapping(prefix))
        {
            if (!MayPurge(arrival, source, shortcut.NextHop)) continue;
            Core.Logger.ShortcutPurged(owner.Key, shortcut.Prefix, source);
            NhrpMapping nextHop = shortcut.NextHop;
            owner.Cache.RemoveShortcut(shortcut, outbox);
            // Learnt by that answer alone: who takes the answer back may be elsewhere by now. It is asked for again when it is needed.
            if (nextHop is { Origin: NhrpOrigin.Resolved, Shortcuts: null or { Count: 0 } }) owner.Cache.Remove(nextHop, now, outbox);
        }
        if (Core.Trust.MaySpeakFor(owner, arrival.From, source, now)) owner.Resolutions.ForgetNegative(prefix);
    }

    /// <summary>Only the next hop itself takes back what it taught, directly or by way of an NHS.</summary>
    private bool MayPurge(in NhrpArrival arrival, IpAddress source, NhrpMapping mapping)
    {
        if (NhrpTrust.IsFrom(arrival.From, mapping.Peer) && (arrival.From.Association == 0 || IsOfStation(source, mapping))) return true;
        // Without protection a station whose outer address changed is told from others by nothing: as far as it is known here.
        if (mapping.Address == source && (Core.Trust.IsTransit(owner, arrival.From, source) || arrival.From.Association == 0 && owner.Cache.KnowsSender(arrival.From))) return true;
        Core.Drops.Count(NhrpDrop.PurgeNotAllowed);
        return false;
    }

    /// <summary>A station that passes a purge on lends it its association, not its name.</summary>
    private bool IsOfStation(IpAddress source, NhrpMapping mapping) => source == mapping.Address || owner.Cache.Find(source) is { } other && other.Peer.IsSameAs(mapping.Peer);

    private void Transmit(NhrpPurge purge, Instant now, Outbox<NhrpEffect> outbox)
    {
        purge.Tries++;
        Core.Timers.Set(purge, now + purge.Interval);
        purge.Interval *= 2;
        // Every second try goes by the NHS too: the direct way may be what is broken.
        NbmaPeer peer = (purge.ByServer || purge.Tries % 2 == 0) && owner.Nhss.Best() is { } server ? server.Peer : purge.Peer;
        Write(purge.Prefix, owner.SourceFor(purge.Destination), purge.Destination, peer, NhrpFlags.None, purge.RequestId, now, outbox);
    }

    private void Write(
        IpPrefix prefix, IpAddress source, IpAddress destination, NbmaPeer peer, NhrpFlags flags, uint requestId, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!owner.TakeSend(now, mayHold: true)) return;
        var writer = new NhrpWriter(NhrpSender.Room(outbox), NhrpSender.Head(owner, NhrpPacketType.PurgeRequest, flags, requestId, source, destination));
        writer.Cie(new NhrpCie { PrefixLength = (byte)prefix.Length, Protocol = NhrpAddress.Explicit(prefix.Address) });
        NhrpSender.WriteExtensions(ref writer, owner, responder: true, null);
        Core.Sender.Transmit(owner, peer, NhrpPacketType.PurgeRequest, ref writer, outbox);
    }
}
