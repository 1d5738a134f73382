using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>What a key pair is.</summary>
public enum KeyKind
{
    /// <summary>RSA, 2048 bits and more.</summary>
    Rsa,

    /// <summary>ECDSA on P-256.</summary>
    EcdsaP256,

    /// <summary>ECDSA on P-384.</summary>
    EcdsaP384,

    /// <summary>ECDSA on P-521.</summary>
    EcdsaP521,

    /// <summary>Ed25519.</summary>
    Ed25519,
}

/// <summary>
/// The private key of a certificate. Signs AUTH payloads by RFC 7427 where the peer knows it, otherwise by the older methods (RSA with SHA-1, ECDSA of RFC 4754). Slow: on a
/// pool thread; safe for several threads at once.
/// </summary>
public abstract class SigningKey : IDisposable
{
    /// <summary>What it is.</summary>
    public abstract KeyKind Kind { get; }

    /// <summary>
    /// The AUTH payload's method and data for <paramref name="octets"/>. <paramref name="peerHashes"/>: the peer's SIGNATURE_HASH_ALGORITHMS, empty without RFC 7427. False when the
    /// peer knows nothing that this key can do.
    /// </summary>
    public abstract bool TrySign(ReadOnlySpan<byte> octets, ReadOnlySpan<SignatureHash> peerHashes, out IkeAuthMethod method, out byte[] authentication);

    /// <summary>Zeroes the key.</summary>
    public abstract void Dispose();
}
