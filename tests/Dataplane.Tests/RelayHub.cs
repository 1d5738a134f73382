using System.Buffers.Binary;
using Dmvpn.Wire.Ip;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

/// <summary>
/// The <see cref="Rig"/> as a hub: 10.2.0.0/16 and fd02::/32 are behind spoke Peer2, 10.1.0.0/16, 10.3.0.0/16, fd01::/32 and fd03::/32 behind spoke Peer3 (10.0.0.3, fd00::3), 10.9.0.0/16 and
/// everything else behind another interface, and the machine has an address there, 10.9.0.1.
/// </summary>
internal static class RelayHub
{
    public static Rig Create(Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        var rig = new Rig(c => (change ?? (same => same))(Relaying(c)));
        Prepare(rig);
        return rig;
    }

    public static TunnelForwarding Relaying(TunnelForwarding config) => config with { RelayIPv4 = true, RelayIPv6 = true };

    public static void Prepare(Rig rig)
    {
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("10.0.0.3/32"), Rig.Peer3);
        rig.Table.SetAdjacency(Rig.Tunnel0, Prefix("fd00::3/128"), Rig.Peer3);
        foreach (string prefix in new[] { "10.1.0.0/16", "10.3.0.0/16" }) rig.Table.SetRoute(Rig.Tunnel0, Prefix(prefix), [Ip("10.0.0.3")]);
        foreach (string prefix in new[] { "fd01::/32", "fd03::/32" }) rig.Table.SetRoute(Rig.Tunnel0, Prefix(prefix), [Ip("fd00::3")]);
        foreach (string prefix in new[] { "10.0.0.0/24", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "fd00::/64", "fd01::/32", "fd02::/32", "fd03::/32" })
            rig.Table.SetBestRoute(Prefix(prefix), Rig.Tunnel0);
        foreach (string prefix in new[] { "10.0.0.1/32", "fd00::1/128", "10.9.0.0/16", "10.9.0.1/32", "0.0.0.0/0", "::/0" }) rig.Table.SetBestRoute(Prefix(prefix), null);
        rig.Table.Publish();
    }

    /// <summary>What a router that knows nothing of checksums but their definition makes of a packet; null when it ends there.</summary>
    public static byte[]? Forwarded(byte[] packet)
    {
        byte[] onward = [.. packet];
        bool ip4 = packet[0] >> 4 == 4;
        int at = ip4 ? 8 : 7;
        if (packet[at] <= 1) return null;
        onward[at]--;
        if (!ip4) return onward;
        Span<byte> header = onward.AsSpan(0, (packet[0] & 0xF) * 4);
        if (InternetChecksum.Compute(packet.AsSpan(0, header.Length)) != 0) return null;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Compute(header));
        return onward;
    }
}
