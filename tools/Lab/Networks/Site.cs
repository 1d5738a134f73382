using Dmvpn.Lab.Hosts;

namespace Dmvpn.Lab.Networks;

/// <summary>A site: the DMVPN router's namespace, a host on its LAN, perhaps a NAT in front.</summary>
public sealed class Site(string name, SiteAddresses addresses, NetNamespace node, NetNamespace lanHost, NetNamespace? nat)
{
    /// <summary>Name.</summary>
    public string Name => name;

    /// <summary>Its part of the plan; tunnel and LAN stay so when the site moves.</summary>
    public SiteAddresses Addresses { get; } = addresses;

    /// <summary>The DMVPN router: <c>eth0</c> towards the internet, <c>lan0</c>.</summary>
    public NetNamespace Node => node;

    /// <summary>The host on its LAN.</summary>
    public NetNamespace LanHost => lanHost;

    /// <summary>The NAT in front; null without.</summary>
    public NetNamespace? Nat => nat;

    /// <summary>Where on the internet it is now.</summary>
    public SiteAddresses Place { get; private set; } = addresses;

    /// <summary>The address of its <c>eth0</c>.</summary>
    public string Underlay => nat is null ? Place.Public : Addresses.Private;

    /// <summary>Gives the site another address and gateway, as a provider does overnight; the old ones are gone.</summary>
    public async Task MoveAsync(SiteAddresses place)
    {
        if (nat is not null)
            throw new InvalidOperationException("a site behind a NAT does not move");
        await MoveAsync(node, place).ConfigureAwait(false);
        Place = place;
    }

    /// <summary>The same, for a site that another process made.</summary>
    public static async Task MoveAsync(NetNamespace node, SiteAddresses place)
    {
        await node.IpAsync("addr flush dev eth0 scope global").ConfigureAwait(false);
        await SettleAsync(node, "eth0", place).ConfigureAwait(false);
    }

    internal static async Task SettleAsync(NetNamespace node, string device, SiteAddresses place)
    {
        await node.IpAsync($"addr add {place.Public}/28 dev {device}").ConfigureAwait(false);
        await node.IpAsync($"addr add {place.Public6}/64 dev {device}").ConfigureAwait(false);
        // No default route: a spoke's comes by the tunnel, and the tunnel itself must not follow it.
        await node.IpAsync($"route replace {SiteAddresses.Underlay} via {place.PublicGateway}").ConfigureAwait(false);
        await node.IpAsync($"-6 route replace {SiteAddresses.Underlay6} via {place.PublicGateway6}").ConfigureAwait(false);
    }
}
