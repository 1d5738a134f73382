using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ip;

/// <summary>
/// The Internet checksum: one's complement of the one's complement sum of 16-bit words (RFC 1071). The sum does not
/// depend on the order of bytes within words (RFC 1071 2 B), so whole vectors are added in the machine's order and
/// only the folded result is turned. An unfolded sum is a <see cref="ulong"/> that may be added to.
/// </summary>
public static partial class InternetChecksum
{
    /// <summary>The checksum of <paramref name="bytes"/>, as the field's value; an odd last byte is padded with a zero.</summary>
    public static ushort Compute(ReadOnlySpan<byte> bytes) => Fold(Sum(bytes));

    /// <summary>True when <paramref name="bytes"/>, the checksum field among them, sum up to minus zero.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) => Fold(Sum(bytes)) == 0;

    /// <summary>
    /// The unfolded sum of <paramref name="bytes"/>, to be added to other sums. All parts but the last must have an even length.
    /// </summary>
    [SkipLocalsInit]
    public static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        ulong sum = 0;
        nuint done = Blocks(ref start, ref Unsafe.NullRef<byte>(), (nuint)bytes.Length, ref sum);
        return Rest(ref start, ref Unsafe.NullRef<byte>(), done, (nuint)bytes.Length, sum);
    }

    /// <summary>The sum of the pseudo-header in front of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1).</summary>
    public static ulong PseudoHeaderSum(IpAddress source, IpAddress destination, byte protocol, int length)
    {
        Span<byte> header = stackalloc byte[40];
        int at = source.Write(header);
        at += destination.Write(header[at..]);
        BinaryPrimitives.WriteInt32BigEndian(header[at..], length);
        BinaryPrimitives.WriteInt32BigEndian(header[(at + 4)..], protocol);
        return Sum(header[..(at + 8)]);
    }

    /// <summary>The checksum field's value for a sum.</summary>
    public static ushort Fold(ulong sum)
    {
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        ushort folded = (ushort)~sum;
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }

    /// <summary>
    /// The checksum after one 16-bit word changed, without the rest of the data: equation 3 of RFC 1624, which gives
    /// the right zero where RFC 1141's does not. For a word at an odd offset, swap the bytes of both values.
    /// </summary>
    public static ushort Update(ushort checksum, ushort oldWord, ushort newWord)
    {
        uint sum = (uint)(ushort)~checksum + (ushort)~oldWord + newWord;
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
