using Dmvpn.Core;

namespace Dmvpn.Cli.Pki;

/// <summary>What a site is to do with its bundle: what only the site's own operator knows is added to it.</summary>
internal sealed record SitePlan
{
    internal static readonly IpPrefix[] PrivateRanges =
        [IpPrefix.Parse("10.0.0.0/8"), IpPrefix.Parse("172.16.0.0/12"), IpPrefix.Parse("192.168.0.0/16"), IpPrefix.Parse("fc00::/7")];

    /// <summary>The bundle.</summary>
    public required SiteBundle Bundle { get; init; }

    /// <summary>The interface, or its address, that the tunnel leaves by.</summary>
    public required string Source { get; init; }

    /// <summary>The other hubs, each with its place.</summary>
    public required IReadOnlyList<HubSite> Hubs { get; init; }

    /// <summary>The tunnel's packets are IPv6.</summary>
    public required bool IsIPv6 { get; init; }

    /// <summary>The networks that are reached by the tunnel, whatever other default route there is. Not for hubs: they learn who has what.</summary>
    public required IReadOnlyList<IpPrefix> Routes { get; init; }

    /// <summary>Nobody named the networks: they are the private ranges.</summary>
    public bool RoutesAreGuessed { get; init; }

    /// <exception cref="PkiException">Something is missing, or does not go together.</exception>
    public static SitePlan Of(SiteBundle bundle, IReadOnlyList<string> places, string? source, IReadOnlyList<string> routes, bool ipv6)
    {
        IpPrefix tunnel = bundle.Network.Prefix;
        List<HubSite> hubs = [.. bundle.Network.Servers.Where(hub => hub.Address != bundle.Address)];
        if (places.Count > hubs.Count) throw new PkiException(hubs.Count == 0 ? $"{bundle.Name} is the only hub, and calls no other: leave out --hub" : $"--hub is there {places.Count} times, and there are {hubs.Count} hubs to call");
        for (int i = 0; i < hubs.Count; i++)
        {
            string place = i < places.Count ? places[i] : hubs[i].Place ?? throw new PkiException(hubs.Count == 1 ? "where is the hub? Say it with --hub ADDRESS" : $"where is the hub {hubs[i].Name}? Say it for each hub with --hub ADDRESS");
            AddressPlan.CheckPlace(place, tunnel);
            hubs[i] = hubs[i] with { Place = place };
        }
        bool overIPv6 = IsIPv6Underlay(bundle, hubs, ipv6);
        source ??= DefaultInterface.Find(overIPv6) ?? throw new PkiException("there is no default route to tell the interface towards the internet by: name it with --source INTERFACE");
        if (!SiteText.IsSource(source)) throw new PkiException($"--source '{source.Escaped()}' is neither an interface's name nor an address");
        List<IpPrefix> asked = RoutesOf(routes.Count > 0 ? routes : bundle.Network.Company, tunnel);
        bool guessed = routes.Count == 0 && bundle.Network.Company is null && !bundle.IsHub;
        return new SitePlan
        {
            Bundle = bundle,
            Source = source,
            Hubs = hubs,
            IsIPv6 = overIPv6,
            Routes = bundle.IsHub && routes.Count == 0 ? [] : guessed ? Guess(tunnel, hubs) : asked,
            RoutesAreGuessed = guessed,
        };
    }

    private static List<IpPrefix> RoutesOf(IReadOnlyList<string>? texts, IpPrefix tunnel)
    {
        List<IpPrefix> routes = [];
        if (texts is null or ["none"]) return routes;
        foreach (string text in texts)
        {
            if (!IpPrefix.TryParse(text, out IpPrefix route) || route.Length == 0) throw new PkiException($"'{text.Escaped()}' is no network to route by the tunnel: write it as 10.0.0.0/8; a default route comes from the hub");
            if (route.IsIPv4 != tunnel.IsIPv4) throw new PkiException($"{route} cannot be routed by a tunnel with the network {tunnel}");
            // The interface has that route by its address.
            if (!tunnel.Contains(route)) routes.Add(route);
        }
        return routes;
    }

    /// <summary>The private ranges, but for one that holds the way to a hub itself: there the underlay is private.</summary>
    private static List<IpPrefix> Guess(IpPrefix tunnel, List<HubSite> hubs) =>
        [.. PrivateRanges.Where(range => range.IsIPv4 == tunnel.IsIPv4 && !tunnel.Contains(range) && !hubs.Exists(hub => IpAddress.TryParse(hub.Place, out IpAddress place) && range.Contains(place)))];

    private static bool IsIPv6Underlay(SiteBundle bundle, List<HubSite> hubs, bool asked)
    {
        string? own = bundle.Network.Servers.FirstOrDefault(hub => hub.Address == bundle.Address)?.Place;
        bool? family = null;
        foreach (string? place in (IEnumerable<string?>)[own, .. hubs.Select(hub => hub.Place)])
        {
            if (!IpAddress.TryParse(place, out IpAddress address)) continue;
            if (family is { } other && other == address.IsIPv4) throw new PkiException("one hub is at an IPv4 address and another at an IPv6 address, and a tunnel is over one of them: name both of one kind with --hub");
            family = !address.IsIPv4;
        }
        if (asked && family == false) throw new PkiException("--ipv6 is for hubs at IPv6 addresses, and a hub is at an IPv4 address");
        return family ?? (asked || bundle.Network.CallsByIPv6);
    }
}
