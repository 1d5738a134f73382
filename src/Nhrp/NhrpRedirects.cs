using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>
/// Traffic Indications of one interface, both sides: Cisco's phase 3. The hub tells who sent a packet that turns round in the
/// tunnel; a spoke that is told asks for the packet's destination.
/// </summary>
internal sealed class NhrpRedirects(NhrpInterface owner)
{
    // Two generations: the older one is dropped whole, so nothing is ever searched and the memory is bounded.
    private Dictionary<(IpAddress Source, IpAddress Destination, NbmaPeer From), Held> _held = [];
    private Dictionary<(IpAddress Source, IpAddress Destination, NbmaPeer From), Held> _older = [];
    private Instant _turn;

    // What each peer was sent in the present interval of max-send.
    private readonly Dictionary<NbmaPeer, int> _sent = [];
    private Instant _sentUntil;

    private NhrpCore Core => owner.Core;

    /// <summary>Traffic Indications held back by the timeout.</summary>
    public long Suppressed { get; set; }

    public void OnTrafficTurnedAround(NbmaPeer from, ReadOnlySpan<byte> head, Instant now, Outbox<NhrpEffect> outbox)
    {
        if (!owner.Config.Redirect || !TryRead(head, out IpAddress source, out IpAddress destination, out int headLength)) return;
        if (source.IsUnspecified || source.IsMulticast || destination.IsMulticast || destination.IsLinkLocal || owner.IsBroadcast(destination)
            || Core.IsOwn(source) || Core.IsOwn(destination))
        {
            return;
        }
        // The indication carries the authentication string, and anybody can send a GRE packet.
        if (!owner.Cache.KnowsSender(from))
        {
            Core.Drops.Count(NhrpDrop.RedirectToStranger);
            return;
        }
        if (IsHeld(source, destination, from, now))
        {
            Suppressed++;
            Core.Drops.Count(NhrpDrop.RedirectRateLimit);
            return;
        }
        if (!TakeShare(from, now) || !owner.TakeSend(now, mayHold: true)) return;
        // The destination is who sent the packet, against the draft's text: so do IOS and FRR.
        var writer = new NhrpWriter(NhrpSender.Room(outbox), NhrpSender.Head(owner, NhrpPacketType.TrafficIndication, NhrpFlags.None, 0, owner.Address, source));
        writer.Raw(head[..Math.Min(head.Length, headLength + 8)]);
        NhrpSender.WriteExtensions(ref writer, owner, responder: false, null);
        Core.Sender.Transmit(owner, from, NhrpPacketType.TrafficIndication, ref writer, outbox);
    }

    public void HandleIndication(in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        NhrpDrop? why = Judge(arrival, view, out IpAddress destination);
        if (why is { } drop)
        {
            Core.Drops.Count(drop);
            return;
        }
        // Packets that were on their way when the shortcut came up cause late indications.
        if (owner.Cache.FindShortcut(destination) is not null || owner.Cache.Find(destination) is { Origin: NhrpOrigin.Resolved }) return;
        owner.Resolutions.StartAgain(destination, now, outbox);
    }

    public IEnumerable<NhrpRedirectState> All(Instant now)
    {
        foreach (NhrpRedirectState state in StatesOf(_held, now)) yield return state;
        foreach (NhrpRedirectState state in StatesOf(_older, now)) yield return state;
    }

    public void Clear()
    {
        _held = [];
        _older = [];
    }

    private IEnumerable<NhrpRedirectState> StatesOf(Dictionary<(IpAddress Source, IpAddress Destination, NbmaPeer From), Held> generation, Instant now)
    {
        foreach (((IpAddress source, IpAddress destination, NbmaPeer peer), Held held) in generation)
        {
            if (held.Until > now) yield return new NhrpRedirectState(owner.Key, source, destination, peer, held.Until, held.Suppressed);
        }
    }

    private NhrpDrop? Judge(in NhrpArrival arrival, NhrpView view, out IpAddress destination)
    {
        destination = IpAddress.None;
        if (!owner.Config.Shortcut) return NhrpDrop.ShortcutDisabled;
        if (!owner.Cache.KnowsSender(arrival.From)) return NhrpDrop.RedirectFromStranger;
        if (!TryRead(view.CarriedPacket, out IpAddress source, out destination, out _)) return NhrpDrop.RedirectUnusable;
        if (destination.IsUnspecified || destination.IsMulticast || destination.IsLoopback || destination.IsLinkLocal || owner.IsBroadcast(destination))
        {
            return NhrpDrop.RedirectUnusable;
        }
        // A hub that is a spoke of another hub is told about packets that it only passed on: their own spoke is told by this hub.
        if (Core.Paths.Find(owner, source).Kind != NhrpPathKind.Local) return NhrpDrop.RedirectNotForUs;
        // Only who gets the traffic can say that there is a shorter way for it.
        if (!Core.Trust.GetsTrafficTo(owner, arrival.From, destination)) return NhrpDrop.RedirectFromStranger;
        NhrpPath path = Core.Paths.Find(owner, destination);
        return path.Kind != NhrpPathKind.Hop || path.Hop!.Address == destination ? NhrpDrop.RedirectUnusable : null;
    }

    private bool IsHeld(IpAddress source, IpAddress destination, NbmaPeer peer, Instant now)
    {
        if (now >= _turn || _held.Count >= NhrpLimits.MaximumRedirects)
        {
            (_older, _held) = (_held, _older);
            _held.Clear();
            _turn = now + owner.Config.RedirectTimeout;
        }
        // Inner addresses can be made up: what one peer sends holds back no indication that another is owed.
        (IpAddress, IpAddress, NbmaPeer) key = (source, destination, peer);
        if ((_held.TryGetValue(key, out Held? held) || _older.TryGetValue(key, out held)) && held.Until > now)
        {
            held.Suppressed++;
            return true;
        }
        _held[key] = new Held(now + owner.Config.RedirectTimeout);
        return false;
    }

    /// <summary>One peer gets a part of <c>max-send</c>: otherwise new flows without end of one member would hold back what the others are owed.</summary>
    private bool TakeShare(NbmaPeer peer, Instant now)
    {
        if (now >= _sentUntil)
        {
            _sent.Clear();
            _sentUntil = now + owner.Config.MaxSendInterval;
        }
        ref int sent = ref CollectionsMarshal.GetValueRefOrAddDefault(_sent, peer, out _);
        if (sent++ < Math.Max(1, owner.Config.MaxSendPackets / NhrpLimits.RedirectPart)) return true;
        Suppressed++;
        Core.Drops.Count(NhrpDrop.RedirectRateLimit);
        return false;
    }

    private bool TryRead(ReadOnlySpan<byte> head, out IpAddress source, out IpAddress destination, out int headLength)
    {
        source = destination = IpAddress.None;
        headLength = 0;
        if (owner.Key.IPv6)
        {
            if (head.Length < 40 || head[0] >> 4 != 6) return false;
            headLength = 40;
            source = IpAddress.FromBytes(head.Slice(8, 16));
            destination = IpAddress.FromBytes(head.Slice(24, 16));
            return source.IsIPv6 && destination.IsIPv6;
        }
        if (head.Length < 20 || head[0] >> 4 != 4) return false;
        headLength = (head[0] & 15) * 4;
        if (headLength < 20) return false;
        source = IpAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(head[12..]));
        destination = IpAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(head[16..]));
        return true;
    }

    private sealed class Held(Instant until)
    {
        public Instant Until { get; } = until;

        public long Suppressed { get; set; }
    }
}
