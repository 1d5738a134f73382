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
        switch (prf)
        {
            case PrfId.HmacSha1:
                // IKE's PRF does not rest on SHA-1's resistance to collisions; the peer's configuration asks for it by name.
                HMACSHA1.HashData(key, data, to);
                break;
            case PrfId.HmacSha256:
                HMACSHA256.HashData(key, data, to);
                break;
            case PrfId.HmacSha384:
                HMACSHA384.HashData(key, data, to);
                break;
            case PrfId.HmacSha512:
                HMACSHA512.HashData(key, data, to);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(prf));
        }
    }

    /// <summary>prf+(key, seed), as many octets as <paramref name="to"/> has: T1 = prf(K, S | 1), Tn = prf(K, Tn-1 | S | n).</summary>
    public static void Expand(PrfId prf, ReadOnlySpan<byte> key, ReadOnlySpan<byte> seed, Span<byte> to)
    {
        int length = Length(prf);
        ArgumentOutOfRangeException.ThrowIfZero(length, nameof(prf));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to.Length, 255 * length, nameof(to));
        // T(n-1) is key material: not in the collector's memory.
        using var memory = new SecretBytes(length + seed.Length + 1);
        Span<byte> input = memory.Span;
        Span<byte> block = stackalloc byte[MaximumLength];
        block = block[..length];
        seed.CopyTo(input[length..]);
        int start = length;
        for (byte n = 1; !to.IsEmpty; n++)
        {
            input[^1] = n;
            Compute(prf, key, input[start..], block);
            block.CopyTo(input);
            start = 0;
            int taken = Math.Min(length, to.Length);
            block[..taken].CopyTo(to);
            to = to[taken..];
        }
        CryptographicOperations.ZeroMemory(block);
    }
}
