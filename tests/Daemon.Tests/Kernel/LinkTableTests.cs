using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon.Tests.Kernel;

public sealed class LinkTableTests
{
    private readonly LinkTable _table = new();

    [Fact]
    public void SourceOf_SecondaryFirst_GivesThePrimary()
    {
        _table.Apply(Link(2, "eth0"), removed: false);
        Add(2, "192.0.2.9", AddressFlags.Secondary);
        Add(2, "192.0.2.1");
        Add(2, "192.0.2.2");
        Assert.Equal("192.0.2.1", Source("eth0"));
    }

    [Fact]
    public void SourceOf_LinkDown_None()
    {
        Add(2, "192.0.2.1");
        _table.Apply(Link(2, "eth0", up: false), removed: false);
        Assert.Equal(IpAddress.None, _table.SourceOf("eth0", ipv6: false));
        _table.Apply(Link(2, "eth0"), removed: false);
        Assert.Equal("192.0.2.1", Source("eth0"));
    }

    [Theory]
    [InlineData(AddressFlags.Tentative)]
    [InlineData(AddressFlags.DuplicateFound)]
    public void SourceOf_IPv6NotYetUsable_WaitsForIt(AddressFlags flags)
    {
        _table.Apply(Link(2, "eth0"), removed: false);
        Add(2, "fe80::1");
        Add(2, "2001:db8::1", flags);
        Assert.Equal(IpAddress.None, _table.SourceOf("eth0", ipv6: true));
        Assert.Null(_table.LinkWith(IpAddress.Parse("2001:db8::1")));
        Add(2, "2001:db8::1", AddressFlags.Permanent);
        Assert.Equal("2001:db8::1", Source("eth0", ipv6: true));
        Assert.Equal(2, _table.LinkWith(IpAddress.Parse("2001:db8::1"))!.Index);
        Assert.Equal(2, _table.Addresses(2).Count);
    }

    [Fact]
    public void SourceOf_BothFamilies_EachItsOwn()
    {
        _table.Apply(Link(2, "eth0"), removed: false);
        Add(2, "2001:db8::1");
        Add(2, "192.0.2.1");
        Assert.Equal(("192.0.2.1", "2001:db8::1"), (Source("eth0"), Source("eth0", ipv6: true)));
    }

    [Fact]
    public void SourceOf_AlternativeNameOrOtherCase_IsTheSameLink()
    {
        _table.Apply(Link(2, "enp3s0") with { AlternativeNames = ["GigabitEthernet0/1"] }, removed: false);
        Add(2, "192.0.2.1");
        Assert.Equal("192.0.2.1", Source("gigabitethernet0/1"));
        Assert.Equal("192.0.2.1", Source("ENP3S0"));
        Assert.Equal(IpAddress.None, _table.SourceOf("GigabitEthernet0/10", ipv6: false));
    }

    [Fact]
    public void SourceOf_AddressRemoved_NextOneThenNone()
    {
        _table.Apply(Link(2, "eth0"), removed: false);
        Add(2, "192.0.2.1");
        Add(2, "192.0.2.2");
        _table.Apply(Address(2, "192.0.2.1"), removed: true);
        Assert.Equal("192.0.2.2", Source("eth0"));
        _table.Apply(Address(2, "192.0.2.2"), removed: true);
        Assert.Equal(IpAddress.None, _table.SourceOf("eth0", ipv6: false));
    }

    [Fact]
    public void LinkWith_LinkRemoved_Null()
    {
        _table.Apply(Link(2, "eth0"), removed: false);
        _table.Apply(Link(3, "eth1"), removed: false);
        Add(2, "192.0.2.1");
        Add(3, "192.0.2.3", AddressFlags.Secondary);
        Assert.Equal("eth1", _table.LinkWith(IpAddress.Parse("192.0.2.3"))!.Name);
        Assert.Equal("eth0", _table.LinkWith(IpAddress.Parse("192.0.2.1"))!.Name);
        _table.Apply(Link(2, "eth0"), removed: true);
        Assert.Null(_table.LinkWith(IpAddress.Parse("192.0.2.1")));
        Assert.Empty(_table.Addresses(2));
        Assert.Null(_table.Link("eth0"));
    }

    internal static LinuxLink Link(int index, string name, bool up = true) =>
        new(index, name, up ? LinkFlags.Up : LinkFlags.None, 1500, 1000, LinkState.Up, 1, 0, null);

    internal static LinuxAddress Address(int link, string address, AddressFlags flags = AddressFlags.None) =>
        new(link, IpAddress.Parse(address), 24) { Flags = flags };

    private void Add(int link, string address, AddressFlags flags = AddressFlags.None) => _table.Apply(Address(link, address, flags), removed: false);

    private string Source(string name, bool ipv6 = false) => _table.SourceOf(name, ipv6).ToString();
}
