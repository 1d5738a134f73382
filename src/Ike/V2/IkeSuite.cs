using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What an IKE SA is protected with: what its proposal chose.</summary>
/// <param name="Encryption">AES-CBC, AES-GCM or ChaCha20-Poly1305.</param>
/// <param name="KeyBits">128, 192 or 256 for AES; 0 otherwise.</param>
/// <param name="Integrity">None with a combined-mode cipher.</param>
/// <param name="Prf">The pseudo-random function.</param>
/// <param name="Group">The Diffie-Hellman group; of a resumed SA the one of the first.</param>
public readonly record struct IkeSuite(EncryptionId Encryption, int KeyBits, IntegrityId Integrity, PrfId Prf, DhGroup Group)
{
    /// <summary>True when all of it can be done here, and cipher and integrity fit together.</summary>
    public bool IsSupported =>
        IkeCipher.EncryptionKeyLength(Encryption, KeyBits) > 0 && Dmvpn.Crypto.Prf.Length(Prf) > 0 && KeyExchange.IsSupported(Group)
        && IsCombined(Encryption) == (IkeCipher.IntegrityKeyLength(Integrity) == 0);

    /// <summary>True for a cipher that authenticates too, and so has no integrity transform (RFC 5282 8).</summary>
    public static bool IsCombined(EncryptionId encryption) => encryption is EncryptionId.AesGcm16 or EncryptionId.ChaCha20Poly1305 or EncryptionId.NullAesGmac;
}
