using Dmvpn.Core;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Icmp;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

// Packets longer than the tunnel takes. The kernel already cares for the device's MTU; what comes here is more than a single peer's
// path takes, or an `ip mtu` below the device's. Read first: RFC 4459 3.2 and 3.4, RFC 2784 and RFC 7676 3.3 about fragmentation.
public sealed partial class Encapsulator
{
    private readonly PacketArena _arena = new(DataplaneLimits.SendSize, DataplaneLimits.ArenaBytes);
    private TokenBucket _icmp = new(DataplaneLimits.IcmpPerSecond, DataplaneLimits.IcmpBurst);

    /// <summary>
    /// The longest inner packet for this peer: the tunnel MTU; what the path leaves of its own, as the peer's answers proved; with path MTU discovery also what the underlay says.
    /// </summary>
    private static int InnerLimit(TunnelSnapshot tunnel, Adjacency adjacency, bool ip4)
    {
        int limit = tunnel.Config.Mtu;
        int path = tunnel.Config.PathMtuDiscovery ? adjacency.PathMtu : Adjacency.UnknownPathMtu;
        OutboundSa? sa = adjacency.Security?.Outbound;
        if (sa is not null) path = Math.Min(path, sa.PathMtu);
        if (path != Adjacency.UnknownPathMtu)
        {
            int inner = sa is not null ? tunnel.InnerFor(path, sa) : path - tunnel.Overhead;
            limit = Math.Min(limit, inner);
        }

        // RFC 791 3.2: 68 bytes pass unfragmented. RFC 8200 5: so do 1280 bytes of IPv6.
        return Math.Max(limit, ip4 ? 68 : IpSpec.Ipv6MinimumMtu);
    }

    /// <summary>What is added to an inner packet that has a GRE header in front already, <paramref name="greLength"/> octets in all.</summary>
    private static int Overhead(TunnelSnapshot tunnel, Adjacency adjacency, int greLength) =>
        tunnel.Overhead + (adjacency.Security?.Outbound is { } sa ? sa.Overhead(greLength) : 0);

    private void OnTooBig(ref PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, Adjacency adjacency, int limit, Instant now)
    {
        if (!ip.DontFragment)
        {
            Fragment(slot, ip, tunnel, adjacency, limit, now);
            return;
        }
        tunnel.Counters.Drops.Count(DataplaneDrop.OutTooBig);
        if (!IcmpError.IsReportable(ip, IcmpErrorKind.PacketTooBig)) return;
        if (!_icmp.TryTake(now) || !WriteTooBig(slot, ip, tunnel, limit, now)) tunnel.Counters.Drops.Count(DataplaneDrop.OutIcmpSuppressed);
    }

    /// <summary>
    /// The error comes from the packet's destination, not from us: the kernel refuses a packet that arrives on a device from one of its own
    /// addresses (martian source), and from the destination it passes strict reverse-path filters and connection tracking.
    /// </summary>
    private bool WriteTooBig(in PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, int limit, Instant now)
    {
        ref PacketSlot error = ref TakeBuffer(IcmpError.MaximumLength, tunnel, now);
        error.Length = IcmpError.Write(error.Room, IcmpErrorKind.PacketTooBig, slot.Data, ip.Destination, limit);
        return error.Length > 0 && tunnel.Queues[_worker].Write(ref error);
    }

    /// <summary>RFC 791 3.2. Each fragment gets its own GRE header: the other end sees fragments of the inner packet.</summary>
    private void Fragment(in PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, Adjacency adjacency, int limit, Instant now)
    {
        for (var fragments = new Ipv4Fragments(slot.Data, limit); fragments.HasMore;)
        {
            ref PacketSlot fragment = ref TakeBuffer(limit, tunnel, now);
            fragment.Length = fragments.WriteNext(fragment.Room);
            Enqueue(ref fragment, ip.TrafficClass, innerDontFragment: false, tunnel, adjacency, now);
        }
    }

    private ref PacketSlot TakeBuffer(int length, TunnelSnapshot tunnel, Instant now)
    {
        if (!_arena.Fits(length))
        {
            // What waits in the queue may be in these buffers.
            Flush(tunnel, now);
            _arena.Clear();
        }
        return ref _arena.Take(length);
    }
}
