using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dmvpn.Wire.Ip;

// Copy and sum in one pass: what is cut out of a super-packet is read once.
public static partial class InternetChecksum
{
    /// <summary>
    /// Copies <paramref name="from"/> to <paramref name="to"/>, which is at least as long and does not overlap, and returns its <see cref="Sum"/>.
    /// </summary>
    [SkipLocalsInit]
    public static ulong CopyAndSum(ReadOnlySpan<byte> from, Span<byte> to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to.Length, from.Length);
        ref byte source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        nuint at = 0, length = (nuint)from.Length;
        ulong sum = 0;
        if (Vector256.IsHardwareAccelerated && length >= 64)
        {
            Vector256<ulong> low = default, high = default, mask = Vector256.Create(0xFFFF_FFFFUL);
            for (; length - at >= 64; at += 64)
            {
                Vector256<byte> a = Vector256.LoadUnsafe(ref source, at), b = Vector256.LoadUnsafe(ref source, at + 32);
                a.StoreUnsafe(ref target, at);
                b.StoreUnsafe(ref target, at + 32);
                low += (a.AsUInt64() & mask) + (b.AsUInt64() & mask);
                high += (a.AsUInt64() >>> 32) + (b.AsUInt64() >>> 32);
            }
            sum = Vector256.Sum(low + high);
        }
        for (; length - at >= 8; at += 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, at));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), word);
            sum += (word & 0xFFFF_FFFF) + (word >> 32);
        }
        ReadOnlySpan<byte> rest = from[(int)at..];
        rest.CopyTo(to[(int)at..]);
        return sum + Sum(rest);
    }
}
