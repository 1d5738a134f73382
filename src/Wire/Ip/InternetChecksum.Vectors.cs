using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dmvpn.Wire.Ip;

// The vectors. One instruction (PMADDWD) multiplies signed words by one and adds them in pairs to 32-bit lanes: words are made signed by turning their highest bit, that is, less by 2^15, which is put
// right at the end. Elsewhere each 64-bit lane adds 32-bit halves, so that no carry is lost before 2^32 of them. Vectors of 256 bits are not used: the
// native binary is compiled for every x86-64 and has no AVX2, not even at run time (measured: the compiler leaves such a branch out).
public static partial class InternetChecksum
{
    private const int Block = 64;
    private const ushort Bias = 0x8000;

    // A lane gains at most 2^17 in magnitude for each block.
    private const nuint MaximumBlocks = 8192;

    /// <summary>
    /// Sums the whole blocks from <paramref name="source"/> on and, unless <paramref name="target"/> is a null reference, copies them. Returns how many bytes these were.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Blocks(ref byte source, ref byte target, nuint length, ref ulong sum)
    {
        if (length < Block) return 0;
        if (Sse2.IsSupported) return Blocks128(ref source, ref target, length, ref sum);
        return Vector128.IsHardwareAccelerated ? BlocksPortable(ref source, ref target, length, ref sum) : 0;
    }

    private static nuint Blocks128(ref byte source, ref byte target, nuint length, ref ulong sum)
    {
        bool copy = !Unsafe.IsNullRef(ref target);
        nuint at = 0;
        while (length - at >= Block)
        {
            Vector128<int> low = default, high = default;
            Vector128<ushort> bias = Vector128.Create(Bias);
            Vector128<short> one = Vector128.Create((short)1);
            nuint start = at, end = at + Math.Min((length - at) / Block, MaximumBlocks) * Block;
            for (; at < end; at += Block)
            {
                Vector128<ushort> a = Unsafe.ReadUnaligned<Vector128<ushort>>(ref Unsafe.Add(ref source, at));
                Vector128<ushort> b = Unsafe.ReadUnaligned<Vector128<ushort>>(ref Unsafe.Add(ref source, at + 16));
                Vector128<ushort> c = Unsafe.ReadUnaligned<Vector128<ushort>>(ref Unsafe.Add(ref source, at + 32));
                Vector128<ushort> d = Unsafe.ReadUnaligned<Vector128<ushort>>(ref Unsafe.Add(ref source, at + 48));
                if (copy)
                {
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), a);
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at + 16), b);
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at + 32), c);
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at + 48), d);
                }
                low += Sse2.MultiplyAddAdjacent((a ^ bias).AsInt16(), one);
                high += Sse2.MultiplyAddAdjacent((b ^ bias).AsInt16(), one);
                low += Sse2.MultiplyAddAdjacent((c ^ bias).AsInt16(), one);
                high += Sse2.MultiplyAddAdjacent((d ^ bias).AsInt16(), one);
            }
            sum += Unbiased(SumOf(low) + SumOf(high), end - start);
        }
        return at;
    }

    // Of other processors.
    private static nuint BlocksPortable(ref byte source, ref byte target, nuint length, ref ulong sum)
    {
        bool copy = !Unsafe.IsNullRef(ref target);
        nuint at = 0;
        Vector128<ulong> low = default, high = default, mask = Vector128.Create(0xFFFF_FFFFUL);
        for (; length - at >= Block; at += Block)
        {
            for (nuint i = 0; i < Block; i += 16)
            {
                Vector128<ulong> a = Vector128.LoadUnsafe(ref source, at + i).AsUInt64();
                if (copy) a.AsByte().StoreUnsafe(ref target, at + i);
                low += a & mask;
                high += a >>> 32;
            }
        }
        sum += Vector128.Sum(low + high);
        return at;
    }

    private static long SumOf(Vector128<int> lanes) => (long)lanes.GetElement(0) + lanes.GetElement(1) + lanes.GetElement(2) + lanes.GetElement(3);

    // Each word was made smaller by the bias.
    private static ulong Unbiased(long sum, nuint bytes) => (ulong)(sum + (long)(bytes / 2 * Bias));

    /// <summary>One of the ways by its number, for tests: 0 as the processor is, 1 narrow vectors, 2 those of any processor, 3 none.</summary>
    internal static ulong SumBy(int way, ReadOnlySpan<byte> from, Span<byte> to)
    {
        ref byte source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        ulong sum = 0;
        nuint length = (nuint)from.Length;
        nuint done = way switch
        {
            0 => Blocks(ref source, ref target, length, ref sum),
            1 when Sse2.IsSupported => Blocks128(ref source, ref target, length, ref sum),
            2 => BlocksPortable(ref source, ref target, length, ref sum),
            _ => 0,
        };
        return Rest(ref source, ref target, done, length, sum);
    }

    /// <summary>What is behind the blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Rest(ref byte source, ref byte target, nuint at, nuint length, ulong sum)
    {
        bool copy = !Unsafe.IsNullRef(ref target);
        for (; length - at >= 8; at += 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, at));
            if (copy) Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), word);
            sum += (word & 0xFFFF_FFFF) + (word >> 32);
        }
        for (; length - at >= 2; at += 2)
        {
            ushort word = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref source, at));
            if (copy) Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), word);
            sum += word;
        }
        if (at >= length) return sum;
        byte last = Unsafe.Add(ref source, at);
        if (copy) Unsafe.Add(ref target, at) = last;
        return sum + (BitConverter.IsLittleEndian ? last : (ulong)last << 8);
    }
}
