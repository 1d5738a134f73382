namespace Dmvpn.Core.Tests;

public sealed class OutboxTests
{
    private readonly record struct Effect(int Kind, ByteRange Bytes);

    [Fact]
    public void Effects_WithTheirBytes_ComeOutInOrder()
    {
        var outbox = new Outbox<Effect>();
        Assert.True(outbox.IsEmpty);
        outbox.Add(new Effect(1, outbox.Append([1, 2, 3])));
        Span<byte> room = outbox.Reserve(100);
        Assert.Equal(100, room.Length);
        (room[0], room[1]) = (4, 5);
        outbox.Add(new Effect(2, outbox.Commit(2)));
        outbox.Add(new Effect(3, outbox.Append([])));

        Assert.False(outbox.IsEmpty);
        Assert.Equal([1, 2, 3], outbox.Effects.ToArray().Select(e => e.Kind));
        Assert.Equal([1, 2, 3], outbox.Bytes(outbox.Effects[0].Bytes).ToArray());
        Assert.Equal([4, 5], outbox.Bytes(outbox.Effects[1].Bytes).ToArray());
        Assert.Equal(0, outbox.Bytes(outbox.Effects[2].Bytes).Length);
    }

    [Fact]
    public void Reservation_ThatIsNotCommitted_TakesNoRoom()
    {
        var outbox = new Outbox<Effect>();
        outbox.Reserve(50).Fill(9);
        Assert.Equal(new ByteRange(0, 1), outbox.Append([7]));
        Assert.Equal([7], outbox.Bytes(new ByteRange(0, 1)).ToArray());
    }

    [Fact]
    public void Arena_GrownSeveralTimes_KeepsWhatWasWritten()
    {
        var outbox = new Outbox<Effect>();
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = new byte[i * 7];
            Array.Fill(bytes, (byte)i);
            outbox.Add(new Effect(i, outbox.Append(bytes)));
        }
        outbox.Add(new Effect(300, outbox.Append(new byte[1_000_000])));
        foreach (Effect effect in outbox.Effects[..300])
        {
            ReadOnlySpan<byte> bytes = outbox.Bytes(effect.Bytes);
            Assert.Equal(effect.Kind * 7, bytes.Length);
            Assert.False(bytes.ContainsAnyExcept((byte)effect.Kind));
        }
    }

    [Fact]
    public void Outbox_ClearedAndFilledAgain_AllocatesNothing()
    {
        var outbox = new Outbox<Effect>();
        byte[] packet = new byte[1400];
        Round(outbox, packet);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Round(outbox, packet);
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(outbox.IsEmpty);
        Assert.Equal(new ByteRange(0, 1), outbox.Append([1]));
    }

    private static void Round(Outbox<Effect> outbox, byte[] packet)
    {
        for (int i = 0; i < 20; i++) outbox.Add(new Effect(i, outbox.Append(packet)));
        outbox.Clear();
    }
}
