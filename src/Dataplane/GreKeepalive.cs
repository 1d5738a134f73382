using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane;

/// <summary>
/// Cisco's GRE keepalive: a packet to the peer that carries the peer's answer ready-made, so that the peer needs to know nothing of it and
/// only forwards what it decapsulates.
/// <code>
/// sent:      IP us → peer | GRE IPv4 | IP peer → us | GRE protocol 0
/// comes back:                          IP peer → us | GRE protocol 0
/// </code>
/// Over IPv6 the same with IPv6 headers (IOS has none there; another OpenDMVPN has).
/// </summary>
internal static class GreKeepalive
{
    public const int MaximumLength = Ipv6Header.Length + GreSpec.MaximumLength;
    private const byte InternetworkControl = 0xC0;

    /// <summary>The answer packet that is the payload of our keepalive; returns its length.</summary>
    public static int Write(Span<byte> to, TunnelForwarding config, IpAddress local)
    {
        var gre = new GreHeader(GreProtocol.KeepaliveReply, config.Key, Checksum: config.Checksum);
        int ip = local.IsIPv4 ? Ipv4Header.Length : Ipv6Header.Length;
        to = to[..(ip + gre.Length)];
        gre.Write(to[ip..]);
        if (local.IsIPv4) new Ipv4Header(InternetworkControl, 255, IpProtocol.Gre, config.Destination, local).Write(to);
        else new Ipv6Header(InternetworkControl, 255, IpProtocol.Gre, config.Destination, local).Write(to);
        return to.Length;
    }

    /// <summary>True for a GRE packet that can be a keepalive's answer.</summary>
    public static bool IsReply(ReadOnlySpan<byte> gre) =>
        GreView.TryParse(gre, out GreView view, out _) && view.Protocol == GreProtocol.KeepaliveReply;
}
