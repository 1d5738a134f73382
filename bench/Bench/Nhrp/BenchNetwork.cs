using Dmvpn.Core;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Nhrp;

/// <summary>The measured network and its addresses. A cloud of 2^20 tunnel addresses; every spoke has an underlay address of its own.</summary>
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

    /// <summary>The hub's and the generator's namespace, joined by a veth pair, <c>u0</c> at both ends.</summary>
    public static async Task<(NetNamespace Hub, NetNamespace Spokes)> BuildAsync(LabRun run)
    {
        NetNamespace hub = await run.AddNamespaceAsync("hub").ConfigureAwait(false), spokes = await run.AddNamespaceAsync("spokes").ConfigureAwait(false);
        await LabRun.ConnectAsync(hub, "u0", spokes, "u0").ConfigureAwait(false);
        await hub.IpAsync($"address add {HubUnderlay}/24 dev u0").ConfigureAwait(false);
        await hub.IpAsync($"route add {SpokesUnderlay} via {Generator}").ConfigureAwait(false);
        await spokes.IpAsync($"address add {Generator}/24 dev u0").ConfigureAwait(false);
        await spokes.IpAsync($"route add local {SpokesUnderlay} dev lo").ConfigureAwait(false);
        await hub.SysctlAsync("net.ipv4.ip_forward=1").ConfigureAwait(false);
        return (hub, spokes);
    }

    public static IpAddress Tunnel(int spoke) => IpAddress.FromIPv4(FirstTunnel + (uint)spoke);

    public static IpAddress Underlay(int spoke) => IpAddress.FromIPv4(FirstUnderlay + (uint)spoke);
}
