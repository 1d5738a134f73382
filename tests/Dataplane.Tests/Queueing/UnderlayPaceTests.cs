using Dmvpn.Core;
using Dmvpn.Dataplane.Queueing;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Queueing;

/// <summary>An underlay that is slower than the processor: what waits, waits in the queue that is fair.</summary>
public sealed class UnderlayPaceTests
{
    private static readonly Instant Start = Instant.FromSeconds(1);

    [Fact]
    public void NothingWaitsInTheKernel_NoPause()
    {
        var pace = new UnderlayPace();
        for (int i = 0; i < 100; i++) Assert.False(pace.IsPaused(i * 500, Start + TimeSpan.FromMilliseconds(i)));
    }

    /// <summary>A sender that always has more, and a link of some rate: how much of it is in the kernel, and how much of the link is used.</summary>
    [Theory]
    [InlineData(20, 40)]
    [InlineData(200, 10)]
    [InlineData(1_000, 10)]
    [InlineData(10_000, 10)]
    public void Link_OfAnyRate_IsBusyAndHoldsLittle(double megabits, double mostMilliseconds)
    {
        var pace = new UnderlayPace();
        double rate = megabits * 1e6 / 8, unsent = 0, sent = 0;
        long idle = 0, rounds = 0;
        double longest = 0;
        Instant now = Start;
        for (; now < Start + TimeSpan.FromSeconds(3); rounds++)
        {
            bool paused = pace.IsPaused((long)unsent, now);
            if (!paused)
            {
                double given = Math.Min(QueueLimits.BytesPerRound, pace.Allowance);
                (unsent, sent) = (unsent + given, sent + given);
            }
            if (now > Start + TimeSpan.FromSeconds(1)) longest = Math.Max(longest, unsent / rate);
            // A round takes 20 µs, a pause a millisecond.
            TimeSpan step = paused ? QueueLimits.Pause : TimeSpan.FromMicroseconds(20);
            if (unsent < rate * step.TotalSeconds && now > Start + TimeSpan.FromSeconds(1)) idle++;
            unsent = Math.Max(unsent - rate * step.TotalSeconds, 0);
            now += step;
        }
        Assert.InRange(longest, 0, mostMilliseconds / 1000);
        Assert.InRange(sent, rate * 3 * 0.95, double.MaxValue);
        Assert.InRange(idle, 0, rounds / 100);
    }

    /// <summary>As in the queue of a neighbour whose link address is not known: 200 KB, for seconds.</summary>
    [Fact]
    public void WhatDoesNotMove_KeepsOthersBackForAMomentOnly()
    {
        var pace = new UnderlayPace();
        int paused = 0;
        for (int i = 0; i < 1000; i++)
        {
            if (pace.IsPaused(200_000, Start + i * QueueLimits.Pause)) paused++;
        }
        Assert.InRange(paused, 1, 60);
        Assert.True(pace.Allowance >= 100_000);
    }

    [Fact]
    public void Underlay_IsFull_PacketsWaitAndTheSparseFlowGoesFirst()
    {
        using var rig = new Rig();
        rig.Port.Unsent = 2 << 20;
        rig.Out(Packet("10.1.0.1", "10.2.0.1", 60));
        for (int i = 0; i < 40; i++) rig.Tun.Waiting.Enqueue(Packet("10.1.0.1", "10.2.0.1", 1300));
        rig.Tun.Waiting.Enqueue(Packet("10.1.0.1", "10.2.0.2", 60));
        rig.Port.Sent.Clear();
        Assert.False(rig.Worker.Round(rig.Now));
        Assert.Empty(rig.Port.Sent);
        Assert.Equal(rig.Now + QueueLimits.Pause, rig.Worker.WakeAt);
        rig.Port.Unsent = 0;
        rig.Now += QueueLimits.Pause;
        rig.Run();
        Assert.Equal(41, rig.Port.Sent.Count);
        Assert.Contains(rig.Port.Sent[..3], d => d.Bytes.Length < 200);
        Assert.Equal(Instant.Never, rig.Worker.WakeAt);
    }

    [Fact]
    public void Underlay_StaysFull_TheDeviceIsReadAndTheLongestQueuePays()
    {
        using var rig = new Rig();
        rig.Port.Unsent = 2 << 20;
        rig.Out(Packet("10.1.0.1", "10.2.0.1", 60));
        for (int i = 0; i < 2000; i++) rig.Tun.Waiting.Enqueue(Packet("10.1.0.1", "10.2.0.1", 1300));
        for (int i = 0; i < 20; i++) Assert.False(rig.Worker.Round(rig.Now));
        Assert.Empty(rig.Tun.Waiting);
        Assert.InRange(rig.Drops(DataplaneDrop.OutQueueFull), 1400, 2000);
    }
}
