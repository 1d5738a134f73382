using Dmvpn.Core;

namespace Dmvpn.Bench.Nhrp;

/// <summary>The addresses of the measured network. A cloud of 2^20 tunnel addresses; every spoke has an underlay address of its own.</summary>
internal static class BenchNetwork
{
    public const string TunnelMask = "255.240.0.0";
    public const int TunnelPrefixLength = 12;

    /// <summary>All spokes' underlay addresses: the generator's namespace takes them for its own.</summary>
    public const string SpokesUnderlay = "10.64.0.0/10";

    public const ushort HoldSeconds = 7200;

    public static readonly IpAddress HubTunnel = IpAddress.Parse("172.16.0.1");
    public static readonly IpAddress HubUnderlay = IpAddress.Parse("192.0.2.1");
    public static readonly IpAddress Generator = IpAddress.Parse("192.0.2.2");

    private const uint FirstTunnel = 0xAC10_0100;
    private const uint FirstUnderlay = 0x0A40_0001;

    public static IpAddress Tunnel(int spoke) => IpAddress.FromIPv4(FirstTunnel + (uint)spoke);

    public static IpAddress Underlay(int spoke) => IpAddress.FromIPv4(FirstUnderlay + (uint)spoke);
}
