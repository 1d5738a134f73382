using System.Numerics;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Vectors;

/// <summary>The MODP groups from RFC 3526's formula, 2^n - 2^(n-64) - 1 + 2^64 ([2^(n-130) pi] + c), so that libcrypto's are not judged by themselves.</summary>
internal static class ModpGroup
{
    /// <summary>The prime; the generator is 2.</summary>
    public static BigInteger Prime(DhGroup group)
    {
        (int bits, int addend) = group switch
        {
            DhGroup.Modp2048 => (2048, 124476),
            DhGroup.Modp3072 => (3072, 1690314),
            _ => (4096, 240904),
        };
        return BigInteger.Pow(2, bits) - BigInteger.Pow(2, bits - 64) - 1 + BigInteger.Pow(2, 64) * (Pi(bits - 130) + addend);
    }

    /// <summary>As a KE payload has it.</summary>
    public static byte[] Write(DhGroup group, BigInteger value)
    {
        byte[] digits = value.ToByteArray(isUnsigned: true, isBigEndian: true), octets = new byte[KeyExchange.PublicLength(group)];
        digits.CopyTo(octets, octets.Length - digits.Length);
        return octets;
    }

    /// <summary>A value of a KE payload.</summary>
    public static BigInteger Read(ReadOnlySpan<byte> octets) => new(octets, isUnsigned: true, isBigEndian: true);

    /// <summary>[2^bits pi] by Machin's formula, with 64 bits to spare.</summary>
    private static BigInteger Pi(int bits)
    {
        BigInteger one = BigInteger.One << (bits + 64);
        return 4 * (4 * ArcCotangent(5, one) - ArcCotangent(239, one)) >> 64;
    }

    private static BigInteger ArcCotangent(int x, BigInteger one)
    {
        BigInteger sum = 0, power = one / x;
        for (int n = 1; !power.IsZero; n += 2, power /= x * x) sum += n % 4 == 1 ? power / n : -(power / n);
        return sum;
    }
}
