using Dmvpn.Core;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>
/// Addresses and static routes. Tunnel network 10.0.0.0/16: hub 10.0.0.1, regional hubs 10.0.0.2 and on, spokes of region r from 10.0.(16 r + 16).1
/// (flat: region 0). LANs of region r in 10.(128 + 4 r).0.0/14, one /24 each. One third of the spokes is behind NAT, all with the same inside address.
/// </summary>
internal static class Topology
{
    public const int RegionBits = 20;

    public static readonly IpAddress InsideNat = IpAddress.Parse("192.168.1.2");

    public static List<RouterPlan> Make(Plan plan)
    {
        var routers = new List<RouterPlan>();
        int regions = Math.Max(1, plan.RegionalHubs);
        var rootRoutes = new List<(IpPrefix, IpAddress)>();
        for (int r = 0; r < plan.RegionalHubs; r++)
        {
            rootRoutes.Add((LansOf(r), Hub(r + 2)));
            rootRoutes.Add((TunnelsOf(r), Hub(r + 2)));
        }
        if (plan.RegionalHubs == 0) rootRoutes.Add((LansOf(0), IpAddress.None));
        var root = new RouterPlan
        {
            Name = "hub",
            Address = Hub(1),
            Nbma = IpAddress.Parse("198.51.100.1"),
            Lan = IpPrefix.Parse("10.127.0.0/24"),
            Host = IpAddress.Parse("10.127.0.5"),
            IsHub = true,
            Routes = [.. rootRoutes],
        };
        routers.Add(root);
        for (int r = 0; r < plan.RegionalHubs; r++)
        {
            routers.Add(new RouterPlan
            {
                Name = $"regional{r}",
                Address = Hub(r + 2),
                Nbma = IpAddress.FromIPv4(0xC6336402u + (uint)r),
                Nhs = root,
                IsHub = true,
                // What its spokes have not registered is nowhere: without the discard route it would go up and come back.
                Routes = [(IpPrefix.Parse("10.0.0.0/8"), root.Address), (LansOf(r), IpAddress.None), .. OtherRegions(r, plan.RegionalHubs, root.Address)],
            });
        }
        for (int i = 0; i < plan.Spokes; i++)
        {
            int region = i % regions, n = i / regions;
            RouterPlan nhs = plan.RegionalHubs == 0 ? root : routers[1 + region];
            bool natted = i % 3 == 1;
            var outside = IpAddress.FromIPv4(0x0B000000u + (uint)i + 1);
            uint lan = 0x0A800000u + ((uint)region << 18) + ((uint)n << 8);
            routers.Add(new RouterPlan
            {
                Name = $"spoke{i}",
                Address = IpAddress.FromIPv4(TunnelsOf(region).Address.ToUInt32() + (uint)n + 1),
                Nbma = natted ? InsideNat : outside,
                Nat = natted ? outside : IpAddress.None,
                Lan = new IpPrefix(IpAddress.FromIPv4(lan), 24),
                Host = IpAddress.FromIPv4(lan + 5),
                Nhs = nhs,
                Routes = [(IpPrefix.Parse("10.0.0.0/8"), nhs.Address)],
                Roams = i % 2 == 0,
            });
        }
        return routers;
    }

    private static IpAddress Hub(int n) => IpAddress.FromIPv4(0x0A000000u + (uint)n);

    private static IpPrefix LansOf(int region) => new(IpAddress.FromIPv4(0x0A800000u + ((uint)region << 18)), 14);

    private static IpPrefix TunnelsOf(int region) => new(IpAddress.FromIPv4(0x0A001000u + ((uint)region << 12)), RegionBits);

    private static List<(IpPrefix, IpAddress)> OtherRegions(int own, int regions, IpAddress by)
    {
        List<(IpPrefix, IpAddress)> routes = [];
        for (int r = 0; r < regions; r++)
        {
            if (r != own) routes.Add((TunnelsOf(r), by));
        }
        return routes;
    }
}
