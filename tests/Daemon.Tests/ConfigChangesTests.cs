using Dmvpn.Core;
using Dmvpn.Management.Config;

namespace Dmvpn.Daemon.Tests;

public sealed class ConfigChangesTests
{
    [Fact]
    public void Describe_NothingDiffers_Nothing() => Assert.Empty(ConfigChanges.Describe(new ConfigDiff()));

    [Fact]
    public void Describe_EveryKindOfChange_OneSentenceEach()
    {
        var tunnel = new TunnelConfig { Id = new TunnelId(1) };
        var diff = new ConfigDiff
        {
            TunnelsAdded = [tunnel],
            TunnelsRemoved = [new TunnelId(2)],
            TunnelsChanged = [new TunnelChange(tunnel with { Id = new TunnelId(3) }, tunnel with { Id = new TunnelId(3) }, TunnelAspects.Mtu | TunnelAspects.IpNhrp)],
            RoutesAdded = [new StaticRouteConfig { Prefix = IpPrefix.Parse("10.1.0.0/16"), Tunnel = new TunnelId(1) }],
            RoutesRemoved = [new StaticRouteConfig { Prefix = IpPrefix.Parse("10.2.0.0/16"), Tunnel = new TunnelId(1) }],
            OdrChanged = true,
            CdpChanged = true,
            CryptoChanges = ["crypto ikev2 profile P changed"],
            LoggingChanged = true,
            WorkersChanged = true,
            HostnameChanged = true,
        };
        Assert.Equal(
            [
                "interface Tunnel1 added",
                "interface Tunnel2 removed",
                "interface Tunnel3 changed: Mtu, IpNhrp",
                "route 10.1.0.0/16 added",
                "route 10.2.0.0/16 removed",
                "router odr changed",
                "cdp changed",
                "crypto ikev2 profile P changed",
                "logging changed",
                "platform workers changed: with the next start of dmvpn",
                "hostname changed",
            ],
            ConfigChanges.Describe(diff));
    }
}
