using System.Runtime.CompilerServices;
using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;

namespace Dmvpn.Dataplane.Tests;

/// <summary>A TUN device in memory: what the kernel has for us, and what it got.</summary>
internal sealed unsafe class FakeTun : ITunDevice
{
    /// <summary>None, so that packets are seen one by one; a test of super-packets says otherwise.</summary>
    public TunOffloads Offloads { get; set; }

    public Queue<byte[]> Waiting { get; } = new();

    /// <summary>Of those that wait, the ones that are no ordinary packets.</summary>
    public Dictionary<byte[], VnetHeader> WaitingHeaders { get; } = [];

    public List<byte[]> Written { get; } = [];

    public List<VnetHeader> WrittenHeaders { get; } = [];

    public bool Refuses { get; set; }

    public int Read(PacketBatch batch)
    {
        int count = 0;
        while (count < batch.Capacity && Waiting.TryDequeue(out byte[]? packet))
        {
            Fill(ref batch[count], packet);
            batch[count++].Offload = WaitingHeaders.GetValueOrDefault(packet);
        }
        return batch.Count = count;
    }

    public bool Write(ReadOnlySpan<PacketPiece> pieces)
    {
        if (Refuses) return false;
        var bytes = new List<byte>();
        foreach (PacketPiece piece in pieces) bytes.AddRange(new ReadOnlySpan<byte>(piece.Data, (int)piece.Length));
        WrittenHeaders.Add(VnetHeader.Read(bytes.ToArray()));
        Written.Add([.. bytes[VnetHeader.Size..]]);
        return true;
    }

    public bool Write(ref PacketSlot packet)
    {
        if (Refuses) return false;
        WrittenHeaders.Add(default);
        Written.Add(packet.Data.ToArray());
        packet.Prepend(VnetHeader.Size);
        return true;
    }

    internal static void Fill(ref PacketSlot slot, ReadOnlySpan<byte> packet)
    {
        slot.Reset();
        packet.CopyTo(slot.Room);
        slot.Length = packet.Length;
    }
}

internal sealed record Datagram(IpAddress Peer, byte[] Bytes, byte TrafficClass = 0, byte HopLimit = 64, bool DontFragment = false, nint Address = 0, int Call = 0, ushort Port = 0);

/// <summary>A port in memory.</summary>
internal sealed unsafe class FakePort(IpAddress local) : IDatagramPort
{
    private readonly byte[] _messages = GC.AllocateArray<byte>(1 << 20, pinned: true);
    private int _calls;

    /// <summary>Gives views of packets that lie one right behind the other, as UDP_GRO does.</summary>
    public bool AsViews { get; set; }

    public Queue<Datagram> Waiting { get; } = new();

    public List<Datagram> Sent { get; } = [];

    public SendOutcome Outcome { get; set; }

    public int Unsent { get; set; }

    public IpAddress LocalAddress { get; } = local;

    public int Receive(PacketBatch batch)
    {
        int count = 0, at = 0;
        while (count < batch.Capacity && Waiting.TryDequeue(out Datagram? datagram))
        {
            ref PacketSlot slot = ref batch[count++];
            FakeTun.Fill(ref slot, AsViews ? [] : datagram.Bytes);
            if (AsViews)
            {
                datagram.Bytes.CopyTo(_messages, at);
                slot.View((byte*)Unsafe.AsPointer(ref _messages[at]), datagram.Bytes.Length);
                at += datagram.Bytes.Length;
            }
            (slot.Peer, slot.Port, slot.TrafficClass, slot.HopLimit) = (datagram.Peer, datagram.Port, datagram.TrafficClass, datagram.HopLimit);
        }
        return batch.Count = count;
    }

    public void Send(Span<OutgoingPacket> packets)
    {
        _calls++;
        foreach (ref OutgoingPacket packet in packets)
        {
            packet.Outcome = Outcome;
            if (Outcome != SendOutcome.Sent) continue;
            byte[] bytes = new ReadOnlySpan<byte>(packet.Data, packet.Length).ToArray();
            Sent.Add(new Datagram(packet.Destination, bytes, packet.TrafficClass, packet.HopLimit, packet.DontFragment, (nint)packet.Data, _calls, packet.Port));
        }
    }
}

/// <summary>A device and a port that always have the same packets and forget what they get: for measuring.</summary>
internal sealed class EndlessDevice(IpAddress local, IpAddress peer, byte[][] packets) : ITunDevice, IDatagramPort
{
    private int _next;

    public TunOffloads Offloads => TunOffloads.Tcp | TunOffloads.Udp;

    /// <summary>What the packets are when they are super-packets.</summary>
    public VnetHeader Header { get; set; }

    public long Taken { get; private set; }

    public IpAddress LocalAddress { get; } = local;

    public SendOutcome Outcome { get; set; }

    public bool Silent { get; set; }

    public int Read(PacketBatch batch)
    {
        int count = Silent ? 0 : batch.Capacity;
        for (int i = 0; i < count; i++)
        {
            FakeTun.Fill(ref batch[i], packets[_next]);
            (batch[i].Peer, batch[i].Offload) = (peer, Header);
            if (++_next == packets.Length) _next = 0;
        }
        return batch.Count = count;
    }

    public int Receive(PacketBatch batch) => Read(batch);

    public bool Write(ref PacketSlot packet)
    {
        Taken++;
        return true;
    }

    public bool Write(ReadOnlySpan<PacketPiece> pieces)
    {
        Taken++;
        return true;
    }

    public void Send(Span<OutgoingPacket> packets)
    {
        Taken += packets.Length;
        foreach (ref OutgoingPacket packet in packets) packet.Outcome = Outcome;
    }
}
