using Dmvpn.Core;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

// `tunnel relay bypass-kernel`: what would come back from the kernel unchanged but for its TTL does not go there. What the kernel would do more than that for a packet (an ICMP error, fragments, options)
// it does: such a packet goes to it.
public sealed partial class Decapsulator
{
    private readonly RelayRoutes _relayRoutes = new();
    private Encapsulator? _relay;

    /// <summary>True when the packet went the direct way, or was dropped there and counted; otherwise nothing happened to it.</summary>
    private bool TryRelay(ref PacketSlot slot, scoped in IpView ip, TunnelSnapshot tunnel, ForwardingSnapshot snapshot, Instant now)
    {
        if (_relay is null || !(ip.IsIPv4 ? tunnel.Config.RelayIPv4 : tunnel.Config.RelayIPv6)) return false;
        if (!IsPlain(slot, ip) || !_relayRoutes.TryFind(snapshot, tunnel, ip, out TunnelSnapshot? exit)) return false;
        if (exit.Config.Sender is int sender && sender != _worker) return false;
        if (tunnel.Config.Protection is null) _merger.Inspect(ref slot, ip, tunnel.Config.Mtu);
        if (!_relay.TryRelay(ref slot, exit, now, out int packets, out int bytes)) return false;
        _tally.Packets += packets;
        _tally.Bytes += bytes;
        _tally.Relayed += packets;
        return true;
    }

    /// <summary>A header that a router only counts down in.</summary>
    private static bool IsPlain(in PacketSlot slot, scoped in IpView ip)
    {
        if (ip.HopLimit <= 1) return false;
        ReadOnlySpan<byte> packet = slot.Data;
        if (ip.IsIPv4) return ip.HeaderLength == IpSpec.Ipv4HeaderLength && InternetChecksum.IsValid(packet[..IpSpec.Ipv4HeaderLength]);
        return (IpProtocol)packet[6] is not (IpProtocol.HopByHop or IpProtocol.Routing);
    }
}
