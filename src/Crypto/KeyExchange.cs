using System.Diagnostics.CodeAnalysis;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// One end's part of a Diffie-Hellman exchange. Making one and deriving are slow (25 µs to 1 ms each): on a pool thread. Safe to hand from thread to thread, not for two at once.
/// </summary>
public abstract class KeyExchange : IDisposable
{
    /// <summary>True for the groups of <see cref="DhGroup"/> that can be made: 14, 15, 16, 19, 20, 21, 31.</summary>
    public static bool IsSupported(DhGroup group) => PublicLength(group) != 0;

    /// <summary>Octets of a public value in a KE payload; 0 for a group that is not supported.</summary>
    public static int PublicLength(DhGroup group) => group switch
    {
        DhGroup.Modp2048 => 256,
        DhGroup.Modp3072 => 384,
        DhGroup.Modp4096 => 512,
        DhGroup.Ecp256 => 64,
        DhGroup.Ecp384 => 96,
        DhGroup.Ecp521 => 132,
        DhGroup.Curve25519 => 32,
        _ => 0,
    };

    /// <summary>Octets of the shared secret: of the NIST curves x alone (RFC 5903 7); 0 for a group that is not supported.</summary>
    public static int SecretLength(DhGroup group) => EvpGroup.IsCurveOfPoints(group) ? PublicLength(group) / 2 : PublicLength(group);

    /// <summary>A fresh private key of a supported group.</summary>
    public static KeyExchange Generate(DhGroup group) =>
        IsSupported(group) ? new EvpKeyExchange(group) : throw new ArgumentOutOfRangeException(nameof(group), $"{group} is no group of this library");

    /// <summary>The group.</summary>
    public abstract DhGroup Group { get; }

    /// <summary>The public value, as it goes into a KE payload (RFC 5903 7: x and y without a format octet).</summary>
    public abstract ReadOnlySpan<byte> PublicValue { get; }

    /// <summary>
    /// The shared secret g^ir. False for a public value that is none: wrong length, not in the group, not on the curve, or giving an all-zero secret (RFC 6989, RFC 8031 5).
    /// </summary>
    public abstract bool TryDerive(ReadOnlySpan<byte> peerPublicValue, [NotNullWhen(true)] out SecretBytes? shared);

    /// <summary>Zeroes the private key.</summary>
    public abstract void Dispose();
}
