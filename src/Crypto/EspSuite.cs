using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>How an ESP SA protects its packets: what the child SA's proposal chose.</summary>
/// <param name="Encryption">AES-GCM, AES-CBC, ChaCha20-Poly1305, GMAC or NULL.</param>
/// <param name="KeyBits">128, 192 or 256 for AES and GMAC; 0 otherwise.</param>
/// <param name="Integrity">None with a combined-mode cipher.</param>
/// <param name="Esn">64-bit sequence numbers (RFC 4303 2.2.1).</param>
public readonly record struct EspSuite(EncryptionId Encryption, int KeyBits, IntegrityId Integrity, bool Esn);
