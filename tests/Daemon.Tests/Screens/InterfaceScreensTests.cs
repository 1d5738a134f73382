using Dmvpn.Core;
using Dmvpn.Daemon.Screens;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Management.Config;

namespace Dmvpn.Daemon.Tests.Screens;

public sealed class InterfaceScreensTests
{
    [Theory]
    [InlineData("PROF")]
    [InlineData(null)]
    public void Tunnel_SaysWhetherItIsProtected(string? profile)
    {
        var config = new TunnelConfig { Id = new TunnelId(1), Mode = TunnelMode.GreMultipoint, Protection = profile is null ? null : new TunnelProtection(profile, Shared: false) };
        Assert.Equal(profile, InterfaceScreens.Parameters(new TunnelInterface(config, null!)).Protection);
    }
}
