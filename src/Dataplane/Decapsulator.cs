using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Wire;
using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Tcp;

namespace Dmvpn.Dataplane;

/// <summary>
/// One worker's way in. Not for two threads; allocates nothing after its construction.
/// <code>
/// IDatagramPort.Receive    a batch of GRE packets                                   [UDP_GRO gives several in one]
///   ESP                    SPI → SA → replay window → opened in place                Decapsulator.Protected.cs
///   → GRE header           InMalformedGre, InChecksum
///   → tunnel               by local address, key, peer: GreDemux                    InNoTunnel, InUnknownPeer
///   → sequence number      RFC 2890                                                 InOutOfSequence
///   → NHRP, CDP, keepalive to the control mailbox                                   InMailboxFull
///   → IP                   version and length, ECN by RFC 6040, TCP MSS             InMalformedInner, InEcn, InRecursion
///   → inner source         a station's own, or of who is behind it: SourceFilter      InSpoofedSource, InUncertifiedSource, InReversePath
///   → turned round?        TrafficTurnedAround to the mailbox                       RedirectFilter
///   → relayed?             TTL, and the same worker's Encapsulator                 Decapsulator.Relay.cs
///   → segments of a flow merged, over the batch                                      Offload/SegmentMerger.cs
///   → ITunDevice.Write                                                              InDeviceRefused
/// </code>
/// </summary>
public sealed partial class Decapsulator : IDisposable
{
    private readonly int _worker;
    private readonly ControlMailbox _mailbox;
    private readonly PacketBatch _batch = new(DataplaneLimits.ReceiveSize);
    private readonly SequenceTable _sequences = new();
    private readonly RedirectFilter _redirects = new();
    private readonly SourceFilter _sources;
    private readonly PeerShares _shares = new(DataplaneLimits.ControlPerPeer);
    private readonly SegmentMerger _merger = new();
    private TokenBucket _reflections = new(DataplaneLimits.ReflectionsPerSecond, DataplaneLimits.ReflectionsPerSecond);
    private Tally _tally;

    /// <summary>The way in of one worker.</summary>
    /// <param name="worker">Its number: which TUN queues and which ports are its own.</param>
    /// <param name="mailbox">Where its control packets and events go.</param>
    /// <param name="ikeMailbox">Where IKE messages go; null where no tunnel can be protected.</param>
    /// <param name="security">The security associations; null when no tunnel is protected.</param>
    public Decapsulator(int worker, ControlMailbox mailbox, ControlMailbox? ikeMailbox = null, SecurityTable? security = null) =>
        (_worker, _mailbox, _ikeMailbox, _security, _sources) = (worker, mailbox, ikeMailbox, security, new SourceFilter(security));

    /// <summary>
    /// Takes one batch from the port and delivers it. Returns how many packets there were; at least <see cref="DataplaneLimits.BatchSize"/> mean that
    /// more may wait.
    /// </summary>
    /// <param name="snapshot">What to forward by.</param>
    /// <param name="underlay">Whose port.</param>
    /// <param name="now">The present.</param>
    /// <param name="relay">The same worker's way out, for tunnels that relay; null: all goes to the kernel.</param>
    public int Run(ForwardingSnapshot snapshot, Underlay underlay, Instant now, Encapsulator? relay = null)
    {
        int count = underlay.WorkerPorts[_worker].Receive(_batch);
        if (count == 0) return 0;
        _relay = relay;
        GreDemux? demux = snapshot.Demux(underlay);
        TunnelSnapshot? tunnel = null;
        uint? lastKey = null;
        IpAddress lastPeer = IpAddress.None;
        for (int i = 0; i < count; i++)
        {
            ref PacketSlot slot = ref _batch[i];
            if (!GreView.TryParse(slot.Data, out GreView gre, out Malformed malformed))
            {
                underlay.Drops.Count(malformed == Malformed.BadChecksum ? DataplaneDrop.InChecksum : DataplaneDrop.InMalformedGre);
                continue;
            }
            uint? key = gre.Key;
            if (tunnel is null || key != lastKey || slot.Peer != lastPeer)
            {
                DataplaneDrop why = DataplaneDrop.InNoTunnel;
                if (demux is null || !demux.TryFind(key, slot.Peer, out int index, out why))
                {
                    underlay.Drops.Count(why);
                    Refuse(slot, why, key, underlay, now);
                    continue;
                }
                if (!ReferenceEquals(tunnel, snapshot.Tunnels[index])) Settle(tunnel, now);
                tunnel = snapshot.Tunnels[index];
                (lastKey, lastPeer) = (key, slot.Peer);
            }
            // From the first millisecond on: what was not opened with an SA is not for a protected tunnel.
            if (tunnel.Config.Protection is null)
            {
                Deliver(ref slot, gre, tunnel, snapshot, now);
                continue;
            }
            tunnel.Counters.Drops.Count(DataplaneDrop.InCleartext);
            Refuse(slot, DataplaneDrop.InCleartext, key, underlay, now);
        }
        Settle(tunnel, now);
        _relay?.FlushRelayed(now);
        return count;
    }

    /// <summary>Frees the buffers. Only when no thread is within <see cref="Run"/>.</summary>
    public void Dispose() => _batch.Dispose();

