using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>IKEv2's pseudo-random functions and prf+ (RFC 7296 2.13, RFC 4868).</summary>
public static class Prf
{
    /// <summary>The longest output of a function that is supported.</summary>
    public const int MaximumLength = 64;

    /// <summary>Output (and preferred key) length in octets; 0 for a function that is not supported.</summary>
    public static int Length(PrfId prf) => prf switch { PrfId.HmacSha1 => 20, PrfId.HmacSha256 => 32, PrfId.HmacSha384 => 48, PrfId.HmacSha512 => 64, _ => 0 };

    /// <summary>prf(key, data) into the first <see cref="Length"/> octets of <paramref name="to"/>.</summary>
    public static void Compute(PrfId prf, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> to)
    {
        using var hmac = new HmacContext(prf, key);
        hmac.Append(data);
        hmac.Finish(to);
    }

    /// <summary>prf+(key, seed), as many octets as <paramref name="to"/> has: T1 = prf(K, S | 1), Tn = prf(K, Tn-1 | S | n).</summary>
    public static void Expand(PrfId prf, ReadOnlySpan<byte> key, ReadOnlySpan<byte> seed, Span<byte> to)
    {
        int length = Length(prf);
        ArgumentOutOfRangeException.ThrowIfZero(length, nameof(prf));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to.Length, 255 * length, nameof(to));
        Span<byte> block = stackalloc byte[MaximumLength];
        block = block[..length];
        using var hmac = new HmacContext(prf, key);
        for (byte n = 1; !to.IsEmpty; n++)
        {
            if (n > 1)
            {
                hmac.Restart();
                hmac.Append(block);
            }
            hmac.Append(seed);
            hmac.Append([n]);
            hmac.Finish(block);
            int taken = Math.Min(length, to.Length);
            block[..taken].CopyTo(to);
            to = to[taken..];
        }
        CryptographicOperations.ZeroMemory(block);
    }
}
