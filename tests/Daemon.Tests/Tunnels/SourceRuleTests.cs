using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Management.Config;
using static Dmvpn.Daemon.Tests.Kernel.LinkTableTests;

namespace Dmvpn.Daemon.Tests.Tunnels;

public sealed class SourceRuleTests
{
    private static readonly TunnelConfig Hub = new()
    {
        Id = new TunnelId(0),
        Mode = TunnelMode.GreMultipoint,
        Source = new TunnelSource("eth0", IpAddress.None),
    };

    private readonly LinkTable _links = new();

    public SourceRuleTests()
    {
        _links.Apply(Link(2, "eth0"), removed: false);
        _links.Apply(Address(2, "192.0.2.1"), removed: false);
        _links.Apply(Link(3, "eth1", up: false), removed: false);
        _links.Apply(Address(3, "192.0.2.3"), removed: false);
    }

    [Fact]
    public void Find_InterfaceWithAddress_ItsAddress() => Found("192.0.2.1", Hub);

    [Fact]
    public void Find_OwnAddress_ThatAddress() => Found("192.0.2.1", Hub with { Source = From("192.0.2.1") });

    [Fact]
    public void Find_PointToPointWithDestination_ItsAddress() =>
        Found("192.0.2.1", Hub with { Mode = TunnelMode.GreIp, Destination = IpAddress.Parse("198.51.100.1") });

    [Fact]
    public void Find_Shutdown_SaysSo() => Missing("administratively down", Hub with { Shutdown = true, Source = null });

    [Fact]
    public void Find_NoSource_SaysSo() => Missing("no tunnel source", Hub with { Source = null });

    [Fact]
    public void Find_NoNamespace_NamesIt()
    {
        Assert.Equal(IpAddress.None, SourceRule.Find(Hub with { UnderlayNamespace = "blue" }, null, out string? reason));
        Assert.Equal("network namespace blue does not exist", reason);
    }

    [Fact]
    public void Find_PointToPointWithoutDestination_SaysSo() => Missing("no tunnel destination", Hub with { Mode = TunnelMode.GreIp });

    [Fact]
    public void Find_InterfaceMissing_NamesIt() =>
        Missing("source interface eth7 does not exist", Hub with { Source = new TunnelSource("eth7", IpAddress.None) });

    [Fact]
    public void Find_InterfaceDown_NamesIt() =>
        Missing("source interface eth1 is down", Hub with { Source = new TunnelSource("eth1", IpAddress.None) });

    [Fact]
    public void Find_InterfaceWithoutAddressOfTheFamily_NamesTheFamily()
    {
        Missing("source interface eth0 has no IPv6 address", Hub with { Mode = TunnelMode.GreMultipointIPv6 });
        _links.Apply(Address(2, "192.0.2.1"), removed: true);
        Missing("source interface eth0 has no IPv4 address", Hub);
    }

    [Fact]
    public void Find_AddressOnNoInterface_NamesIt() => Missing("source address 192.0.2.9 is on no interface", Hub with { Source = From("192.0.2.9") });

    [Fact]
    public void Find_AddressOfADownInterface_NamesBoth() =>
        Missing("interface eth1 of source address 192.0.2.3 is down", Hub with { Source = From("192.0.2.3") });

    private static TunnelSource From(string address) => new(null, IpAddress.Parse(address));

    private void Found(string address, TunnelConfig config)
    {
        Assert.Equal(address, SourceRule.Find(config, _links, out string? reason).ToString());
        Assert.Null(reason);
    }

    private void Missing(string expected, TunnelConfig config)
    {
        Assert.Equal(IpAddress.None, SourceRule.Find(config, _links, out string? reason));
        Assert.Equal(expected, reason);
    }
}
