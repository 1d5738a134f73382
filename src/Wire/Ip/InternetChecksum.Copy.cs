using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        if (from.IsEmpty) return 0;
        ref byte source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        ulong sum = 0;
        nuint done = Blocks(ref source, ref target, (nuint)from.Length, ref sum);
        return Rest(ref source, ref target, done, (nuint)from.Length, sum);
    }
}
