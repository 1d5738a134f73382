using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>
/// A signature algorithm as RFC 7427 names it on the wire: the DER of its AlgorithmIdentifier. Only what is in this list is made or believed (RFC 8247 4.2, RFC 8420); SHA-1 is not.
/// </summary>
/// <param name="Key">What kind of key it is for: RSA, EC or Ed25519.</param>
/// <param name="Digest">libcrypto's name of the hash; null for Ed25519, which hashes by itself.</param>
/// <param name="Hash">Its number in SIGNATURE_HASH_ALGORITHMS.</param>
/// <param name="IsPss">RSASSA-PSS.</param>
/// <param name="Identifier">The AlgorithmIdentifier, DER.</param>
internal sealed record SignatureAlgorithm(string Key, string? Digest, SignatureHash Hash, bool IsPss, byte[] Identifier)
{
    public const string Rsa = "RSA", Ec = "EC", Ed25519 = "ED25519";

    // RFC 7427 appendix A, RFC 8420 appendix A.
    public static readonly SignatureAlgorithm RsaSha256 = Of(Rsa, "SHA256", SignatureHash.Sha256, "300d06092a864886f70d01010b0500");
    public static readonly SignatureAlgorithm RsaSha384 = Of(Rsa, "SHA384", SignatureHash.Sha384, "300d06092a864886f70d01010c0500");
    public static readonly SignatureAlgorithm RsaSha512 = Of(Rsa, "SHA512", SignatureHash.Sha512, "300d06092a864886f70d01010d0500");
    public static readonly SignatureAlgorithm EcdsaSha256 = Of(Ec, "SHA256", SignatureHash.Sha256, "300a06082a8648ce3d040302");
    public static readonly SignatureAlgorithm EcdsaSha384 = Of(Ec, "SHA384", SignatureHash.Sha384, "300a06082a8648ce3d040303");
    public static readonly SignatureAlgorithm EcdsaSha512 = Of(Ec, "SHA512", SignatureHash.Sha512, "300a06082a8648ce3d040304");
    public static readonly SignatureAlgorithm EdDsa = Of(Ed25519, null, SignatureHash.Identity, "300506032b6570");
    public static readonly SignatureAlgorithm PssSha256 = Pss("SHA256", SignatureHash.Sha256, "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120");
    public static readonly SignatureAlgorithm PssSha384 = Pss("SHA384", SignatureHash.Sha384, "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130");
    public static readonly SignatureAlgorithm PssSha512 = Pss("SHA512", SignatureHash.Sha512, "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140");

    public static readonly SignatureAlgorithm[] All = [RsaSha256, RsaSha384, RsaSha512, EcdsaSha256, EcdsaSha384, EcdsaSha512, EdDsa, PssSha256, PssSha384, PssSha512];

    /// <summary>RSA with SHA-1, PKCS#1 1.5: IKEv2's method 1, for peers without RFC 7427 alone.</summary>
    public static readonly SignatureAlgorithm RsaSha1 = Of(Rsa, "SHA1", SignatureHash.Sha1, "");

    public static SignatureAlgorithm? Find(ReadOnlySpan<byte> identifier)
    {
        foreach (SignatureAlgorithm algorithm in All)
        {
            if (identifier.SequenceEqual(algorithm.Identifier)) return algorithm;
        }
        return null;
    }

    private static SignatureAlgorithm Of(string key, string? digest, SignatureHash hash, string identifier) => new(key, digest, hash, false, Convert.FromHexString(identifier));

    private static SignatureAlgorithm Pss(string digest, SignatureHash hash, string identifier) => new(Rsa, digest, hash, true, Convert.FromHexString(identifier));
}
