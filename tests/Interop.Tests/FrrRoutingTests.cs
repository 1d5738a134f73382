using Dmvpn.Lab.Networks;
using Dmvpn.Lab.Peers;

namespace Dmvpn.Interop.Tests;

/// <summary>FRR's routing daemons on our TUN device, as on any interface; phase 3 over their routes.</summary>
public sealed class FrrRoutingTests : OursTest
{
    [Theory]
    [InlineData(FrrRouting.Ospf)]
    [InlineData(FrrRouting.Bgp)]
    public async Task RoutesOfFrr_OnOurTunnels_CarryPhase3(FrrRouting routing)
    {
        if (FrrDaemons.Obstacle is { } obstacle)
            Assert.Skip(obstacle);
        await BuildAsync(2, r => r with { Lines = [] });
        await AllRegisteredAsync();
        FrrDaemons[] frr = await Task.WhenAll(Sites.Select(s => FrrDaemons.StartAsync(Run, s.Node,
            FrrRoutes.OnOurTunnel(s.Addresses, new FrrSettings { Routing = routing, Hub = s.Addresses.Number == 0 ? null : Sites[0].Addresses }),
            "zebra", routing == FrrRouting.Ospf ? "ospfd" : "bgpd")));

        foreach (Site spoke in Sites.Skip(1))
        {
            await EventuallyAsync($"the hub has a route to the LAN of {spoke.Name}", Later, async () =>
                (await Sites[0].Node.IpAsync("route show " + spoke.Addresses.Lan)).Contains("via " + spoke.Addresses.Tunnel, StringComparison.Ordinal));
        }

        string neighbours = await frr[0].VtyshAsync(routing == FrrRouting.Ospf ? "show ip ospf neighbor" : "show bgp summary");
        Assert.All(Sites.Skip(1), spoke => Assert.Contains(spoke.Addresses.Tunnel, neighbours));
        await EventuallyAsync("LAN 2 answers LAN 1", Later, async () => (await PingAsync(1, 2)).Received == 1);
        await BecomesDirectAsync(1, 2);
    }
}
