using Dmvpn.Lab.Networks;

namespace Dmvpn.Lab.Peers;

/// <summary>The routing part of FRR's configuration, the same on a kernel mGRE device and on our TUN device.</summary>
public static class FrrRoutes
{
    private const string Tunnels = "10.255.0.0/24";
    private const string AllLans = "10.1.0.0/16";

    /// <summary>A whole configuration for the daemons that run beside ours: what they need to know of the device is nothing but its name.</summary>
    public static string OnOurTunnel(SiteAddresses site, FrrSettings settings)
    {
        List<string> lines = settings.Routing == FrrRouting.Ospf
            ? ["interface Tunnel0", " ip ospf network point-to-multipoint", " ip ospf hello-interval 2", " ip ospf dead-interval 8", "!"]
            : [];
        lines.AddRange(Lines(site, settings));
        return string.Join('\n', lines) + "\n";
    }

    internal static IEnumerable<string> Lines(SiteAddresses a, FrrSettings s) => s.Routing switch
    {
        FrrRouting.Bgp => Bgp(a, s),
        FrrRouting.Ospf => ["router ospf", $" ospf router-id {a.Tunnel}", $" network {Tunnels} area 0", $" network {a.Lan} area 0"],
        _ when s.Hub is { } hub => [$"ip route {AllLans} {hub.Tunnel}", $"ip route {Tunnels} {hub.Tunnel}"],
        _ => s.Spokes.Select(spoke => $"ip route {spoke.Lan} {spoke.Tunnel}"),
    };

    private static IEnumerable<string> Bgp(SiteAddresses a, FrrSettings s)
    {
        List<string> lines =
        [
            "router bgp 65000", $" bgp router-id {a.Tunnel}", " no bgp ebgp-requires-policy", " no bgp network import-check",
            " timers bgp 5 20",
        ];
        if (s.Hub is { } hub)
        {
            return
            [
                .. lines, $" neighbor {hub.Tunnel} remote-as 65000", $" neighbor {hub.Tunnel} timers connect 2",
                " address-family ipv4 unicast", $"  network {a.Lan}", " exit-address-family",
            ];
        }

        return
        [
            .. lines, " neighbor SPOKES peer-group", " neighbor SPOKES remote-as 65000", " neighbor SPOKES passive",
            $" bgp listen range {Tunnels} peer-group SPOKES", " address-family ipv4 unicast", $"  network {Tunnels}",
            $"  network {AllLans}", "  neighbor SPOKES route-reflector-client", "  neighbor SPOKES next-hop-self force",
            "  neighbor SPOKES prefix-list SUMMARY out", " exit-address-family", "!", $"ip prefix-list SUMMARY permit {Tunnels}",
            $"ip prefix-list SUMMARY permit {AllLans}",
        ];
    }
}
