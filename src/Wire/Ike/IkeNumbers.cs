namespace Dmvpn.Wire.Ike;

/// <summary>Exchange types (IANA "IKEv2 Exchange Types"; RFC 7296 3.1, RFC 5723, RFC 9242).</summary>
public enum IkeExchangeType : byte
{
    /// <summary>IKE_SA_INIT, the first exchange.</summary>
    SaInit = 34,

    /// <summary>IKE_AUTH.</summary>
    Auth = 35,

    /// <summary>CREATE_CHILD_SA: new and rekeyed child SAs, rekeyed IKE SAs.</summary>
    CreateChildSa = 36,

    /// <summary>INFORMATIONAL: deletes, notifications, liveness.</summary>
    Informational = 37,

    /// <summary>IKE_SESSION_RESUME (RFC 5723).</summary>
    SessionResume = 38,

    /// <summary>IKE_INTERMEDIATE (RFC 9242).</summary>
    Intermediate = 43,
}

/// <summary>The flags octet of the header (RFC 7296 3.1).</summary>
[Flags]
public enum IkeFlags : byte
{
    /// <summary>Request of the original responder.</summary>
    None = 0,

    /// <summary>I: the sender is the original initiator of the IKE SA.</summary>
    Initiator = 0x08,

    /// <summary>V: the sender speaks a higher major version.</summary>
    HigherVersion = 0x10,

    /// <summary>R: this is a response.</summary>
    Response = 0x20,
}

/// <summary>Payload types (IANA "IKEv2 Payload Types"; RFC 7296 3.2, RFC 7383 2.5).</summary>
public enum IkePayloadType : byte
{
    /// <summary>No next payload.</summary>
    None = 0,

    /// <summary>SA.</summary>
    SecurityAssociation = 33,

    /// <summary>KE.</summary>
    KeyExchange = 34,

    /// <summary>IDi.</summary>
    IdInitiator = 35,

    /// <summary>IDr.</summary>
    IdResponder = 36,

    /// <summary>CERT.</summary>
    Certificate = 37,

    /// <summary>CERTREQ.</summary>
    CertificateRequest = 38,

    /// <summary>AUTH.</summary>
    Authentication = 39,

    /// <summary>Ni, Nr.</summary>
    Nonce = 40,

    /// <summary>N.</summary>
    Notify = 41,

    /// <summary>D.</summary>
    Delete = 42,

    /// <summary>V.</summary>
    VendorId = 43,

    /// <summary>TSi.</summary>
    TrafficSelectorInitiator = 44,

    /// <summary>TSr.</summary>
    TrafficSelectorResponder = 45,

    /// <summary>SK: encrypted and authenticated; always the last.</summary>
    Encrypted = 46,

    /// <summary>CP.</summary>
    Configuration = 47,

    /// <summary>EAP.</summary>
    Eap = 48,

    /// <summary>SKF: one fragment of an encrypted message (RFC 7383).</summary>
    EncryptedFragment = 53,
}

/// <summary>Protocol ids in proposals, notifies and deletes (RFC 7296 3.3.1).</summary>
public enum IkeProtocolId : byte
{
    /// <summary>None: a notify that is about no SA.</summary>
    None = 0,

    /// <summary>The IKE SA itself.</summary>
    Ike = 1,

    /// <summary>AH.</summary>
    Ah = 2,

    /// <summary>ESP.</summary>
    Esp = 3,
}

/// <summary>Transform types (RFC 7296 3.3.2).</summary>
public enum IkeTransformType : byte
{
    /// <summary>ENCR.</summary>
    Encryption = 1,

    /// <summary>PRF.</summary>
    Prf = 2,

    /// <summary>INTEG.</summary>
    Integrity = 3,

    /// <summary>D-H, today "Key Exchange Method".</summary>
    KeyExchange = 4,

    /// <summary>ESN.</summary>
    ExtendedSequenceNumbers = 5,
}

/// <summary>Encryption transforms (IANA "Transform Type 1").</summary>
public enum EncryptionId : ushort
{
    /// <summary>No encryption transform.</summary>
    None = 0,

    /// <summary>3DES: parsed, never offered nor taken.</summary>
    TripleDes = 3,

    /// <summary>ENCR_NULL (RFC 2410); ESP only.</summary>
    Null = 11,

    /// <summary>AES-CBC (RFC 3602), 128, 192 or 256 bits.</summary>
    AesCbc = 12,

    /// <summary>AES-CTR: parsed, never offered nor taken.</summary>
    AesCtr = 13,

    /// <summary>AES-GCM with a 16-octet ICV (RFC 4106, RFC 5282), 128, 192 or 256 bits.</summary>
    AesGcm16 = 20,

    /// <summary>AES-GMAC, authentication alone (RFC 4543); ESP only.</summary>
    NullAesGmac = 21,

    /// <summary>ChaCha20-Poly1305 (RFC 7634), 256 bits, no key length attribute.</summary>
    ChaCha20Poly1305 = 28,
}

/// <summary>Pseudo-random functions (IANA "Transform Type 2").</summary>
public enum PrfId : ushort
{
    /// <summary>No PRF transform.</summary>
    None = 0,

