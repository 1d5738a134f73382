using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Logging;

/// <summary>
/// Algorithms in the words of Wireshark's tables <c>ikev2_decryption_table</c> and <c>esp_sa</c>, both ways. Wireshark refuses a whole table for one word that it does not know.
/// </summary>
public static class WiresharkNames
{
    private static readonly (string Name, EncryptionId Id, int KeyBits)[] IkeEncryptions =
    [
        ("AES-CBC-128 [RFC3602]", EncryptionId.AesCbc, 128),
        ("AES-CBC-192 [RFC3602]", EncryptionId.AesCbc, 192),
        ("AES-CBC-256 [RFC3602]", EncryptionId.AesCbc, 256),
        ("AES-GCM-128 with 16 octet ICV [RFC5282]", EncryptionId.AesGcm16, 128),
        ("AES-GCM-192 with 16 octet ICV [RFC5282]", EncryptionId.AesGcm16, 192),
        ("AES-GCM-256 with 16 octet ICV [RFC5282]", EncryptionId.AesGcm16, 256),
        (IkeChaCha, EncryptionId.ChaCha20Poly1305, 0),
    ];

    private static readonly (string Name, IntegrityId Id)[] IkeIntegrities =
    [
        ("NONE [RFC4306]", IntegrityId.None),
        ("HMAC_SHA1_96 [RFC2404]", IntegrityId.HmacSha1),
        ("HMAC_SHA2_256_128 [RFC4868]", IntegrityId.HmacSha256),
        ("HMAC_SHA2_384_192 [RFC4868]", IntegrityId.HmacSha384),
        ("HMAC_SHA2_512_256 [RFC4868]", IntegrityId.HmacSha512),
    ];

    private static readonly (string Name, EncryptionId Id)[] EspEncryptions =
    [
        ("AES-CBC [RFC3602]", EncryptionId.AesCbc),
        ("AES-GCM with 16 octet ICV [RFC4106]", EncryptionId.AesGcm16),
        ("ChaCha20 with Poly1305 [RFC7634]", EncryptionId.ChaCha20Poly1305),
        ("NULL", EncryptionId.Null),
        ("TripleDES-CBC [RFC2451]", EncryptionId.TripleDes),
        (EspGmac, EncryptionId.NullAesGmac),
    ];

    private static readonly (string Name, IntegrityId Id)[] EspIntegrities =
    [
        ("NULL", IntegrityId.None),
        ("HMAC-SHA-1-96 [RFC2404]", IntegrityId.HmacSha1),
        ("HMAC-SHA-256-128 [RFC4868]", IntegrityId.HmacSha256),
        ("HMAC-SHA-384-192 [RFC4868]", IntegrityId.HmacSha384),
        ("HMAC-SHA-512-256 [RFC4868]", IntegrityId.HmacSha512),
    ];

    // Wireshark has no word for these; ours are for our own reader.
    private const string IkeChaCha = "ChaCha20 with Poly1305 [RFC7634]";
    private const string EspGmac = "AES-GMAC [RFC4543]";

    /// <summary>False for what no Wireshark decrypts.</summary>
    public static bool Knows(IkeSuite suite) => suite.Encryption != EncryptionId.ChaCha20Poly1305;

    /// <summary>False for what no Wireshark decrypts, or only a new one.</summary>
    public static bool Knows(EspSuite suite) => suite.Encryption is EncryptionId.AesCbc or EncryptionId.AesGcm16 or EncryptionId.Null;

    /// <summary>The cipher of an IKE SA; empty for one without a word.</summary>
    public static string IkeEncryption(EncryptionId id, int keyBits) => Array.Find(IkeEncryptions, e => e.Id == id && e.KeyBits == keyBits).Name ?? "";

    /// <summary>The integrity of an IKE SA.</summary>
    public static string IkeIntegrity(IntegrityId id) => Array.Find(IkeIntegrities, i => i.Id == id).Name ?? "";

    /// <summary>The cipher of an ESP SA; its key's length says how many bits.</summary>
    public static string EspEncryption(EncryptionId id) => Array.Find(EspEncryptions, e => e.Id == id).Name ?? "";

    /// <summary>The integrity of an ESP SA.</summary>
    public static string EspIntegrity(IntegrityId id) => Array.Find(EspIntegrities, i => i.Id == id).Name ?? "";

    /// <summary>Reads the cipher of an IKE SA.</summary>
    public static bool TryIkeEncryption(string name, out EncryptionId id, out int keyBits)
    {
        (string Name, EncryptionId Id, int KeyBits) found = Array.Find(IkeEncryptions, e => e.Name == name);
        (id, keyBits) = (found.Id, found.KeyBits);
        return found.Name is not null;
    }

    /// <summary>Reads the integrity of an IKE SA.</summary>
    public static bool TryIkeIntegrity(string name, out IntegrityId id)
    {
        (string Name, IntegrityId Id) found = Array.Find(IkeIntegrities, i => i.Name == name);
        id = found.Id;
        return found.Name is not null;
    }

    /// <summary>Reads the cipher of an ESP SA; <c>AES-GCM [RFC4106]</c> is the older name of the one with 16 octets.</summary>
    public static bool TryEspEncryption(string name, out EncryptionId id)
    {
        (string Name, EncryptionId Id) found = Array.Find(EspEncryptions, e => e.Name == (name == "AES-GCM [RFC4106]" ? "AES-GCM with 16 octet ICV [RFC4106]" : name));
        id = found.Id;
        return found.Name is not null;
    }

    /// <summary>Reads the integrity of an ESP SA.</summary>
    public static bool TryEspIntegrity(string name, out IntegrityId id)
    {
        (string Name, IntegrityId Id) found = Array.Find(EspIntegrities, i => i.Name == name);
        id = found.Id;
        return found.Name is not null;
    }
}
