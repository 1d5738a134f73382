using System.Globalization;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>
/// A situation that people who run such networks have reported: its network, and what they expect.
/// docs/interop.md has the list.
/// </summary>
public abstract class FieldTest : LifecycleTest
{
    /// <summary>What dead peer detection of <see cref="Checked"/> takes, and time to act on it.</summary>
    protected static readonly TimeSpan AfterDetection = TimeSpan.FromSeconds(45);

    private protected static SiteAddresses One { get; } = new(1);

    private protected static SiteAddresses Two { get; } = new(2);

    /// <summary>With dead peer detection: 10 s of silence, five questions each 2 s.</summary>
    private protected static ProtectionText Checked { get; } = new() { Lines = ["crypto ikev2 dpd 10 2 periodic"] };

    /// <summary>The same with an identity of its own.</summary>
    private protected static ProtectionText Named(string name) =>
        Checked with { ProfileLines = [$"identity local fqdn {name}.example.net"] };

    /// <summary>A hub with a route to the LANs of spokes 1 and 2.</summary>
    private protected static RouterText HubText() =>
        new(Hub) { Protection = Checked, HoldTime = 300, Lines = RouterText.EachByItsOwn(One, Two) };

    /// <summary>Packets that the host sends without an answer: what comes from one side only.</summary>
    private protected static async Task StayMuteAsync(NetNamespace host) => await host.NftAsync("""
        table ip mute { chain out { type filter hook output priority 0; icmp type echo-reply drop; }; }
        """);

    /// <summary>Echo requests that a host has received.</summary>
    private protected static async Task<long> EchoesAsync(NetNamespace host)
    {
        string[] all = (await host.RunAsync("cat", "/proc/net/snmp")).Split('\n');
        string[] lines = [.. all.Where(l => l.StartsWith("Icmp: ", StringComparison.Ordinal))];
        int column = Array.IndexOf(lines[0].Split(' '), "InEchos");
        return long.Parse(lines[1].Split(' ')[column], CultureInfo.InvariantCulture);
    }

    /// <summary>No session of these routers has gone down.</summary>
    private protected static void AssertNobodyWentDown(params DmvpnDaemon[] routers) =>
        Assert.All(routers, r => Assert.DoesNotContain("PEER_DOWN", r.Log, StringComparison.Ordinal));

    /// <summary>A host's further addresses, .101 and so on, each of which makes a flow of its own.</summary>
    private protected static async Task<string[]> AddFlowsAsync(Site site, int count)
    {
        string network = site.Addresses.LanHost[..^2];
        string[] addresses =
            [.. Enumerable.Range(101, count).Select(i => network + i.ToString(CultureInfo.InvariantCulture))];
        foreach (string address in addresses)
            await site.LanHost.IpAsync($"addr add {address}/24 dev eth0");
        return addresses;
    }

    /// <summary>How many of the flows between addresses of two hosts get no answer.</summary>
    private protected static async Task<int> LostFlowsAsync(
        NetNamespace from, IEnumerable<(string Source, string Target)> flows)
    {
        int lost = 0;
        foreach ((string source, string target) in flows)
            lost += 1 - (await from.PingAsync(target, $"-c 1 -W 1 -I {source}")).Received;
        return lost;
    }

    /// <summary>All these LANs reach those, or their hub's.</summary>
    private protected async Task<bool> ReachAsync(params (int From, int To)[] ways)
    {
        foreach ((int from, int to) in ways)
        {
            if ((await PingAsync(from, to)).Received == 0)
                return false;
        }

        return true;
    }

    /// <summary>Packets go from one LAN to the other, and none is lost.</summary>
    private protected async Task NoneIsLostAsync(int from, int to, int packets = 20) =>
        Assert.Equal(0, (await PingAsync(from, to, $"-c {packets} -i 0.05 -W 1")).Lost);

    /// <summary>A router's kernel has routes that say all of this.</summary>
    private protected static async Task<bool> HasRoutesAsync(Site site, string which, params string[] words)
    {
        string routes = await site.Node.IpAsync($"route show {which}");
        return words.All(word => routes.Contains(word, StringComparison.Ordinal));
    }

    /// <summary>The log of a router has said this.</summary>
    private protected static Task SaysAsync(DmvpnDaemon router, string words) => EventuallyAsync(
        $"{router.Name} says {words}", Later,
        () => Task.FromResult(router.Log.Contains(words, StringComparison.OrdinalIgnoreCase)));
}
