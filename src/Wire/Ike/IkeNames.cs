using System.Text;

namespace Dmvpn.Wire.Ike;

/// <summary>The names of IKEv2's numbers, in the RFCs' and IOS's words; a number that has none is shown as a number.</summary>
public static class IkeNames
{
    /// <summary>"IKE_SA_INIT".</summary>
    public static string NameOf(IkeExchangeType exchange) => exchange switch
    {
        IkeExchangeType.SaInit => "IKE_SA_INIT",
        IkeExchangeType.Auth => "IKE_AUTH",
        IkeExchangeType.CreateChildSa => "CREATE_CHILD_SA",
        IkeExchangeType.Informational => "INFORMATIONAL",
        IkeExchangeType.SessionResume => "IKE_SESSION_RESUME",
        IkeExchangeType.Intermediate => "IKE_INTERMEDIATE",
        _ => $"exchange {(byte)exchange}",
    };

    /// <summary>IOS's abbreviation of a payload's name: "SA", "ENCR" for an SK payload.</summary>
    public static string NameOf(IkePayloadType payload) => payload switch
    {
        IkePayloadType.None => "NONE",
        IkePayloadType.SecurityAssociation => "SA",
        IkePayloadType.KeyExchange => "KE",
        IkePayloadType.IdInitiator => "IDi",
        IkePayloadType.IdResponder => "IDr",
        IkePayloadType.Certificate => "CERT",
        IkePayloadType.CertificateRequest => "CERTREQ",
        IkePayloadType.Authentication => "AUTH",
        IkePayloadType.Nonce => "N",
        IkePayloadType.Notify => "NOTIFY",
        IkePayloadType.Delete => "DELETE",
        IkePayloadType.VendorId => "VID",
        IkePayloadType.TrafficSelectorInitiator => "TSi",
        IkePayloadType.TrafficSelectorResponder => "TSr",
        IkePayloadType.Encrypted => "ENCR",
        IkePayloadType.Configuration => "CFG",
        IkePayloadType.Eap => "EAP",
        IkePayloadType.EncryptedFragment => "SKF",
        _ => $"payload {(byte)payload}",
    };

