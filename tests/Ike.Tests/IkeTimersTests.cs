using Dmvpn.Core;

namespace Dmvpn.Ike.Tests;

public sealed class IkeTimersTests
{
    [Fact]
    public void OwnerAsksForWhatIsPast_WhileItIsServed_LoopEndsAndItComesLater()
    {
        var timers = new IkeTimers();
        var thing = new Thing();
        timers.Set(thing, Instant.FromSeconds(1));
        Instant now = Instant.FromSeconds(5);
        int served = 0;
        while (timers.TryPop(now, out IkeTimed? timed) && served < 10)
        {
            served++;
            timers.Set(timed!, now);
        }
        Assert.Equal(1, served);
        Assert.Equal(now + Deadlines.LeastDelay, timers.Next);
    }

    private sealed class Thing : IkeTimed
    {
        public override void OnDeadline(Instant now, Outbox<IkeEffect> outbox)
        {
        }
    }
}
