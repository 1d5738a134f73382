using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// A hub in a cloud: a private address on its interface, a public one by 1:1 NAT, a security group that
/// lets in UDP 500 and 4500. One spoke has a public address, one is behind a home router.
/// </summary>
public sealed class CloudHubTests : FieldTest
{
    private const string NewInstance = "10.9.0.3";

    [Fact]
    public async Task HubBehindStaticNat_IsReachedByItsPublicAddress_AlsoAfterItsInstanceIsReplaced()
    {
        Sites =
        [
            await Internet.AddSiteAsync("hub", 0, behindNat: true), await Internet.AddSiteAsync("spoke1", 1),
            await Internet.AddSiteAsync("spoke2", 2, behindNat: true),
        ];
        NetNamespace cloud = Sites[0].Nat!;
        await MapAsync(cloud, Hub.Private);
        Routers =
        [
            await StartAsync(Sites[0], (HubText() with { Protection = Named("hub") }).ToString()),
            await StartAsync(Sites[1], SpokeText(1, new RouterText(One) { Protection = Named("spoke1") })),
            await StartAsync(Sites[2], SpokeText(2, new RouterText(Two) { Protection = Named("spoke2") })),
        ];
        await AllRegisteredAsync();
        await AllTalkAsync();
        await NoneIsLostAsync(1, 2);
        await NoneIsLostAsync(2, 1);
        Assert.True(await Routers[1].IsUpAsync(Hub.Tunnel, Hub.Public), "the hub is where it is reached");
        Assert.Contains("NAT", await Routers[0].ShowAsync("crypto", "ikev2", "sa", "detailed"));

        // The new instance has the hub's name. The default identity would be its private address.
        await Routers[0].KillAsync();
        await Sites[0].Node.IpAsync("addr flush dev eth0 scope global");
        await Sites[0].Node.IpAsync($"addr add {NewInstance}/24 dev eth0");
        await Sites[0].Node.IpAsync($"route replace {SiteAddresses.Underlay} via {Hub.PrivateGateway}");
        await MapAsync(cloud, NewInstance);
        await cloud.RunAsync("conntrack", "-F");
        await Routers[0].StartAsync();
        // They talk to the hub: else dead peer detection would have to tell them.
        await EventuallyAsync("both LANs reach the hub's", Later, () => ReachAsync((1, 0), (2, 0)));
        await AllRegisteredAsync();
        await AllTalkAsync();
        Assert.Empty(await RecordedAsync("net 10.0.0.0/8"));
    }

    private Task AllTalkAsync() =>
        EventuallyAsync("all LANs reach each other", Soon, () => ReachAsync((1, 0), (2, 0), (1, 2), (2, 1)));

    private static Task MapAsync(NetNamespace cloud, string instance) => cloud.NftAsync($$"""
        flush ruleset
        table ip nat {
          chain pre { type nat hook prerouting priority -100; ip daddr {{Hub.Public}} dnat to {{instance}}; }
          chain post { type nat hook postrouting priority 100; ip saddr {{instance}} snat to {{Hub.Public}}; }
          chain group {
            type filter hook forward priority 0; policy drop;
            ct state established,related accept
            udp dport { 500, 4500 } accept
            iifname "in-hub" accept
          }
        }
        """);
}
