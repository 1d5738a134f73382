using CsCheck;
using Dmvpn.Core;

namespace Dmvpn.Nhrp.Tests;

public sealed class NhrpTimersTests
{
    [Fact]
    public void AnyOrderOfSetMoveAndStop_PopsEachOnceInOrderAndNeverEarly() =>
        Gen.Select(Gen.Int[0, 19], Gen.Int[-5, 100]).Array[0, 200].Sample(changes =>
        {
            var timers = new NhrpTimers();
            Thing[] things = [.. Enumerable.Range(0, 20).Select(_ => new Thing())];
            foreach ((int which, int at) in changes) timers.Set(things[which], at < 0 ? Instant.Never : new Instant(at));
            List<Instant> expected = [.. things.Select(thing => thing.Deadline).Where(at => !at.IsNever).Order()];
            Assert.Equal(expected.Count, timers.Count);
            var popped = new List<Instant>();
            for (long now = 0; now <= 100; now++)
            {
                while (timers.TryPop(new Instant(now), out NhrpTimed? timed))
                {
                    Assert.True(timed!.Deadline.IsNever);
                    popped.Add(new Instant(now));
                }
            }
            Assert.Equal(expected, popped);
            Assert.Equal(0, timers.Count);
        });

    [Fact]
    public void OwnerAsksForWhatIsPast_WhileItIsServed_LoopEndsAndItComesLater()
    {
        var timers = new NhrpTimers();
        var thing = new Thing();
        timers.Set(thing, Instant.FromSeconds(1));
        Instant now = Instant.FromSeconds(5);
        int served = 0;
        while (timers.TryPop(now, out NhrpTimed? timed) && served < 10)
        {
            served++;
            timers.Set(timed!, now);
        }
        Assert.Equal(1, served);
        Assert.Equal(now + Deadlines.LeastDelay, timers.Next);
    }

    private sealed class Thing : NhrpTimed
    {
        public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox)
        {
        }
    }
}