    /// <summary>PRF_HMAC_SHA1.</summary>
    HmacSha1 = 2,

    /// <summary>PRF_HMAC_SHA2_256.</summary>
    HmacSha256 = 5,

    /// <summary>PRF_HMAC_SHA2_384.</summary>
    HmacSha384 = 6,

    /// <summary>PRF_HMAC_SHA2_512.</summary>
    HmacSha512 = 7,
}

/// <summary>Integrity transforms (IANA "Transform Type 3").</summary>
public enum IntegrityId : ushort
{
    /// <summary>NONE: with a combined-mode cipher.</summary>
    None = 0,

    /// <summary>AUTH_HMAC_MD5_96: parsed, never offered nor taken.</summary>
    HmacMd5 = 1,

    /// <summary>AUTH_HMAC_SHA1_96.</summary>
    HmacSha1 = 2,

    /// <summary>AUTH_HMAC_SHA2_256_128.</summary>
    HmacSha256 = 12,

    /// <summary>AUTH_HMAC_SHA2_384_192.</summary>
    HmacSha384 = 13,

    /// <summary>AUTH_HMAC_SHA2_512_256.</summary>
    HmacSha512 = 14,
}

/// <summary>Diffie-Hellman groups (IANA "Transform Type 4").</summary>
public enum DhGroup : ushort
{
    /// <summary>NONE: no key exchange.</summary>
    None = 0,

    /// <summary>1024-bit MODP: parsed, never offered nor taken.</summary>
    Modp1024 = 2,

    /// <summary>1536-bit MODP: parsed, never offered nor taken.</summary>
    Modp1536 = 5,

    /// <summary>2048-bit MODP (RFC 3526).</summary>
    Modp2048 = 14,

    /// <summary>3072-bit MODP.</summary>
    Modp3072 = 15,

    /// <summary>4096-bit MODP.</summary>
    Modp4096 = 16,

    /// <summary>256-bit random ECP (RFC 5903).</summary>
    Ecp256 = 19,

    /// <summary>384-bit random ECP.</summary>
    Ecp384 = 20,

    /// <summary>521-bit random ECP.</summary>
    Ecp521 = 21,

    /// <summary>Curve25519 (RFC 8031).</summary>
    Curve25519 = 31,
}

/// <summary>Identification types (RFC 7296 3.5).</summary>
public enum IkeIdType : byte
{
    /// <summary>Four octets.</summary>
    IPv4 = 1,

    /// <summary>A domain name.</summary>
    Fqdn = 2,

    /// <summary>An RFC 822 e-mail address.</summary>
    Email = 3,

    /// <summary>Sixteen octets.</summary>
    IPv6 = 5,

    /// <summary>The DER of a distinguished name.</summary>
    Dn = 9,

    /// <summary>The DER of a general name.</summary>
    GeneralName = 10,

    /// <summary>Octets with a meaning known to both.</summary>
    KeyId = 11,

    /// <summary>ID_NULL (RFC 7619).</summary>
    Null = 13,
}

/// <summary>Authentication methods (RFC 7296 3.8, RFC 4754, RFC 7427, RFC 7619).</summary>
public enum IkeAuthMethod : byte
{
    /// <summary>RSA PKCS#1 1.5 with SHA-1.</summary>
    RsaSignature = 1,

    /// <summary>Shared key message integrity code.</summary>
    SharedKey = 2,

    /// <summary>ECDSA P-256 with SHA-256.</summary>
    EcdsaSha256 = 9,

    /// <summary>ECDSA P-384 with SHA-384.</summary>
    EcdsaSha384 = 10,

    /// <summary>ECDSA P-521 with SHA-512.</summary>
    EcdsaSha512 = 11,

    /// <summary>NULL authentication.</summary>
    Null = 13,

    /// <summary>Digital Signature (RFC 7427): says its algorithm itself.</summary>
    DigitalSignature = 14,
}

/// <summary>Hash algorithms in SIGNATURE_HASH_ALGORITHMS (RFC 7427 7, RFC 8420).</summary>
public enum SignatureHash : ushort
{
    /// <summary>SHA-1.</summary>
    Sha1 = 1,

    /// <summary>SHA2-256.</summary>
    Sha256 = 2,

    /// <summary>SHA2-384.</summary>
    Sha384 = 3,

    /// <summary>SHA2-512.</summary>
    Sha512 = 4,

    /// <summary>"Identity": the signature scheme hashes by itself (EdDSA).</summary>
    Identity = 5,
}

/// <summary>Certificate encodings (RFC 7296 3.6).</summary>
public enum IkeCertificateEncoding : byte
{
    /// <summary>X.509 certificate for signatures.</summary>
    X509Signature = 4,

    /// <summary>CRL.</summary>
    Crl = 7,

    /// <summary>Hash and URL of an X.509 certificate.</summary>
    HashAndUrl = 12,
}

/// <summary>Traffic selector types (RFC 7296 3.13.1).</summary>
public enum TrafficSelectorType : byte
{
    /// <summary>A range of IPv4 addresses.</summary>
    IPv4Range = 7,

    /// <summary>A range of IPv6 addresses.</summary>
    IPv6Range = 8,
}
