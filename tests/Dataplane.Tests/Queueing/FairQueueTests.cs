using CsCheck;
using Dmvpn.Core;
using Dmvpn.Dataplane.Queueing;
using Dmvpn.Wire.Ecn;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Queueing;

public sealed class FairQueueTests : IDisposable
{
    private const byte Expedited = 46 << 2, LowerEffort = 1 << 2;

    private readonly Rig _rig = new();
    private readonly FairQueue _queue = new(seed: 1);
    private readonly PacketBatch _reader = new(1);
    private Instant _now = Instant.FromSeconds(1);

    public void Dispose()
    {
        _queue.Dispose();
        _reader.Dispose();
        _rig.Dispose();
    }

    [Fact]
    public void PacketOfAnotherFlow_BehindBulk_Overtakes()
    {
        for (int i = 0; i < 400; i++) Add(i % 20, length: 1400, mark: i);
        for (int i = 0; i < 50; i++) Assert.NotNull(Take());
        Add(99, length: 100, mark: 7);
        // The bulk may end the turn that it is in.
        (int, int)?[] next = [Take(), Take()];
        Assert.Contains((99, 7), next);
    }

    [Fact]
    public void FlowsWithPacketsOfDifferentLength_GetTheSameBytes()
    {
        for (int i = 0; i < 100; i++) Add(1, length: 1400, mark: i);
        for (int i = 0; i < 300; i++) Add(2, length: 200, mark: i);
        int[] bytes = new int[3];
        for (int i = 0; i < 150; i++)
        {
            (int flow, _) = Take()!.Value;
            bytes[flow] += flow == 1 ? 1400 : 200;
            _queue.Release();
        }
        Assert.InRange(bytes[1] - bytes[2], -2 * QueueLimits.Quantum, 2 * QueueLimits.Quantum);
    }

    [Fact]
    public void Bands_AllHavePackets_ShareAsTheyShould()
    {
        for (int i = 0; i < 150; i++)
        {
            Add(1, length: 10_000, mark: i, trafficClass: Expedited);
            Add(2, length: 10_000, mark: i);
            Add(3, length: 10_000, mark: i, trafficClass: LowerEffort);
        }
        Assert.Equal(1, Take()!.Value.Flow);
        int[] taken = new int[4];
        for (int i = 0; i < 200; i++) taken[Take()!.Value.Flow]++;
        Assert.InRange(taken[1], 90, 115);
        Assert.InRange(taken[2], 75, 100);
        Assert.InRange(taken[3], 8, 20);
    }

    [Fact]
    public void LowerEffortAlone_GetsAll()
    {
        for (int i = 0; i < 50; i++) Add(3, length: 1000, mark: i, trafficClass: LowerEffort);
        for (int i = 0; i < 50; i++) Assert.Equal((3, i), Take());
        Assert.Null(Take());
    }

    [Fact]
    public void NoRoomForPackets_TheLongestQueuePays()
    {
        Add(2, length: 100, mark: 1);
        for (int i = 0; i < QueueLimits.Packets + 100; i++) Add(1, length: 1000, mark: i);
        Assert.InRange(_queue.Count, QueueLimits.Packets - 64, QueueLimits.Packets);
        Assert.Equal(QueueLimits.Packets + 101 - _queue.Count, _rig.Drops(DataplaneDrop.OutQueueFull));
        List<(int Flow, int Mark)> all = [.. All()];
        Assert.Contains((2, 1), all);
        // Its oldest went, its newest are there: they bear the latest news of the flow.
        Assert.Equal(QueueLimits.Packets + 99, all[^1].Mark);
    }

    [Fact]
    public void NoRoomForBytes_TheLongestQueuePays()
    {
        for (int i = 0; i < 300; i++) Add(1, length: 60_000, mark: i);
        Assert.True(_queue.Bytes <= QueueLimits.Bytes);
        Assert.True(_rig.Drops(DataplaneDrop.OutQueueFull) > 150);
    }

