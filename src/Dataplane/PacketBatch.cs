using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;

namespace Dmvpn.Dataplane;

/// <summary>
/// A batch of packet buffers in one native allocation, owned by one worker and used again for every round. Each slot has
/// headroom in front, so that headers are prepended in place, and room for a 64 KB super-packet. Nothing is
/// allocated per packet. Not for use by two threads.
/// </summary>
public sealed unsafe class PacketBatch : IDisposable
{
    /// <summary>Bytes in front of a received packet: a vnet header, outer IP, UDP, ESP with IV, GRE with all fields, and alignment.</summary>
    public const int Headroom = 192;

    /// <summary>Bytes behind a packet of the largest size: ESP padding and tag.</summary>
    public const int Tailroom = 64;

    /// <summary>The largest packet: what a 16-bit length can say.</summary>
    public const int MaximumPacket = 65535;

    private const int SlotSize = (Headroom + MaximumPacket + Tailroom + 63) & ~63;

    private readonly PacketSlot[] _slots;
    private byte* _memory;

    /// <summary>A batch of <paramref name="capacity"/> slots; memory pages are touched only when used.</summary>
    public PacketBatch(int capacity)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)capacity * SlotSize, 64);
        _slots = new PacketSlot[capacity];
        for (int i = 0; i < capacity; i++) _slots[i] = new PacketSlot(_memory + (long)i * SlotSize, MaximumPacket + Tailroom);
    }

    /// <summary>How many slots there are.</summary>
    public int Capacity => _slots.Length;

    /// <summary>How many slots hold a packet, from the first on. Set by whoever filled the batch.</summary>
    public int Count { get; set; }

    /// <summary>A slot, by reference. Valid for the life of the batch.</summary>
    public ref PacketSlot this[int index] => ref _slots[index];

    /// <summary>Frees the memory. No slot may be touched after that.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        Count = 0;
    }
}

/// <summary>One buffer of a <see cref="PacketBatch"/> and what goes with the packet in it.</summary>
public unsafe struct PacketSlot
{
    private readonly byte* _own;
    private readonly int _room;
    private byte* _buffer;
    private int _viewed;

    /// <param name="buffer">Where the headroom starts.</param>
    /// <param name="room">Bytes behind the headroom.</param>
    internal PacketSlot(byte* buffer, int room)
    {
        _own = _buffer = buffer;
        _room = room;
        Offset = PacketBatch.Headroom;
    }

    /// <summary>Where the packet starts in the buffer; below <see cref="PacketBatch.Headroom"/> once headers were prepended.</summary>
    public int Offset;

    /// <summary>Length of the packet in bytes.</summary>
    public int Length;

    /// <summary>The other end on the underlay: source of a received packet, destination of one to send.</summary>
    public IpAddress Peer;

    /// <summary>The other end's UDP port; 0 without UDP.</summary>
    public ushort Port;

    /// <summary>The association of the SA that the packet was opened with; 0 without protection.</summary>
    public int Association;

    /// <summary>Outer ToS or traffic class, as received or to send.</summary>
    public byte TrafficClass;

    /// <summary>Outer TTL or hop limit, as received or to send.</summary>
    public byte HopLimit;

    /// <summary>Outer "don't fragment", to send (IPv4).</summary>
    public bool DontFragment;

    /// <summary>What the kernel left to us in a packet from a TUN device.</summary>
    public VnetHeader Offload;

    /// <summary>Who sent it.</summary>
    public readonly NbmaPeer From => new(Peer, Association);

    /// <summary>The packet's bytes.</summary>
    public readonly Span<byte> Data => new(_buffer + Offset, Length);

    /// <summary>Address of the packet's first byte, for system calls.</summary>
    public readonly byte* Pointer => _buffer + Offset;

    /// <summary>The whole room for a packet at the standard offset, for a read.</summary>
    public readonly Span<byte> Room => new(_buffer + PacketBatch.Headroom, _room);

    /// <summary>Bytes in front of the packet that are its own: headroom, or in a view what was cut off.</summary>
    public readonly int RoomBefore => _buffer == _own ? Offset : Offset - PacketBatch.Headroom;

    /// <summary>Bytes behind the packet that are its own: the rest of the room, or in a view what was cut off.</summary>
    public readonly int RoomBehind => PacketBatch.Headroom + (_buffer == _own ? _room : _viewed) - Offset - Length;

    /// <summary>Makes the slot empty again: standard offset, no length, no peer.</summary>
    public void Reset()
    {
        _buffer = _own;
        Offset = PacketBatch.Headroom;
        Length = 0;
        Peer = IpAddress.None;
        TrafficClass = HopLimit = 0;
        Port = 0;
        Association = 0;
        DontFragment = false;
        Offload = default;
    }

    /// <summary>
    /// Makes the slot, until <see cref="Reset"/>, a view of a packet that lies elsewhere. The bytes around it may be other packets: there is only as much headroom as
    /// is cut off by <see cref="TrimStart"/>, and no tailroom.
    /// </summary>
    public void View(byte* packet, int length)
    {
        _buffer = packet - PacketBatch.Headroom;
        Offset = PacketBatch.Headroom;
        Length = _viewed = length;
    }

    /// <summary>Takes over who sent another packet and how, and nothing else.</summary>
    public void DescribeAs(in PacketSlot other)
    {
        (Peer, Port, Association) = (other.Peer, other.Port, other.Association);
        (TrafficClass, HopLimit, DontFragment) = (other.TrafficClass, other.HopLimit, other.DontFragment);
    }

    /// <summary>Takes <paramref name="length"/> bytes of headroom into the packet and returns them, to be written.</summary>
    public Span<byte> Prepend(int length)
    {
        Offset -= length;
        Length += length;
        return new Span<byte>(_buffer + Offset, length);
    }

    /// <summary>Cuts <paramref name="length"/> bytes off the front.</summary>
    public void TrimStart(int length)
    {
        Offset += length;
        Length -= length;
    }
}
