namespace Dmvpn.Ipsec;

/// <summary>
/// The receiver's window of sequence numbers (RFC 4303 3.4.3), as a ring of 64-bit blocks that is never shifted (RFC 6479). With extended numbers it also
/// finds the upper half that is not in the packet (RFC 4303 A2). One thread at a time.
/// </summary>
public sealed class ReplayWindow
{
    private const int BlockBits = 6;
    private const int BlockSize = 1 << BlockBits;

    private readonly ulong[] _blocks;
    private readonly ulong _blockMask;
    private readonly ulong _size;
    private readonly bool _esn;

    /// <summary>A window of <paramref name="size"/> packets, 64 to 4096; 0 takes everything once the ICV is right.</summary>
    public ReplayWindow(int size, bool esn)
    {
        _size = (ulong)size;
        _esn = esn;
        // One block more than the window: the one that is being filled is not all behind it.
        int blocks = size == 0 ? 0 : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)((size + BlockSize - 1) / BlockSize + 1));
        _blocks = new ulong[blocks];
        _blockMask = (ulong)Math.Max(blocks - 1, 0);
    }

    /// <summary>The highest number that was accepted.</summary>
    public ulong Top { get; private set; }

    /// <summary>The whole number of a packet that bears these 32 bits (RFC 4303 A2.2): the one in or after the window.</summary>
    public ulong Infer(uint low)
    {
        if (!_esn) return low;
        uint topLow = (uint)Top, topHigh = (uint)(Top >> 32);
        ulong window = Math.Max(_size, BlockSize);
        uint bottomLow = unchecked(topLow - (uint)window + 1);
        bool spans = topLow < window - 1;
        // Case A: the window lies within one subspace. Case B: it began in the former one, unless there was none yet.
        uint high = !spans ? low >= bottomLow ? topHigh : topHigh + 1
            : low >= bottomLow && topHigh > 0 ? topHigh - 1 : topHigh;
        return (ulong)high << 32 | low;
    }

    /// <summary>Before the ICV is checked: may the number be new? False for 0, for one left of the window, and for one that was there.</summary>
    public bool MayBeNew(ulong sequence)
    {
        if (sequence == 0) return false;
        if (_size == 0 || sequence > Top) return true;
        if (Top - sequence >= _size) return false;
        return (_blocks[sequence >> BlockBits & _blockMask] & 1ul << (int)(sequence & (BlockSize - 1))) == 0;
    }

    /// <summary>After the ICV was right: takes the number in. False when it had been there after all.</summary>
    public bool TryAccept(ulong sequence)
    {
        if (!MayBeNew(sequence)) return false;
        if (_size == 0)
        {
            Top = Math.Max(Top, sequence);
            return true;
        }
        ulong block = sequence >> BlockBits;
        if (sequence > Top)
        {
            ulong topBlock = Top >> BlockBits;
            ulong fresh = Math.Min(block - topBlock, (ulong)_blocks.Length);
            for (ulong i = 1; i <= fresh; i++) _blocks[topBlock + i & _blockMask] = 0;
            Top = sequence;
        }
        _blocks[block & _blockMask] |= 1ul << (int)(sequence & (BlockSize - 1));
        return true;
    }
}