    private void Deliver(ref PacketSlot slot, scoped in GreView gre, TunnelSnapshot tunnel, ForwardingSnapshot snapshot, Instant now)
    {
        if (tunnel.Config.SequenceNumbers && gre.Sequence is uint sequence
            && !_sequences.TryAccept(tunnel.Config.Tunnel, slot.From, sequence, now))
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.InOutOfSequence);
            return;
        }
        switch (gre.Protocol)
        {
            case GreProtocol.Ipv4 or GreProtocol.Ipv6:
                bool ip4 = gre.Protocol == GreProtocol.Ipv4;
                slot.TrimStart(gre.HeaderLength);
                DeliverIp(ref slot, ip4, tunnel, snapshot, now);
                break;
            case GreProtocol.Nhrp:
                Post(ControlKind.Nhrp, slot.From, IpAddress.None, gre.Payload, tunnel, now);
                break;
            case GreProtocol.Cdp:
                Post(ControlKind.Cdp, slot.From, IpAddress.None, gre.Payload, tunnel, now);
                break;
            case GreProtocol.KeepaliveReply:
                Post(ControlKind.KeepaliveReturned, slot.From, IpAddress.None, default, tunnel, now);
                break;
            default:
                tunnel.Counters.Drops.Count(DataplaneDrop.InUnknownProtocol);
                break;
        }
    }

    private void DeliverIp(ref PacketSlot slot, bool ip4, TunnelSnapshot tunnel, ForwardingSnapshot snapshot, Instant now)
    {
        DropCounters<DataplaneDrop> drops = tunnel.Counters.Drops;
        if (!IpView.TryParse(slot.Data, out IpView ip, out _) || ip.IsIPv4 != ip4)
        {
            drops.Count(DataplaneDrop.InMalformedInner);
            return;
        }
        slot.Length = ip.TotalLength;
        if (ip.Protocol == IpProtocol.Gre && IsOurs(slot, ip, tunnel, now)) return;
        if (!_sources.IsGood(snapshot, tunnel, slot.From, ip.Source, out DataplaneDrop why))
        {
            drops.Count(why);
            return;
        }
        if (!EcnTunnel.TryDecapsulate(slot.Data, slot.TrafficClass))
        {
            drops.Count(DataplaneDrop.InEcn);
            return;
        }
        if (ip.Protocol == IpProtocol.Tcp && ip.FragmentOffset == 0 && (ip4 ? tunnel.Config.MssIPv4 : tunnel.Config.MssIPv6) is ushort mss)
        {
            TcpMss.ClampSegment(slot.Data[ip.HeaderLength..], mss);
        }
        if (tunnel.Config.Redirect && _redirects.IsOwed(snapshot, tunnel, ip, slot.From, now))
        {
            ReadOnlySpan<byte> head = slot.Data[..Math.Min(slot.Length, DataplaneLimits.PacketHead)];
            bool posted = _mailbox.TryWrite(
                ControlKind.TrafficTurnedAround, tunnel.Config.Tunnel, slot.From, ip.Destination, head, now);
            if (!posted) drops.Count(DataplaneDrop.EventLost);
        }

        if (TryRelay(ref slot, ip, tunnel, snapshot, now)) return;

        // AFTER everything that reads the packet: from now on its bytes, and those in front of it, are the merger's.
        if (_merger.IsFull) WriteMerged(tunnel);
        TunOffloads offloads = tunnel.Queues[_worker].Offloads;
        int mtuOfClear = tunnel.Config.Protection is null ? tunnel.Config.Mtu : 0;
        _merger.Add(ref slot, ip, offloads, tunnel.IsReplicated(ip.Destination), mtuOfClear);
    }

    private void WriteMerged(TunnelSnapshot tunnel)
    {
        MergeTally written = _merger.Flush(tunnel.Queues[_worker]);
        _tally.Packets += written.Packets;
        _tally.Bytes += written.Bytes;
        _tally.Multicast += written.Multicast;
        if (written.Refused > 0) tunnel.Counters.Drops.Count(DataplaneDrop.InDeviceRefused, written.Refused);
    }

    /// <summary>
    /// GRE within GRE that bears our underlay address. It is a peer's keepalive (a reply of ours to it, written by the peer itself:
    /// see <see cref="GreKeepalive"/>), or else a tunnel within itself, which must not reach the kernel and through it this port again.
    /// </summary>
    private bool IsOurs(in PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, Instant now)
    {
        IpAddress local = tunnel.Underlay!.LocalAddress;
        if (ip.Source != local && ip.Destination != local) return false;
        if (ip.Source == local && ip.Destination == slot.Peer && GreKeepalive.IsReply(ip.Payload) && _reflections.TryTake(now))
        {
            Post(ControlKind.KeepaliveReceived, slot.From, IpAddress.None, ip.Payload, tunnel, now);
        }
        else
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.InRecursion);
        }
        return true;
    }

    private void Post(ControlKind kind, NbmaPeer peer, IpAddress address, ReadOnlySpan<byte> bytes, TunnelSnapshot tunnel, Instant now)
    {
        // A flood of one peer fills a part of the mailbox, and keeps no registration of another one out.
        if (_mailbox.IsBusy && !_shares.TryTake(peer, now)) tunnel.Counters.Drops.Count(DataplaneDrop.InOverShare);
        else if (_mailbox.TryWrite(kind, tunnel.Config.Tunnel, peer, address, bytes, now)) _tally.Control++;
        else tunnel.Counters.Drops.Count(DataplaneDrop.InMailboxFull);
    }

    private void Settle(TunnelSnapshot? tunnel, Instant now)
    {
        if (tunnel is not null) WriteMerged(tunnel);
        if (_tally.Packets + _tally.Control != 0)
        {
            tunnel!.Counters.CountIn(_tally.Packets, _tally.Bytes, _tally.Multicast, _tally.Control, now);
        }
        if (_tally.Relayed != 0) tunnel!.Counters.CountRelayed(_tally.Relayed);
        _tally = default;
    }

    private struct Tally
    {
        public long Packets;
        public long Bytes;
        public long Multicast;
        public long Control;
        public long Relayed;
    }
}
