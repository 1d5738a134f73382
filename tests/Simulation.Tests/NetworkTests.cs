using Dmvpn.Simulation.Tests.Network;

namespace Dmvpn.Simulation.Tests;

/// <summary>
/// Whole networks in virtual time: lossy, reordering underlay, NAT, moving addresses, crashing hubs and spokes. What must hold once the faults have ended
/// is in <see cref="Verdict"/>. A failure names the seed; the same seed is the same run.
/// </summary>
public class NetworkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void HubAndTwentySpokes_AfterFaults_PairsTalkDirectlyAndNothingLeaks(ulong seed) => new Scenario(Small(seed)).Play();

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void TwoRegionsAndFortySpokes_AfterFaults_PairsTalkDirectlyAndNothingLeaks(ulong seed) =>
        new Scenario(Small(seed) with { Spokes = 40, RegionalHubs = 2, Pairs = 40 }).Play();

    [Fact]
    public void TwoRegionsAndThousandSpokes_AfterFaults_PairsTalkDirectlyAndNothingLeaks() => new Scenario(new Plan
    {
        Seed = 2332,
        Spokes = 1000,
        RegionalHubs = 2,
        Pairs = 1000,
        AddressChanges = 60,
        AddressSwaps = 10,
        SpokeRestarts = 40,
        Deaths = 20,
        HubRestarts = 2,
    }).Play();

    [Fact]
    public void SameSeed_PlayedTwice_IsTheSameRun()
    {
        var first = new Scenario(Small(21));
        var second = new Scenario(Small(21));
        var third = new Scenario(Small(22));
        first.Play();
        second.Play();
        third.Play();

        Assert.Equal(first.Network.Events, second.Network.Events);
        Assert.Equal(first.Network.Trace.Hash, second.Network.Trace.Hash);
        Assert.NotEqual(first.Network.Trace.Hash, third.Network.Trace.Hash);
    }

    private static Plan Small(ulong seed) => new()
    {
        Seed = seed,
        Spokes = 20,
        Pairs = 20,
        AddressChanges = 10,
        AddressSwaps = 3,
        SpokeRestarts = 6,
        Deaths = 2,
        HubRestarts = 2,
    };
}
