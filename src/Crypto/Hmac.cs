using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>The HMACs of integrity transforms (RFC 4868, RFC 2404): the PRF's functions with the output truncated.</summary>
internal static class Hmac
{
    public const int MaximumLength = Prf.MaximumLength;

    /// <summary>Octets of the ICV in a packet or message; 0 for none.</summary>
    public static int IcvLength(IntegrityId integrity) => integrity switch
    {
        IntegrityId.HmacSha1 => 12,
        IntegrityId.HmacSha256 => 16,
        IntegrityId.HmacSha384 => 24,
        IntegrityId.HmacSha512 => 32,
        _ => 0,
    };

    /// <summary>The whole output, of which the packet has the first <see cref="IcvLength"/> octets.</summary>
    public static void Compute(IntegrityId integrity, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> to) => Prf.Compute(ToPrf(integrity), key, data, to);

    /// <summary>The function of a transform.</summary>
    public static PrfId ToPrf(IntegrityId integrity) => integrity switch
    {
        IntegrityId.HmacSha1 => PrfId.HmacSha1,
        IntegrityId.HmacSha256 => PrfId.HmacSha256,
        IntegrityId.HmacSha384 => PrfId.HmacSha384,
        IntegrityId.HmacSha512 => PrfId.HmacSha512,
        _ => throw new ArgumentOutOfRangeException(nameof(integrity), $"{integrity} is no HMAC of this library"),
    };
}
