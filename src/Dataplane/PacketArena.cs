using System.Runtime.InteropServices;

namespace Dmvpn.Dataplane;

/// <summary>
/// Buffers for packets that are made here, each as long as its packet and with the same headroom and tailroom as in a <see cref="PacketBatch"/>, one behind the other: what is written is read
/// again by the cipher and the socket before it leaves the cache. Owned by one worker. Nothing is allocated per packet.
/// </summary>
internal sealed unsafe class PacketArena : IDisposable
{
    private readonly PacketSlot[] _slots;
    private readonly int _size;
    private byte* _memory;
    private int _count;
    private int _used;

    /// <summary>An arena for <paramref name="packets"/> packets in <paramref name="bytes"/> bytes, at least one of the largest size.</summary>
    public PacketArena(int packets, int bytes)
    {
        _slots = new PacketSlot[packets];
        _size = Math.Max(bytes, SizeFor(PacketBatch.MaximumPacket));
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)_size, 64);
    }

    /// <summary>True when a packet of <paramref name="length"/> bytes fits in; an empty arena takes any.</summary>
    public bool Fits(int length) => _count < _slots.Length && _used + SizeFor(length) <= _size;

    /// <summary>An empty buffer for a packet of up to <paramref name="length"/> bytes, which <see cref="Fits"/>. Good until <see cref="Clear"/>.</summary>
    public ref PacketSlot Take(int length)
    {
        int size = SizeFor(length);
        ref PacketSlot slot = ref _slots[_count++];
        slot = new PacketSlot(_memory + _used, size - PacketBatch.Headroom);
        _used += size;
        return ref slot;
    }

    /// <summary>All buffers are free again.</summary>
    public void Clear() => _count = _used = 0;

    /// <summary>Frees the memory. No slot may be touched after that.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        Clear();
    }

    private static int SizeFor(int length) => (PacketBatch.Headroom + length + PacketBatch.Tailroom + 63) & ~63;
}