    [Fact]
    public void EverythingIsTaken_NoRoom_TheNewOneIsLost()
    {
        for (int i = 0; i < QueueLimits.Packets; i++) Add(1, length: 100, mark: i);
        for (int i = 0; i < QueueLimits.Packets; i++) Assert.NotNull(Take());
        Add(1, length: 100, mark: 999);
        Assert.Equal((0, 1L), (_queue.Count, _rig.Drops(DataplaneDrop.OutQueueFull)));
        _queue.Release();
        Add(1, length: 100, mark: 1000);
        Assert.Equal((1, 1000), Take());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData((byte)EcnCodepoint.Ect0, 0)]
    public void StandingQueue_LongerThanAnInterval_IsToldSo(byte trafficClass, int drops)
    {
        int mark = 0;
        for (int i = 0; i < 100; i++) Add(1, length: 1400, mark: mark++, trafficClass: trafficClass);
        int marked = 0;
        for (int i = 0; i < 120; i++)
        {
            _now += TimeSpan.FromMilliseconds(1);
            Add(1, length: 1400, mark: mark++, trafficClass: trafficClass);
            Assert.True(_queue.TryTake(_now, out int place, out _));
            if ((_queue.Slot(place).Data[1] & 3) == (byte)EcnCodepoint.Ce) marked++;
            _queue.Release();
        }
        Assert.Equal((drops, 1 - drops), ((int)_rig.Drops(DataplaneDrop.OutQueueDelay), marked));
    }

    /// <summary>Whatever comes and goes: nothing is lost uncounted or twice, each flow is in order, and no buffer is two packets'.</summary>
    [Fact]
    public void AnyOrderOfAddTakeRelease_NothingIsLostAndFlowsStayInOrder() =>
        Gen.Int[0, 9].Array[0, 3000].Sample(steps =>
        {
            using var rig = new Rig();
            using var queue = new FairQueue(seed: 5);
            using var reader = new PacketBatch(1);
            int[] nextMark = new int[6], lastTaken = new int[6];
            Array.Fill(lastTaken, -1);
            int added = 0, taken = 0;
            var held = new HashSet<nint>();
            Instant now = Instant.FromSeconds(1);
            foreach (int step in steps)
            {
                now += TimeSpan.FromMilliseconds(step);
                if (step < 6)
                {
                    Fill(reader, step, 40 + (step * 9973 + added * 131) % 50_000, nextMark[step]++, 0);
                    queue.Add(ref reader[0], rig.Tunnel, now);
                    Assert.DoesNotContain(Buffer(ref reader[0]), held);
                    added++;
                }
                else if (step == 9)
                {
                    queue.Release();
                    held.Clear();
                }
                else if (queue.TryTake(now, out int place, out TunnelId tunnel))
                {
                    taken++;
                    (int flow, int mark) = Read(queue.Slot(place));
                    Assert.Equal(Rig.Tunnel0, tunnel);
                    Assert.True(mark > lastTaken[flow]);
                    lastTaken[flow] = mark;
                    Assert.True(held.Add(Buffer(ref queue.Slot(place))));
                }
                long drops = rig.Drops(DataplaneDrop.OutQueueDelay) + rig.Drops(DataplaneDrop.OutQueueFull);
                Assert.Equal(added, taken + queue.Count + drops);
            }
        }, iter: 200);

    private static unsafe nint Buffer(ref PacketSlot slot)
    {
        fixed (byte* start = slot.Room) return (nint)start;
    }

    private void Add(int flow, int length, int mark, byte trafficClass = 0)
    {
        Fill(_reader, flow, length, mark, trafficClass);
        _queue.Add(ref _reader[0], _rig.Tunnel, _now);
    }

    private (int Flow, int Mark)? Take() => _queue.TryTake(_now, out int place, out _) ? Read(_queue.Slot(place)) : null;

    private IEnumerable<(int Flow, int Mark)> All()
    {
        while (Take() is { } next) yield return next;
    }

    private static void Fill(PacketBatch reader, int flow, int length, int mark, byte trafficClass)
    {
        byte[] payload = new byte[length - 20];
        BitConverter.TryWriteBytes(payload.AsSpan(8), mark);
        FakeTun.Fill(ref reader[0], Packet(Ip("10.1.0.1"), Ip($"10.2.0.{flow}"), payload, trafficClass));
    }

    private static (int Flow, int Mark) Read(in PacketSlot slot) => (slot.Data[19], BitConverter.ToInt32(slot.Data[28..]));
}
