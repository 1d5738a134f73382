using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>IKEv2's pseudo-random functions and prf+ (RFC 7296 2.13, RFC 4868).</summary>
public static class Prf
{
    /// <summary>Output (and preferred key) length in octets; 0 for a function that is not supported.</summary>
    public static int Length(PrfId prf) => prf switch { PrfId.HmacSha1 => 20, PrfId.HmacSha256 => 32, PrfId.HmacSha384 => 48, PrfId.HmacSha512 => 64, _ => 0 };

    /// <summary>prf(key, data) into the first <see cref="Length"/> octets of <paramref name="to"/>.</summary>
    public static void Compute(PrfId prf, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> to) => throw new NotImplementedException();

    /// <summary>prf+(key, seed), as many octets as <paramref name="to"/> has.</summary>
    public static void Expand(PrfId prf, ReadOnlySpan<byte> key, ReadOnlySpan<byte> seed, Span<byte> to) => throw new NotImplementedException();
}
