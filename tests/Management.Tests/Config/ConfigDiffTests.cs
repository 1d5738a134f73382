using Dmvpn.Core;
using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

public sealed class ConfigDiffTests
{
    private const string Two = """
        hostname a
        interface Tunnel0
         ip address 10.0.0.1 255.255.255.0
         ip nhrp network-id 1
         tunnel source eth0
         tunnel mode gre multipoint
        interface Tunnel1
         ip address 10.1.0.1 255.255.255.0
         ip nhrp network-id 2
         tunnel source eth1
         tunnel mode gre multipoint
        ip route 10.8.0.0 255.255.0.0 10.0.0.8
        """;

    [Theory]
    [InlineData("ip nhrp network-id 1", "ip nhrp network-id 3", TunnelAspects.IpNhrp)]
    [InlineData("ip nhrp network-id 1", "ip nhrp network-id 1\n ipv6 nhrp network-id 1", TunnelAspects.Ipv6Nhrp)]
    [InlineData("tunnel source eth0", "tunnel source eth5", TunnelAspects.Transport)]
    [InlineData("tunnel source eth0", "tunnel source eth0\n tunnel key 5", TunnelAspects.Transport)]
    [InlineData("10.0.0.1 255.255.255.0", "10.0.0.2 255.255.255.0", TunnelAspects.Addresses)]
    [InlineData("tunnel source eth0", "tunnel source eth0\n ip mtu 1300", TunnelAspects.Mtu)]
    [InlineData("tunnel source eth0", "tunnel source eth0\n tunnel ttl 9\n tunnel path-mtu-discovery", TunnelAspects.Encapsulation)]
    [InlineData("tunnel source eth0", "tunnel source eth0\n tunnel relay bypass-kernel", TunnelAspects.Encapsulation)]
    [InlineData("tunnel source eth0", "tunnel source eth0\n shutdown\n cdp enable", TunnelAspects.Shutdown | TunnelAspects.Cdp)]
    [InlineData("tunnel source eth0", "tunnel source eth0\n description x\n if-state nhrp", TunnelAspects.Metadata | TunnelAspects.IfState)]
    public void OneTunnelChanges_OnlyItAndTheAspectAreNamed(string from, string to, TunnelAspects aspects)
    {
        ConfigDiff diff = ConfigDiff.Compute(Load(Two), Load(Two.Replace(from, to)));
        TunnelChange change = Assert.Single(diff.TunnelsChanged);
        Assert.Equal((new TunnelId(0), aspects), (change.New.Id, change.Aspects));
        Assert.Equal(new ConfigDiff { TunnelsChanged = diff.TunnelsChanged }, diff);
    }

    [Fact]
    public void TunnelComesAndGoes_RouteMoves_RestStays()
    {
        ConfigDiff diff = ConfigDiff.Compute(Load(Two), Load(Two.Replace("interface Tunnel1", "interface Tunnel7").Replace("10.0.0.8", "10.0.0.9").Replace("hostname a", "platform workers 3\ncdp timer 9\nrouter odr")));
        Assert.Equal([new TunnelId(1)], diff.TunnelsRemoved);
        Assert.Equal(new TunnelId(7), Assert.Single(diff.TunnelsAdded).Id);
        Assert.Empty(diff.TunnelsChanged);
        Assert.Equal("10.0.0.9", Assert.Single(diff.RoutesAdded).NextHop.ToString());
        Assert.Equal("10.0.0.8", Assert.Single(diff.RoutesRemoved).NextHop.ToString());
        Assert.True(diff is { HostnameChanged: true, WorkersChanged: true, CdpChanged: true, OdrChanged: true, LoggingChanged: false });
    }

    [Fact]
    public void SameText_NothingToDo() => Assert.True(ConfigDiff.Compute(Load(Two), Load(Two)).IsEmpty);

    private static RouterConfig Load(string text) => ConfigLoader.Load(text).Config!;
}
