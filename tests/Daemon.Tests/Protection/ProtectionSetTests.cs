using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>Which tunnels share a protected source.</summary>
public sealed class ProtectionSetTests
{
    private static readonly IpAddress IPv4 = IpAddress.Parse("192.0.2.1"), IPv6 = IpAddress.Parse("2001:db8::1");
    private static readonly Instant Now = Instant.FromSeconds(100);

    private readonly ProtectionSet _set;

    public ProtectionSetTests()
    {
        var forwarding = new ForwardingTable();
        var children = new ChildSaSet(forwarding, senders: 2, static () => { });
        var secrets = new IkeSecrets(new SecretBytes(32), new SecretBytes(32));
        _set = new ProtectionSet(new Engines(forwarding, secrets, children, SystemWallClock.Instance, new SeededRandom(1), NullLoggerFactory.Instance));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OneInterface_TwoFamilies_AreTwoSourcesEachWithItsAddress(bool shared)
    {
        TunnelInterface four = Tunnel(0, TunnelMode.GreMultipoint, IPv4, shared), six = Tunnel(1, TunnelMode.GreMultipointIPv6, IPv6, shared);
        for (int round = 0; round < 2; round++)
        {
            _set.Update(four, Now);
            _set.Update(six, Now);
            Assert.NotEqual(_set.Of(four.Id), _set.Of(six.Id));
            Assert.Equal(IPv4, _set.Facts(_set.Of(four.Id)!.Value)!.Local);
            Assert.Equal(IPv6, _set.Facts(_set.Of(six.Id)!.Value)!.Local);
        }
    }

    [Fact]
    public void OneInterface_OneFamily_IsOneSource()
    {
        TunnelInterface one = Tunnel(0, TunnelMode.GreMultipoint, IPv4, shared: true), two = Tunnel(1, TunnelMode.GreMultipoint, IPv4, shared: true);
        _set.Update(one, Now);
        _set.Update(two, Now);
        Assert.Equal(_set.Of(one.Id), _set.Of(two.Id));
    }

    [Fact]
    public void Shutdown_HasNoSource()
    {
        TunnelInterface tunnel = Tunnel(0, TunnelMode.GreMultipoint, IPv4, shared: false);
        _set.Update(tunnel, Now);
        Assert.NotNull(_set.Of(tunnel.Id));
        tunnel.Config = tunnel.Config with { Shutdown = true };
        _set.Update(tunnel, Now);
        Assert.Null(_set.Of(tunnel.Id));
    }

    private static TunnelInterface Tunnel(int number, TunnelMode mode, IpAddress source, bool shared)
    {
        var config = new TunnelConfig
        {
            Id = new TunnelId(number),
            Mode = mode,
            Source = new TunnelSource("eth0", default),
            Protection = new TunnelProtection("IP", shared),
            IpNhrp = new NhrpConfig(),
        };
        return new TunnelInterface(config, null!) { Source = source };
    }
}
