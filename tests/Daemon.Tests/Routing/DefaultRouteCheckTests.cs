using Dmvpn.Core;
using Dmvpn.Management.Config;

namespace Dmvpn.Daemon.Tests.Routing;

/// <summary><c>dmvpn check</c> warns where a provider's default route wins over the tunnel's.</summary>
public sealed class DefaultRouteCheckTests
{
    private const string Spoke = "interface Tunnel0\n ip address 10.255.0.2 255.255.255.0\n ip nhrp network-id 1\n ip nhrp nhs 10.255.0.1 nbma 198.51.100.1\n cdp enable\n tunnel source eth0\n tunnel mode gre multipoint\n";

    [Theory]
    [InlineData("", true)] // a stub of ODR
    [InlineData("router odr\n", false)] // a hub
    [InlineData("no cdp run\n", false)]
    [InlineData("ip route 10.0.0.0 255.0.0.0 10.255.0.1\n", false)] // it says which networks are behind the tunnel
    [InlineData("ip route 0.0.0.0 0.0.0.0 10.255.0.1\n", true)]
    public void File_MakesADefaultRouteByATunnel_OrNot(string more, bool makes) => Assert.Equal(makes, DefaultRouteCheck.Wanted(Load(Spoke + more)) is not null);

    [Theory]
    [InlineData(null, false)]
    [InlineData(0u, true)]
    [InlineData(100u, true)]
    [InlineData(0xFFFF_FFFFu, false)]
    public void ProvidersDefault_WithABetterMetric_IsWarnedOf(uint? metric, bool warns)
    {
        Finding? warning = DefaultRouteCheck.Warning((new TunnelId(0), 160, true), metric, IpAddress.Parse("203.0.113.1"));
        Assert.Equal(warns, warning is { Kind: FindingKind.Warning, Remedy.Length: > 0 });
    }

    private static RouterConfig Load(string text) => ConfigLoader.Load(text).Config!;
}
