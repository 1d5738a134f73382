using Dmvpn.Core;
using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// Finds the tunnel that each static route leaves by. Only routes by tunnels are ours: the others are Linux's, and a file that
/// relies on one that we do not make is refused, unless it shows itself that the route is out of an interface of Linux's.
/// </summary>
internal static class StaticRoutes
{
    public static ValueList<StaticRouteConfig> Resolve(ConfigBuilder builder)
    {
        List<StaticRouteConfig> routes = [];
        HashSet<StaticRouteConfig> known = [];
        NextHops hops = new(builder);
        foreach ((string vrf, ConfigLine line) in builder.VrfRoutes) InVrf(builder, vrf, line);
        foreach (PendingRoute route in builder.Routes)
        {
            if (Resolve(builder, hops, route) is { } resolved && known.Add(resolved)) routes.Add(resolved);
        }
        // In the order in which they are printed.
        return [.. routes.Where(r => r.Prefix.IsIPv4), .. routes.Where(r => !r.Prefix.IsIPv4)];
    }

    /// <summary>The ways of outer packets are Linux's, as those out of its interfaces and of networks for management are. No tunnel is inside a VRF here.</summary>
    private static void InVrf(ConfigBuilder builder, string vrf, ConfigLine line)
    {
        string remedy = $"Make it on this machine, in that network namespace: ip -n {vrf} route add …";
        bool isByTunnel = Word.Split(line.Source.Command).Skip(4).Any(word => InterfaceNames.TryTunnel(word.Text, out _) || word.Text.Equals("tunnel", StringComparison.OrdinalIgnoreCase));
        if (isByTunnel) line.Refuse("name", "routes by a tunnel in a VRF are not supported: the tunnels here are in none", $"{remedy}; and remove the line");
        else line.Warn("name", $"a route in the network namespace {vrf} belongs to Linux and was not made", remedy);
    }

    private static StaticRouteConfig? Resolve(ConfigBuilder builder, NextHops hops, PendingRoute route)
    {
        if (route.Interface == "Null0") return new() { Prefix = route.Prefix, Tunnel = default, Discards = true, Distance = route.Distance, Tag = route.Tag, Name = route.Name };
        TunnelId? tunnel;
        if (route.Interface is null)
        {
            tunnel = ByNextHop(builder, hops, route);
            if (tunnel is null) return null;
        }
        else if (InterfaceNames.TryTunnel(route.Interface, out TunnelId id))
        {
            if (builder.Tunnel(id) is null)
            {
                route.Line.Refuse("if", $"there is no interface {id} in this file", "Define the tunnel, or correct its number");
                return null;
            }
            tunnel = id;
        }
        else
        {
            OutOfLinuxInterface(builder, route);
            return null;
        }
        if (route.IsTracked)
        {
            route.Line.Refuse("", "tracked objects are not supported: the route would stay when what it tracks fails",
                "Remove 'track' and its number: a route by a tunnel goes when 'if-state nhrp' takes the tunnel down");
            return null;
        }
        return new()
        {
            Prefix = route.Prefix,
            Tunnel = tunnel.Value,
            TunnelIsNamed = route.Interface is not null,
            NextHop = route.NextHop,
            Distance = route.Distance,
            Tag = route.Tag,
            Name = route.Name,
        };
    }

    private static TunnelId? ByNextHop(ConfigBuilder builder, NextHops hops, PendingRoute route)
    {
        if (hops.IsOwn(route.NextHop))
        {
            route.Line.Refuse("via", $"the next hop {route.NextHop} is this router itself", "Name the other router's tunnel address");
            return null;
        }
        if (hops.TunnelOf(route.NextHop) is { } tunnel) return tunnel;
        foreach (LinuxInterfaceConfig linux in builder.Router.LinuxInterfaces)
        {
            foreach (InterfaceAddress address in linux.Addresses)
            {
                if (!address.Subnet.Contains(route.NextHop)) continue;
                route.Line.Warn("via", $"a route out of {linux.Name} belongs to Linux and was not made", $"On this machine: {Command(route)}");
                return null;
            }
        }
        route.Line.Refuse("via", $"the next hop {route.NextHop} is in no tunnel's network", $"Routes out of other interfaces belong to Linux: remove the line, and on this machine: {Command(route)}");
        return null;
    }

    private static void OutOfLinuxInterface(ConfigBuilder builder, PendingRoute route)
    {
        string name = route.Interface!;
        string command = Command(route) + $" dev {name}";
        if (builder.LinuxInterfaces.Find(name) is not null)
            route.Line.Warn("if", $"a route out of {name} belongs to Linux and was not made", $"On this machine: {command}");
        else
            route.Line.Refuse("if", $"{name} is no tunnel", $"Routes out of other interfaces belong to Linux: remove the line, and on this machine: {command}");
    }

    private static string Command(PendingRoute route) =>
        $"ip{(route.Prefix.IsIPv4 ? "" : " -6")} route add {(route.Prefix.Length == 0 ? "default" : route.Prefix)}{(route.NextHop.IsNone ? "" : $" via {route.NextHop}")}";
}
