using System.Text.Json.Serialization;
using Dmvpn.Core;

namespace Dmvpn.Cli.Pki;

/// <summary>The settings that all sites of a network share; <c>network.json</c> of a CA's directory.</summary>
internal sealed record NetworkSettings
{
    /// <summary>Name of the network; sites are NAME.Domain to IKE.</summary>
    public required string Domain { get; init; }

    /// <summary>The tunnel's network, as 10.255.0.0/24 or fd00:255::/64.</summary>
    public required string Network { get; init; }

    /// <summary>The first hub's tunnel address.</summary>
    public required string HubTunnel { get; init; }

    /// <summary>Where the first hub is: an address or a domain name; null: said when a site joins.</summary>
    public string? Hub { get; init; }

    /// <summary>The hubs that have certificates, the first one first; null in files of before there could be two.</summary>
    public List<HubSite>? Hubs { get; init; }

    /// <summary>
    /// The networks that sites reach by the tunnel; null: nobody said, and the private ranges stand for them.
    /// </summary>
    public List<string>? Company { get; init; }

    /// <summary>True: where hubs are given by name, they are called by IPv6.</summary>
    public bool CallsByIPv6 { get; init; }

    /// <summary>GRE key.</summary>
    public uint Key { get; init; }

    /// <summary>NHRP network id.</summary>
    public uint NetworkId { get; init; } = 1;

    /// <summary>NHRP authentication string. A secret, if a small one.</summary>
    public required string Authentication { get; init; }

    /// <summary>The hubs that a site calls, the first one first. Never empty.</summary>
    [JsonIgnore]
    public IReadOnlyList<HubSite> Servers =>
        Hubs is { } all && all.Exists(hub => hub.Address == HubTunnel) ? all : [new HubSite { Name = "hub", Address = HubTunnel, Place = Hub }, .. Hubs ?? []];

    /// <summary>Its tunnel network, which was checked.</summary>
    [JsonIgnore]
    public IpPrefix Prefix => IpPrefix.Parse(Network);

    /// <summary>With a hub that has got its certificate.</summary>
    public NetworkSettings With(HubSite hub)
    {
        List<HubSite> others = [.. (Hubs ?? []).Where(other => other.Address != hub.Address && other.Name != hub.Name)];
        if (hub.Address != HubTunnel) return this with { Hubs = [.. others, hub] };
        return this with { Hub = hub.Place, Hubs = [hub, .. others] };
    }

    /// <summary>Without a hub whose certificate was revoked. The first hub's address stays that of its successor.</summary>
    public NetworkSettings Without(string name) => this with { Hubs = Hubs?.FindAll(hub => hub.Name != name) };

    /// <summary>Its name alone.</summary>
    public override string ToString() => $"network {Domain}";
}

/// <summary>A hub.</summary>
internal sealed record HubSite
{
    /// <summary>Name of the site.</summary>
    public required string Name { get; init; }

    /// <summary>Its tunnel address.</summary>
    public required string Address { get; init; }

    /// <summary>Where it is on the internet: an address or a domain name; null: said when a site joins.</summary>
    public string? Place { get; init; }

    /// <summary>The networks behind it, to which other hubs route by it; null: nobody said.</summary>
    public List<string>? Networks { get; init; }
}
