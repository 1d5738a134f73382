using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tests.Reload;

/// <summary>Next hop servers that are known by name: what a reload and a wrong name do.</summary>
public sealed class ServerNameTests : IDisposable
{
    private readonly MemoryNetwork _network = new();

    private static string Named { get; } = MemoryNetwork.SpokeText.Replace("nbma 192.0.2.1", "nbma hub.example.net", StringComparison.Ordinal);

    [Theory]
    [InlineData(" multicast", " multicast priority 3")]
    [InlineData(" multicast", "")]
    [InlineData("holdtime 300", "holdtime 90")]
    [InlineData(" ip nhrp shortcut\n", "")]
    public void Reload_NamedServerChanges_HubIsNotDropped(string before, string after)
    {
        Register();
        _network.Spoke.Reload(Named.Replace(before, after, StringComparison.Ordinal), _network.Now);
        Assert.True(_network.Spoke.HasServer);
        _network.Run(TimeSpan.FromSeconds(2));
        Assert.True(_network.Spoke.HasServer && _network.Spoke.LineUp);
    }

    [Fact]
    public void Reload_ServerRemovedAndNamedAgain_IsBackWithinSeconds()
    {
        Register();
        string without = Named.Replace(" ip nhrp nhs 10.0.0.1 nbma hub.example.net multicast\n", "", StringComparison.Ordinal);
        _network.Spoke.Reload(without, _network.Now);
        _network.Run(TimeSpan.FromSeconds(2));
        Assert.False(_network.Spoke.HasServer);
        _network.Spoke.Reload(Named, _network.Now);
        _network.TakeNames(1);
        _network.Run(TimeSpan.FromSeconds(2));
        Assert.True(_network.Spoke.HasServer);
    }

    [Fact]
    public void NoSuchName_IsSaidAtOnceAndOnce_AndFoundWhenItIsThere()
    {
        _network.Spoke.Reload(Named, _network.Now);
        _network.TakeNames(1);
        Assert.Contains("next hop server hub.example.net cannot be reached: no such name", _network.Spoke.Log, StringComparison.Ordinal);
        Assert.Equal(1, Count("no such name"));
        _network.Names[new WatchedName(null, "hub.example.net")] = "192.0.2.1";
        _network.Spoke.LinksChanged();
        _network.TakeNames(1);
        Assert.Contains("hub.example.net is at 192.0.2.1", _network.Spoke.Log, StringComparison.Ordinal);
        _network.Run(TimeSpan.FromSeconds(2));
        Assert.True(_network.Spoke.HasServer);
    }

    [Fact]
    public void NameOfTheOtherFamily_IsSaid()
    {
        _network.Names[new WatchedName(null, "hub.example.net")] = "2001:db8::1";
        _network.Spoke.Reload(Named, _network.Now);
        _network.TakeNames(1);
        Assert.Contains("hub.example.net cannot be reached: it has no IPv4 address", _network.Spoke.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void TunnelVrf_NameIsLookedUpThere()
    {
        _network.Names[new WatchedName(null, "hub.example.net")] = "192.0.2.99";
        _network.Names[new WatchedName("isp", "hub.example.net")] = "192.0.2.1";
        _network.Spoke.Reload(Named.Replace(" tunnel source", " tunnel vrf isp\n tunnel source", StringComparison.Ordinal), _network.Now);
        _network.TakeNames(1);
        _network.Run(TimeSpan.FromSeconds(2));
        Assert.True(_network.Spoke.HasServer);
        Assert.Contains("hub.example.net is at 192.0.2.1 (looked up in network namespace isp)", _network.Spoke.Log, StringComparison.Ordinal);
    }

    public void Dispose() => _network.Dispose();

    private void Register()
    {
        _network.Names[new WatchedName(null, "hub.example.net")] = "192.0.2.1";
        _network.Spoke.Reload(Named, _network.Now);
        _network.TakeNames(1);
        _network.Run(TimeSpan.FromSeconds(5));
        Assert.True(_network.Spoke.HasServer && _network.Spoke.LineUp);
    }

    private int Count(string text) => _network.Spoke.Log.Split(text).Length - 1;
}
