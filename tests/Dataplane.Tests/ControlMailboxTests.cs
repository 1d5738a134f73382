using CsCheck;
using Dmvpn.Core;

namespace Dmvpn.Dataplane.Tests;

public sealed class ControlMailboxTests
{
    [Fact]
    public void WritesAndReadsInAnyOrder_BehavesAsABoundedQueue() =>
        Gen.Select(Gen.Int[0, 1500], Gen.Int[0, 2]).Array[0, 400].Sample(steps =>
        {
            var mailbox = new ControlMailbox(4096);
            var expected = new Queue<(int Number, byte[] Bytes)>();
            for (int i = 0; i < steps.Length; i++)
            {
                (int length, int kind) = steps[i];
                if (kind > 0)
                {
                    byte[] bytes = Packets.Pattern(length);
                    bool written = mailbox.TryWrite(ControlKind.Cdp, new TunnelId(i), new NbmaPeer(IpAddress.FromIPv4((uint)i), 3), IpAddress.None, bytes, new Instant(i));
                    if (written) expected.Enqueue((i, bytes));
                    else Assert.NotEmpty(expected);      // an empty mailbox takes anything of this size
                }
                else if (expected.TryDequeue(out (int Number, byte[] Bytes) want))
                {
                    Assert.True(mailbox.TryPeek(out ControlMessage message));
                    Assert.Equal((want.Number, want.Number, 3), (message.Tunnel.Number, (int)message.At.Nanoseconds, message.Peer.Association));
                    Assert.Equal(want.Bytes, message.Bytes.ToArray());
                    mailbox.Release();
                }
                Assert.Equal(expected.Count == 0, mailbox.IsEmpty);
                Assert.Equal(expected.Count > 0, mailbox.TryPeek(out _));
            }
        }, iter: 500);

    [Fact]
    public void OneWriterOneReader_OnTwoThreads_NothingIsLostOrTorn()
    {
        const int Messages = 200_000;
        var mailbox = new ControlMailbox(8192);
        var writer = new Thread(() =>
        {
            Span<byte> bytes = stackalloc byte[200];
            for (int i = 0; i < Messages;)
            {
                bytes.Fill((byte)i);
                if (mailbox.TryWrite(ControlKind.Nhrp, new TunnelId(i), default, default, bytes[..(i % 200)], default)) i++;
                else Thread.Yield();
            }
        });
        writer.Start();
        for (int i = 0; i < Messages;)
        {
            if (!mailbox.TryPeek(out ControlMessage message))
            {
                Thread.Yield();
                continue;
            }
            Assert.Equal(i, message.Tunnel.Number);
            Assert.Equal(i % 200, message.Bytes.Length);
            Assert.False(message.Bytes.ContainsAnyExcept((byte)i));
            mailbox.Release();
            i++;
        }
        writer.Join();
    }

    [Fact]
    public void News_AfterAWrite_TakenOnce()
    {
        var mailbox = new ControlMailbox(4096);
        Assert.False(mailbox.TakeNews());
        mailbox.TryWrite(ControlKind.Nhrp, default, default, default, [1], default);
        mailbox.TryWrite(ControlKind.Nhrp, default, default, default, [2], default);
        Assert.True(mailbox.TakeNews());
        Assert.False(mailbox.TakeNews());
    }

    [Fact]
    public void TokenBucket_InDebt_PaysByWaiting()
    {
        var bucket = new TokenBucket(100, 10);
        Instant now = Instant.FromSeconds(5);
        Assert.True(bucket.TryTake(500, now));
        Assert.False(bucket.TryTake(now));
        Assert.False(bucket.TryTake(now + TimeSpan.FromSeconds(4.90)));
        Assert.True(bucket.TryTake(now + TimeSpan.FromSeconds(4.91)));
        Assert.False(bucket.TryTake(now + TimeSpan.FromSeconds(4.91)));
        now += TimeSpan.FromHours(1);
        for (int i = 0; i < 10; i++) Assert.True(bucket.TryTake(now));
        Assert.False(bucket.TryTake(now));
    }
}
