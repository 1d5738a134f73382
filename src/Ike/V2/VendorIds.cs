using System.Text;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Vendor ids (RFC 7296 3.12): ours, and those that are known by name. What a peer can do is told by its notifies; of ours it is known
/// that it passes over payloads of the private range (<see cref="PathProbeRequest"/>).
/// </summary>
internal static class VendorIds
{
    /// <summary>Ours. Without a version: a stranger need not know which.</summary>
    public static ReadOnlySpan<byte> Ours => "OpenDMVPN"u8;

    /// <summary>True when a message bears ours.</summary>
    public static bool IsOurs(IkePayloadChain payloads)
    {
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type == IkePayloadType.VendorId && payload.Body.SequenceEqual(Ours)) return true;
        }
        return false;
    }

    /// <summary>Who or what a vendor id stands for; null for one that nobody here knows.</summary>
    public static string? NameOf(ReadOnlySpan<byte> id)
    {
        if (id.SequenceEqual(Ours)) return "OpenDMVPN";
        if (id.StartsWith("CISCO(COPYRIGHT)"u8)) return "Cisco IOS";
        foreach ((byte[] known, string name) in Known)
            if (id.StartsWith(known)) return name;
        return null;
    }

    private static (byte[] Id, string Name)[] Known { get; } =
    [
        (Encoding.ASCII.GetBytes("CISCO-DELETE-REASON"), "Cisco delete reason"),
        (Encoding.ASCII.GetBytes("FLEXVPN-SUPPORTED"), "Cisco FlexVPN"),
        (Encoding.ASCII.GetBytes("CISCO-DYNAMIC-ROUTE"), "Cisco dynamic route"),
        (Encoding.ASCII.GetBytes("CISCO-GRE-MODE"), "Cisco GRE mode"),
        (Convert.FromHexString("4048b7d56ebce88525e7de7f00d6c2d3"), "fragmentation before RFC 7383"),
        (Convert.FromHexString("882fe56d6fd20dbc2251613b2ebe5beb"), "strongSwan"),
        (Convert.FromHexString("afcad71368a1f1c96b8696fc77570100"), "dead peer detection (IKEv1)"),
        (Convert.FromHexString("12f5f28c457168a9702d9fe274cc"), "Cisco Unity (IKEv1)"),
        (Convert.FromHexString("09002689dfd6b712"), "XAuth (IKEv1)"),
        (Convert.FromHexString("4a131c81070358455c5728f20e95452f"), "NAT traversal, RFC 3947 (IKEv1)"),
        (Convert.FromHexString("cd60464335df21f87cfdb2fc68b6a448"), "NAT traversal, draft 2 (IKEv1)"),
        (Convert.FromHexString("90cb80913ebb696e086381b5ec427b1f"), "NAT traversal, draft 2 with newline (IKEv1)"),
        (Convert.FromHexString("7d9419a65310ca6f2c179d9215529d56"), "NAT traversal, draft 3 (IKEv1)"),
    ];
}
