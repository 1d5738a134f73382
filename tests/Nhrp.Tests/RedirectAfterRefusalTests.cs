using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

/// <summary>A refusal is believed for a minute, but a Traffic Indication says that there is a way after all.</summary>
public sealed class RedirectAfterRefusalTests
{
    private const string Request = "A > hub ResolutionRequest";

    [Fact]
    public void EgressIsBackAfterARefusal_NextIndication_MakesTheShortcut()
    {
        // B is restarting: the hub's mapping of it is cleared, and it has none for the time being
        Cloud cloud = new Cloud().Settled();
        cloud.Net.Unplug(cloud.B);
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(40);
        Assert.Equal(NhrpEntryFlags.Negative, Assert.Single(cloud.A.Cache, state => state.Type == NhrpEntryType.Incomplete).Flags);
        cloud.Net.Route(cloud.B);
        // hub > A Traffic Indication, A > hub > B Resolution Request, B > A Resolution Reply
        cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
        cloud.Net.Run(1);
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
        Assert.DoesNotContain(cloud.A.Cache, state => state.Type == NhrpEntryType.Incomplete);
    }

    [Fact]
    public void IndicationsWithoutEnd_RefusedEachTime_AreAskedAboutEveryFewSeconds()
    {
        // A server that does not keep to a redirect timeout, and has no mapping behind its route
        Cloud cloud = new Cloud(hub: config => config with { RedirectTimeout = TimeSpan.Zero }).Settled();
        cloud.A.Route("172.16.0.0/12", "10.0.0.1");
        const int Seconds = 40;
        for (int i = 0; i < Seconds * 10; i++)
        {
            cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "172.16.0.1");
            cloud.Net.Run(0.1);
        }
        Assert.InRange(cloud.Net.Trace.Count(line => line == Request), 6, 1 + Seconds / (int)NhrpLimits.RefusedRetry.TotalSeconds);
        Assert.Single(cloud.A.Cache, state => state.Type == NhrpEntryType.Incomplete);
    }

    [Fact]
    public void PeerUnreachable_Indications_AreHeardAfterALongerWhile()
    {
        Cloud cloud = new Cloud().Settled().Talk();
        cloud.A.Call((engine, now, outbox) => engine.OnPeerUnreachable(new NbmaPeer(Parse("203.0.113.12")), now, outbox));
        cloud.Net.TakeTrace();
        int asked = -1;
        for (int second = 0; second < 60 && asked < 0; second++)
        {
            cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "10.1.12.5");
            cloud.Net.Run(1);
            if (cloud.Net.Trace.Contains(Request)) asked = second;
        }
        // The indication of the hub's first 8 seconds (redirect timeout) is too early, also the two behind it.
        Assert.InRange(asked, (int)NhrpLimits.UnreachableRetry.TotalSeconds, (int)NhrpLimits.UnreachableRetry.TotalSeconds + 8);
        Assert.Equal("203.0.113.12", cloud.A.Path("10.1.12.5"));
    }

    [Fact]
    public void RejectHoldConfigured_Indications_WaitForItsEnd()
    {
        Cloud cloud = new Cloud(spoke: config => config with { RejectHold = TimeSpan.FromSeconds(100) }).Settled();
        cloud.A.Route("172.16.0.0/12", "10.0.0.1");
        for (int i = 0; i < 95; i++)
        {
            cloud.Hub.TurnAround(cloud.A, "10.1.11.5", "172.16.0.1");
            cloud.Net.Run(1);
        }
        Assert.Equal(1, cloud.Net.Trace.Count(line => line == Request));
    }
}
