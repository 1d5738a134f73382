using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dmvpn.Wire.Ip;

// The vectors. Each 64-bit lane adds 32-bit halves, so that no carry is lost before 2^32 of them. The native binary is compiled for every x86-64 and has no AVX2, not even at run time
// (measured: the compiler leaves that branch out): it takes the narrow ones, which every processor has. The wide ones are for the just-in-time compiler.
public static partial class InternetChecksum
{
    private const int Block = 64;

    /// <summary>
    /// Sums the whole blocks from <paramref name="source"/> on and, unless <paramref name="target"/> is a null reference, copies them. Returns how many bytes these were.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Blocks(ref byte source, ref byte target, nuint length, ref ulong sum)
    {
        if (length < Block) return 0;
        if (Avx2.IsSupported) return Blocks256(ref source, ref target, length, ref sum);
        return Vector128.IsHardwareAccelerated ? Blocks128(ref source, ref target, length, ref sum) : 0;
    }

    private static nuint Blocks256(ref byte source, ref byte target, nuint length, ref ulong sum)
    {
        bool copy = !Unsafe.IsNullRef(ref target);
        nuint at = 0;
        Vector256<ulong> low = default, high = default, mask = Vector256.Create(0xFFFF_FFFFUL);
        for (; length - at >= Block; at += Block)
        {
            Vector256<ulong> a = Unsafe.ReadUnaligned<Vector256<ulong>>(ref Unsafe.Add(ref source, at));
            Vector256<ulong> b = Unsafe.ReadUnaligned<Vector256<ulong>>(ref Unsafe.Add(ref source, at + 32));
            if (copy)
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), a);
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at + 32), b);
            }
            low = Avx2.Add(low, Avx2.Add(Avx2.And(a, mask), Avx2.And(b, mask)));
            high = Avx2.Add(high, Avx2.Add(Avx2.ShiftRightLogical(a, 32), Avx2.ShiftRightLogical(b, 32)));
        }
        low = Avx2.Add(low, high);
        sum += low.GetElement(0) + low.GetElement(1) + low.GetElement(2) + low.GetElement(3);
        return at;
    }

    private static nuint Blocks128(ref byte source, ref byte target, nuint length, ref ulong sum)
    {
        bool copy = !Unsafe.IsNullRef(ref target);
        nuint at = 0;
        Vector128<ulong> low = default, high = default, mask = Vector128.Create(0xFFFF_FFFFUL);
        for (; length - at >= Block; at += Block)
        {
            for (nuint i = 0; i < Block; i += 32)
            {
                Vector128<ulong> a = Vector128.LoadUnsafe(ref source, at + i).AsUInt64();
                Vector128<ulong> b = Vector128.LoadUnsafe(ref source, at + i + 16).AsUInt64();
                if (copy)
                {
                    a.AsByte().StoreUnsafe(ref target, at + i);
                    b.AsByte().StoreUnsafe(ref target, at + i + 16);
                }
                low += (a & mask) + (b & mask);
                high += (a >>> 32) + (b >>> 32);
            }
        }
        sum += Vector128.Sum(low + high);
        return at;
    }

    /// <summary>One of the ways by its number, for tests: 0 as the processor is, 1 narrow vectors, 2 none.</summary>
    internal static ulong SumBy(int way, ReadOnlySpan<byte> from, Span<byte> to)
    {
        ref byte source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        ulong sum = 0;
        nuint length = (nuint)from.Length;
        nuint done = way switch
        {
            0 => Blocks(ref source, ref target, length, ref sum),
            1 => Blocks128(ref source, ref target, length, ref sum),
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
