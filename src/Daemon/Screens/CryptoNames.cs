using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Screens;

/// <summary>Algorithms and methods in the words of IOS's screens, which are not those of its configuration.</summary>
internal static class CryptoNames
{
    private const int ChaChaBits = 256;

    /// <summary>"esp-256-aes esp-sha256-hmac", "esp-gcm 256": as in <c>show crypto ipsec sa</c>.</summary>
    public static string Transform(EncryptionId encryption, int keyBits, IntegrityId integrity)
    {
        string cipher = encryption switch
        {
            EncryptionId.AesCbc => keyBits == 128 ? "esp-aes" : $"esp-{keyBits}-aes",
            EncryptionId.AesGcm16 => keyBits == 128 ? "esp-gcm" : $"esp-gcm {keyBits}",
            EncryptionId.NullAesGmac => keyBits == 128 ? "esp-gmac" : $"esp-gmac {keyBits}",
            EncryptionId.ChaCha20Poly1305 => "esp-chacha20-poly1305",
            _ => "esp-null",
        };
        return integrity switch
        {
            IntegrityId.HmacSha1 => cipher + " esp-sha-hmac",
            IntegrityId.HmacSha256 => cipher + " esp-sha256-hmac",
            IntegrityId.HmacSha384 => cipher + " esp-sha384-hmac",
            IntegrityId.HmacSha512 => cipher + " esp-sha512-hmac",
            _ => cipher,
        };
    }

    /// <summary>Bits of a cipher's key: that of ChaCha20 is not negotiated, and still has some.</summary>
    public static int KeySize(EncryptionId encryption, int keyBits) => encryption == EncryptionId.ChaCha20Poly1305 ? ChaChaBits : keyBits;

    /// <summary>"PSK"; null before authentication. What algorithm a signature of RFC 7427 has, it says itself, and not the method.</summary>
    public static string? Method(IkeAuthMethod method) => method switch
    {
        IkeAuthMethod.SharedKey => "PSK",
        IkeAuthMethod.RsaSignature => "RSA",
        IkeAuthMethod.EcdsaSha256 or IkeAuthMethod.EcdsaSha384 or IkeAuthMethod.EcdsaSha512 => "ECDSA",
        IkeAuthMethod.DigitalSignature => "SIG",
        IkeAuthMethod.Null => "NULL",
        _ => null,
    };

    /// <summary>As after <c>authentication local</c>.</summary>
    public static string Authentication(IkeAuthentication authentication) => authentication switch
    {
        IkeAuthentication.PreShared => "pre-share",
        IkeAuthentication.RsaSignature => "rsa-sig",
        IkeAuthentication.EcdsaSignature => "ecdsa-sig",
        _ => "certificate",
    };

    /// <summary>IOS's name of a stage: I the initiator, R the responder; PROC its own work, Wire the wait for the other end.</summary>
    public static string Phase(IkePhase phase) => phase switch
    {
        IkePhase.InitPreparation => "I INIT_PROC",
        IkePhase.InitRoundTrip => "I INIT Wire",
        IkePhase.AuthRoundTrip => "I AUTH Wire",
        IkePhase.InitiatorTotal => "I Main Exchange",
        IkePhase.InitProcessing => "R INIT PROC",
        IkePhase.AuthProcessing => "R AUTH PROC",
        IkePhase.ResponderTotal => "R Main Exchange",
        _ => "I CHILD Wire",
    };
}
