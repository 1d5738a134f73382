using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>The library that all cryptography comes from, and its algorithms, each fetched once.</summary>
public static unsafe class CryptoLibrary
{
    private static nint _gcm128, _gcm192, _gcm256, _cbc128, _cbc192, _cbc256, _chaCha, _hmac;

    /// <summary>Its version, as <c>OpenSSL 3.0.17 1 Jul 2025</c>.</summary>
    public static string Version => Marshal.PtrToStringUTF8((nint)LibCrypto.Version(0)) ?? "";

    internal static nint Hmac => Fetched(ref _hmac, static () => LibCrypto.MacFetch(0, "HMAC", null), "HMAC");

    internal static nint Cipher(EncryptionId encryption, int keyBits) => (encryption, keyBits) switch
    {
        (EncryptionId.AesGcm16 or EncryptionId.NullAesGmac, 128) => Fetched(ref _gcm128, static () => LibCrypto.CipherFetch(0, "AES-128-GCM", null), "AES-128-GCM"),
        (EncryptionId.AesGcm16 or EncryptionId.NullAesGmac, 192) => Fetched(ref _gcm192, static () => LibCrypto.CipherFetch(0, "AES-192-GCM", null), "AES-192-GCM"),
        (EncryptionId.AesGcm16 or EncryptionId.NullAesGmac, 256) => Fetched(ref _gcm256, static () => LibCrypto.CipherFetch(0, "AES-256-GCM", null), "AES-256-GCM"),
        (EncryptionId.AesCbc, 128) => Fetched(ref _cbc128, static () => LibCrypto.CipherFetch(0, "AES-128-CBC", null), "AES-128-CBC"),
        (EncryptionId.AesCbc, 192) => Fetched(ref _cbc192, static () => LibCrypto.CipherFetch(0, "AES-192-CBC", null), "AES-192-CBC"),
        (EncryptionId.AesCbc, 256) => Fetched(ref _cbc256, static () => LibCrypto.CipherFetch(0, "AES-256-CBC", null), "AES-256-CBC"),
        (EncryptionId.ChaCha20Poly1305, _) => Fetched(ref _chaCha, static () => LibCrypto.CipherFetch(0, "ChaCha20-Poly1305", null), "ChaCha20-Poly1305"),
        _ => throw new ArgumentOutOfRangeException(nameof(encryption), $"{encryption} with {keyBits} bits is no cipher of this library"),
    };

    internal static void Check(int result, string what)
    {
        if (result > 0) return;
        LibCrypto.ClearErrors();
        throw new CryptographicException($"libcrypto refused to {what}");
    }

    // Two threads may fetch at once: the loser's is one reference more to the same algorithm, for the life of the process.
    private static nint Fetched(ref nint field, Func<nint> fetch, string name)
    {
        nint algorithm = Volatile.Read(ref field);
        if (algorithm != 0) return algorithm;
        algorithm = fetch();
        if (algorithm == 0) throw new CryptographicException($"{Version} has no {name}");
        Volatile.Write(ref field, algorithm);
        return algorithm;
    }
}
