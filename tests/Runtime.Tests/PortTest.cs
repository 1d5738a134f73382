using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Runtime.Tests;

/// <summary>Tests of ports: two namespaces joined by a veth pair, and what is opened in them.</summary>
public abstract unsafe class PortTest : IDisposable
{
    private readonly List<IDisposable> _open = [];

    protected PortTest() => (Left, Right) = Network.AddPair();

    /// <summary>Addresses of left and right.</summary>
    public static TheoryData<string, string> Pairs => new()
    {
        { "192.0.2.1", "192.0.2.2" },
        { "2001:db8::1", "2001:db8::2" },
    };

    private protected TestNetwork Network { get; } = TestNetwork.CreateOrSkip();

    private protected NetworkNamespace Left { get; }

    private protected NetworkNamespace Right { get; }

    public void Dispose()
    {
        foreach (IDisposable one in _open) one.Dispose();
        Network.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Closed with the test.</summary>
    private protected T Keep<T>(T opened)
        where T : IDisposable
    {
        _open.Add(opened);
        return opened;
    }

    private protected static string PathOf(NetworkNamespace space) => $"/proc/self/fd/{space.Descriptor}";

    /// <summary>A packet full of one byte.</summary>
    private protected OutgoingPacket Packet(string to, ushort port, int length, byte filler)
    {
        PacketBatch buffer = Keep(new PacketBatch(1));
        buffer[0].Length = length;
        buffer[0].Data.Fill(filler);
        return new OutgoingPacket { Data = buffer[0].Pointer, Length = length, Destination = IpAddress.Parse(to), Port = port, HopLimit = 64 };
    }

    /// <summary>All packets that come, copied, which must be so many.</summary>
    private protected PacketBatch ReceiveAll(SocketPort port, int expected, int atOnce = 64)
    {
        using var poller = new Poller();
        poller.Add(port.Descriptor, 1);
        PacketBatch all = Keep(new PacketBatch(expected + atOnce));
        using var some = new PacketBatch(atOnce);
        Instant end = MonotonicClock.Now + TimeSpan.FromSeconds(10);
        int count = 0;
        while (count < expected && MonotonicClock.Now < end)
        {
            // As the worker does: a full batch means that more may wait, and nobody tells.
            if (port.Receive(some) < atOnce) poller.Wait(count + some.Count < expected ? end : Instant.Zero);
            for (int i = 0; i < some.Count; i++)
            {
                ref PacketSlot slot = ref all[count++];
                some[i].Data.CopyTo(slot.Room);
                slot.Length = some[i].Length;
                slot.DescribeAs(some[i]);
            }
        }
        Assert.Equal(expected, count);
        all.Count = count;
        return all;
    }

    private protected static List<int> Lengths(PacketBatch batch)
    {
        var lengths = new List<int>();
        for (int i = 0; i < batch.Count; i++) lengths.Add(batch[i].Length);
        return lengths;
    }
}