    /// <summary>The registry's name of a notify: "NAT_DETECTION_SOURCE_IP".</summary>
    public static string NameOf(IkeNotifyType notify)
    {
        if (notify == IkeNotifyType.FragmentationSupported) return "IKEV2_FRAGMENTATION_SUPPORTED";
        string name = notify.ToString();
        if (!char.IsAsciiLetter(name[0])) return name;

        // The enum has the registry's names, written as C# writes names.
        var text = new StringBuilder(name.Length + 8);
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0) text.Append('_');
            text.Append(char.ToUpperInvariant(letter));
        }
        return text.ToString();
    }

    /// <summary>"IKE", "ESP".</summary>
    public static string NameOf(IkeProtocolId protocol) => protocol switch
    {
        IkeProtocolId.None => "Unknown - 0",
        IkeProtocolId.Ike => "IKE",
        IkeProtocolId.Ah => "AH",
        IkeProtocolId.Esp => "ESP",
        _ => $"Unknown - {(byte)protocol}",
    };

    /// <summary>"IPv4 address", "FQDN".</summary>
    public static string NameOf(IkeIdType type) => type switch
    {
        IkeIdType.IPv4 => "IPv4 address",
        IkeIdType.Fqdn => "FQDN",
        IkeIdType.Email => "email",
        IkeIdType.IPv6 => "IPv6 address",
        IkeIdType.Dn => "DER ASN1 DN",
        IkeIdType.GeneralName => "DER ASN1 GN",
        IkeIdType.KeyId => "key ID",
        IkeIdType.Null => "NULL",
        _ => $"type {(byte)type}",
    };

    /// <summary>"PSK", "RSA", "ECDSA-256".</summary>
    public static string NameOf(IkeAuthMethod method) => method switch
    {
        IkeAuthMethod.RsaSignature => "RSA",
        IkeAuthMethod.SharedKey => "PSK",
        IkeAuthMethod.EcdsaSha256 => "ECDSA-256",
        IkeAuthMethod.EcdsaSha384 => "ECDSA-384",
        IkeAuthMethod.EcdsaSha512 => "ECDSA-521",
        IkeAuthMethod.Null => "NULL",
        IkeAuthMethod.DigitalSignature => "Digital-Signature",
        _ => $"method {(byte)method}",
    };

    /// <summary>"X.509 Certificate - signature".</summary>
    public static string NameOf(IkeCertificateEncoding encoding) => encoding switch
    {
        IkeCertificateEncoding.X509Signature => "X.509 Certificate - signature",
        IkeCertificateEncoding.Crl => "Certificate Revocation List",
        IkeCertificateEncoding.HashAndUrl => "Hash and URL of PKIX",
        _ => $"encoding {(byte)encoding}",
    };

    /// <summary>What kind of transform: "ENCR".</summary>
    public static string NameOf(IkeTransformType type) => type switch
    {
        IkeTransformType.Encryption => "ENCR",
        IkeTransformType.Prf => "PRF",
        IkeTransformType.Integrity => "INTEG",
        IkeTransformType.KeyExchange => "D-H",
        IkeTransformType.ExtendedSequenceNumbers => "ESN",
        _ => $"type {(byte)type}",
    };

    /// <summary>A transform without its kind: "AES-GCM-256", "SHA256", "DH_GROUP_256_ECP/Group 19".</summary>
    public static string NameOf(IkeTransform transform) => transform.Type switch
    {
        IkeTransformType.Encryption => NameOf((EncryptionId)transform.Id, transform.KeyBits),
        IkeTransformType.Prf => NameOf((PrfId)transform.Id),
        IkeTransformType.Integrity => NameOf((IntegrityId)transform.Id),
        IkeTransformType.KeyExchange => NameOf((DhGroup)transform.Id),
        IkeTransformType.ExtendedSequenceNumbers => transform.Id switch { 0 => "Don't use ESN", 1 => "Use ESN", _ => $"number {transform.Id}" },
        _ => $"number {transform.Id}",
    };

    /// <summary>A cipher: "AES-CBC-256".</summary>
    public static string NameOf(EncryptionId encryption, int keyBits)
    {
        string name = encryption switch
        {
            EncryptionId.None => "None",
            EncryptionId.TripleDes => "3DES",
            EncryptionId.Null => "NULL",
            EncryptionId.AesCbc => "AES-CBC",
            EncryptionId.AesCtr => "AES-CTR",
            EncryptionId.AesGcm16 => "AES-GCM",
            EncryptionId.NullAesGmac => "AES-GMAC",
            EncryptionId.ChaCha20Poly1305 => "CHACHA20-POLY1305",
            _ => $"number {(ushort)encryption}",
        };
        return keyBits == 0 ? name : $"{name}-{keyBits}";
    }

    /// <summary>A PRF: "SHA256".</summary>
    public static string NameOf(PrfId prf) => prf switch
    {
        PrfId.None => "None",
        PrfId.HmacSha1 => "SHA1",
        PrfId.HmacSha256 => "SHA256",
        PrfId.HmacSha384 => "SHA384",
        PrfId.HmacSha512 => "SHA512",
        _ => $"number {(ushort)prf}",
    };

    /// <summary>An integrity algorithm: "SHA256"; that with SHA-1 is called by its 96 bits, as on IOS.</summary>
    public static string NameOf(IntegrityId integrity) => integrity switch
    {
        IntegrityId.None => "None",
        IntegrityId.HmacMd5 => "MD596",
        IntegrityId.HmacSha1 => "SHA96",
        IntegrityId.HmacSha256 => "SHA256",
        IntegrityId.HmacSha384 => "SHA384",
        IntegrityId.HmacSha512 => "SHA512",
        _ => $"number {(ushort)integrity}",
    };

    /// <summary>A group: "DH_GROUP_2048_MODP/Group 14".</summary>
    public static string NameOf(DhGroup group)
    {
        string name = group switch
        {
            DhGroup.None => "None",
            DhGroup.Modp1024 => "DH_GROUP_1024_MODP",
            DhGroup.Modp1536 => "DH_GROUP_1536_MODP",
            DhGroup.Modp2048 => "DH_GROUP_2048_MODP",
            DhGroup.Modp3072 => "DH_GROUP_3072_MODP",
            DhGroup.Modp4096 => "DH_GROUP_4096_MODP",
            DhGroup.Ecp256 => "DH_GROUP_256_ECP",
            DhGroup.Ecp384 => "DH_GROUP_384_ECP",
            DhGroup.Ecp521 => "DH_GROUP_521_ECP",
            DhGroup.Curve25519 => "DH_GROUP_CURVE25519",
            _ => "DH_GROUP",
        };
        return group == DhGroup.None ? name : $"{name}/Group {(ushort)group}";
    }

    /// <summary>A hash in SIGNATURE_HASH_ALGORITHMS.</summary>
    public static string NameOf(SignatureHash hash) => hash switch
    {
        SignatureHash.Sha1 => "SHA1",
        SignatureHash.Sha256 => "SHA256",
        SignatureHash.Sha384 => "SHA384",
        SignatureHash.Sha512 => "SHA512",
        SignatureHash.Identity => "Identity",
        _ => $"number {(ushort)hash}",
    };
}
