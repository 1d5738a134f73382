using Dmvpn.Core;

namespace Dmvpn.Nhrp.Tests.Harness;

/// <summary>
/// The network of most tests: hub 10.0.0.1 (198.51.100.1, LAN 10.1.0.0/24), spokes A 10.0.0.11 (LAN 10.1.11.0/24) and B 10.0.0.12
/// (LAN 10.1.12.0/24); routes by the hub (phase 3) or by the spokes' own addresses (phase 2).
/// </summary>
internal sealed class Cloud
{
    public const string HubNbma = "198.51.100.1";

    public Cloud(bool phase2 = false, string? natA = null, string? natB = null, Func<NhrpConfig, NhrpConfig>? hub = null, Func<NhrpConfig, NhrpConfig>? spoke = null)
    {
        hub ??= static config => config;
        spoke ??= static config => config;
        Hub = Net.Add("hub", HubNbma, "10.0.0.1/24", hub(HubConfig)).Lan("10.1.0.0/24").Route("10.1.11.0/24", "10.0.0.11").Route("10.1.12.0/24", "10.0.0.12");
        A = Net.Add("A", natA is null ? "203.0.113.11" : "192.168.1.2", "10.0.0.11/24", spoke(SpokeConfig), natA).Lan("10.1.11.0/24");
        B = Net.Add("B", natB is null ? "203.0.113.12" : "192.168.2.2", "10.0.0.12/24", spoke(SpokeConfig), natB).Lan("10.1.12.0/24");
        A.Route("10.1.12.0/24", phase2 ? "10.0.0.12" : "10.0.0.1").Route("10.1.0.0/24", "10.0.0.1");
        B.Route("10.1.11.0/24", phase2 ? "10.0.0.11" : "10.0.0.1").Route("10.1.0.0/24", "10.0.0.1");
    }

    public static NhrpConfig HubConfig { get; } = new() { NetworkId = 1, Authentication = "secret", HoldTime = TimeSpan.FromSeconds(600), Redirect = true };

    public static NhrpConfig SpokeConfig { get; } = new()
    {
        NetworkId = 1,
        Authentication = "secret",
        HoldTime = TimeSpan.FromSeconds(600),
        Nhss = [new NhsConfig { Protocol = IpAddress.Parse("10.0.0.1"), Nbma = IpAddress.Parse(HubNbma), Multicast = true }],
    };

    public Net Net { get; } = new();

    public Node Hub { get; }

    public Node A { get; }

    public Node B { get; }

    /// <summary>All registered, the trace empty.</summary>
    public Cloud Settled()
    {
        Net.Run(5);
        Assert.Contains(A.Address, Hub.Adjacencies.Keys);
        Assert.Contains(B.Address, Hub.Adjacencies.Keys);
        Net.TakeTrace();
        return this;
    }

    /// <summary>A host behind A talks to one behind B; the hub turns the packets round.</summary>
    public Cloud Talk()
    {
        Hub.TurnAround(A, "10.1.11.5", "10.1.12.5");
        Hub.TurnAround(B, "10.1.12.5", "10.1.11.5");
        Net.Run(1);
        return this;
    }
}
