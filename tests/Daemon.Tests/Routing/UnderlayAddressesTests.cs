using Dmvpn.Core;
using Dmvpn.Daemon.Routing;

namespace Dmvpn.Daemon.Tests.Routing;

public sealed class UnderlayAddressesTests
{
    private static readonly TunnelId Tunnel = new(0);

    private readonly UnderlayAddresses _addresses = new();

    [Fact]
    public void AddressInUse_IsFoundInEveryPrefixThatHoldsIt_UntilItsLastUseEnds()
    {
        Assert.True(_addresses.Set(Use(2), Of("198.51.100.2")));
        Assert.False(_addresses.Set(Use(3), Of("198.51.100.2")));
        foreach (string prefix in (string[])["198.51.100.2/32", "198.51.100.0/24", "0.0.0.0/0"]) Assert.True(Holds(prefix), prefix);
        foreach (string prefix in (string[])["198.51.100.3/32", "198.51.100.4/30", "::/0", "10.0.0.0/8"]) Assert.False(Holds(prefix), prefix);
        _addresses.Remove(Use(2));
        Assert.True(Holds("198.51.100.0/24"));
        _addresses.Remove(Use(3));
        _addresses.Remove(Use(3));
        Assert.False(Holds("0.0.0.0/0"));
        Assert.Equal(0, _addresses.Count);
    }

    [Fact]
    public void PeerMoves_TheNewAddressCounts_AndTheOldOneNotAnyMore()
    {
        _addresses.Set(Use(2), Of("198.51.100.2"));
        Assert.True(_addresses.Set(Use(2), Of("203.0.113.2")));
        Assert.False(Holds("198.51.100.0/24"));
        Assert.True(Holds("203.0.113.0/24"));
        Assert.Equal([Of("198.51.100.2"), Of("203.0.113.2")], _addresses.TakeNew().Order());
        Assert.Empty(_addresses.TakeNew());
    }

    [Fact]
    public void Pairs_AreOfPeersWithTheSourceOfTheirTunnel()
    {
        _addresses.Set(Use(2), Of("203.0.113.2"));
        Assert.Empty(_addresses.Pairs());
        _addresses.Set(new UnderlayUse(Tunnel), Of("198.51.100.1"));
        Assert.Equal([(Of("198.51.100.1"), Of("203.0.113.2"))], _addresses.Pairs());
    }

    private bool Holds(string prefix) => _addresses.TryFindWithin(IpPrefix.Parse(prefix), out _);

    private static UnderlayUse Use(int peer) => new(Tunnel, IpAddress.FromIPv4(0x0A00_0000 | (uint)peer));

    private static IpAddress Of(string text) => IpAddress.Parse(text);
}
