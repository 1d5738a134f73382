namespace Dmvpn.Daemon.Tests.Reload;

/// <summary>
/// Every kind of change of a tunnel's configuration, in every state that the tunnel may be in, with <c>if-state nhrp</c>: the reload ends,
/// nothing fails, nothing is left open, and with the old configuration all is as before.
/// </summary>
public sealed class ReloadMatrixTests
{
    private const string Protection =
        "crypto ikev2 keyring K\n peer ANY\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key Wq83hfyQ2mZx71\n !\n!\n" +
        "crypto ikev2 profile P\n match identity remote address 0.0.0.0\n authentication remote pre-share\n authentication local pre-share\n keyring local K\n!\n" +
        "crypto ipsec transform-set T esp-aes 256 esp-sha256-hmac\n mode transport\n!\n" +
        "crypto ipsec profile IP\n set transform-set T\n set ikev2-profile P\n!\n";

    private static readonly TimeSpan While = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, Func<string, string>> Changes = new()
    {
        ["shutdown"] = text => Add(text, " shutdown\n"),
        ["remove"] = static _ => "hostname r11\n",
        ["protection"] = text => Protection + Add(text, " tunnel protection ipsec profile IP\n"),
        ["source"] = text => text.Replace("source eth0", "source eth2", StringComparison.Ordinal),
        ["source that is missing"] = text => text.Replace("source eth0", "source eth9", StringComparison.Ordinal),
        ["vrf and source"] = text => text.Replace("source eth0", "source 192.0.2.111", StringComparison.Ordinal),
        ["address"] = text => text.Replace("10.0.0.11", "10.0.0.77", StringComparison.Ordinal),
        ["key"] = text => text.Replace("key 1", "key 2", StringComparison.Ordinal),
        ["mtu"] = text => Add(text, " ip mtu 1300\n"),
        ["nhrp off"] = text => text.Replace(" ip nhrp network-id 1\n", "", StringComparison.Ordinal),
        ["hold time"] = text => text.Replace("holdtime 300", "holdtime 60", StringComparison.Ordinal),
        ["no nhs"] = text => text.Replace(" ip nhrp nhs 10.0.0.1 nbma 192.0.2.1 multicast\n", "", StringComparison.Ordinal),
        ["another nhs"] = text => text.Replace("nhs 10.0.0.1 nbma 192.0.2.1", "nhs 10.0.0.2 nbma 192.0.2.2", StringComparison.Ordinal),
        ["no shortcut"] = text => text.Replace(" ip nhrp shortcut\n", "", StringComparison.Ordinal),
        ["no if-state"] = text => text.Replace(" if-state nhrp\n", "", StringComparison.Ordinal),
        ["point-to-point"] = text => text.Replace("tunnel mode gre multipoint", "tunnel mode gre ip\n tunnel destination 192.0.2.1\n keepalive 3 3", StringComparison.Ordinal),
        ["shutdown and protection"] = text => Protection + Add(text, " shutdown\n tunnel protection ipsec profile IP\n"),
        ["shutdown and source"] = text => Add(text.Replace("source eth0", "source eth2", StringComparison.Ordinal), " shutdown\n"),
    };

    public static TheoryData<string, string> Matrix
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string change in Changes.Keys)
            {
                foreach (string state in (string[])["NHS up", "NHS down", "shortcut", "just started"]) data.Add(change, state);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Reload_AnyChangeInAnyState_EndsAndComesBack(string change, string state)
    {
        using var network = new MemoryNetwork();
        Bring(network, state);

        network.Spoke.Reload(Changes[change](MemoryNetwork.SpokeText), network.Now);
        network.Run(While);
        Assert.InRange(network.Spoke.Sources.Open.Count, 0, 1);
        if (change.StartsWith("shutdown", StringComparison.Ordinal) || change == "remove")
        {
            Assert.False(network.Spoke.LineUp);
            Assert.Empty(network.Spoke.Sources.Open);
            if (state is "NHS up" or "shortcut") Assert.False(network.Hub.Has(MemoryNetwork.SpokeAddress), "the hub was told that the spoke goes");
        }

        network.HubIsDead = false;
        network.Spoke.Reload(MemoryNetwork.SpokeText, network.Now);
        network.Run(TimeSpan.FromSeconds(120));
        Assert.True(network.Spoke.HasServer, "it registered again");
        Assert.True(network.Spoke.LineUp, "its line is up again");
        Assert.Equal(["192.0.2.11"], network.Spoke.Sources.Open.Select(s => s.Address.ToString()));
    }

    [Fact]
    public void Reload_TunnelRemoved_HubHearsNothingMore()
    {
        using var network = new MemoryNetwork();
        Bring(network, "shortcut");
        network.Spoke.Reload("hostname r11\n", network.Now);
        network.Run(TimeSpan.FromSeconds(1));
        network.TakeSent("192.0.2.11", "192.0.2.1");
        network.Run(TimeSpan.FromSeconds(600));
        Assert.Equal(0, network.TakeSent("192.0.2.11", "192.0.2.1"));
    }

    [Fact]
    public void NhsDies_IfState_LineGoesDownInTheSameRound()
    {
        using var network = new MemoryNetwork();
        Bring(network, "NHS up");
        network.HubIsDead = true;
        network.Run(TimeSpan.FromSeconds(600));
        Assert.False(network.Spoke.LineUp);
        Assert.Contains("if-state nhrp", network.Spoke.Log);
    }

    private static void Bring(MemoryNetwork network, string state)
    {
        if (state == "just started") return;
        network.Run(While);
        Assert.True(network.Spoke.HasServer, "registered to begin with");
        Assert.True(network.Spoke.LineUp, "up to begin with");
        if (state == "shortcut")
        {
            network.TurnRound();
            network.Run(TimeSpan.FromSeconds(1));
            Assert.Contains(network.Spoke.Kernel.Routes, route => route.Prefix == MemoryNetwork.FarLan);
        }
        if (state != "NHS down") return;
        network.HubIsDead = true;
        network.Run(TimeSpan.FromSeconds(400));
        Assert.False(network.Spoke.HasServer, "nobody answers");
    }

    private static string Add(string text, string lines) => text.Replace(" tunnel source", lines + " tunnel source", StringComparison.Ordinal);
}
