using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dmvpn.Pki.Tests;

/// <summary>A certificate with its key, of any form: also what no authority would issue.</summary>
internal sealed class ChainMaker
{
    private readonly AsymmetricAlgorithm _key;

    private ChainMaker(X509Certificate2 certificate, AsymmetricAlgorithm key) => (Certificate, _key) = (certificate, key);

    public X509Certificate2 Certificate { get; }

    public byte[] Der => Certificate.RawData;

    public static X509Extension Authority(int? length = null) => new X509BasicConstraintsExtension(true, length is not null, length ?? 0, true);

    public static X509Extension Usage(X509KeyUsageFlags usage = X509KeyUsageFlags.KeyCertSign) => new X509KeyUsageExtension(usage, true);

    public static X509Extension Uses(params string[] uses)
    {
        var identifiers = new OidCollection();
        foreach (string use in uses) identifiers.Add(new Oid(use));
        return new X509EnhancedKeyUsageExtension(identifiers, false);
    }

    /// <summary>subjectAltName with dNSNames of these octets, whatever they are.</summary>
    public static X509Extension Names(params byte[][] names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (byte[] name in names) writer.WriteOctetString(name, new Asn1Tag(TagClass.ContextSpecific, 2));
        }
        return new X509Extension("2.5.29.17", writer.Encode(), false);
    }

    /// <summary>Name constraints with one dNSName.</summary>
    public static X509Extension Constraint(string domain, bool permitted)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, permitted ? 0 : 1)))
        using (writer.PushSequence())
            writer.WriteOctetString(Encoding.ASCII.GetBytes(domain), new Asn1Tag(TagClass.ContextSpecific, 2));
        return new X509Extension("2.5.29.30", writer.Encode(), true);
    }

    public static X509Extension Unknown(bool critical) => new("1.2.3.4.5", [5, 0], critical);

    /// <summary>The same certificate with its content changed, signed anew by an authority with a key on P-256.</summary>
    public byte[] Changed(ChainMaker by, Func<byte[], byte[]> change)
    {
        AsnReader outer = new AsnReader(Der, AsnEncodingRules.DER).ReadSequence();
        byte[] signed = change(outer.ReadEncodedValue().ToArray());
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(signed);
            writer.WriteEncodedValue(outer.ReadEncodedValue().Span);
            writer.WriteBitString(((ECDsa)by._key).SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }
        return writer.Encode();
    }

    /// <summary>One that signs itself.</summary>
    public static ChainMaker Root(string name, AsymmetricAlgorithm? key = null, HashAlgorithmName? hash = null, params X509Extension[] extensions) =>
        Make(name, null, key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256), extensions.Length == 0 ? [Authority(), Usage()] : extensions, hash);

    /// <summary>One that this one signs.</summary>
    public ChainMaker Issue(
        string name, X509Extension[] extensions, AsymmetricAlgorithm? key = null, HashAlgorithmName? hash = null, bool pss = false, int from = -1, int to = 300,
        PublicKey? publicKey = null) =>
        Make(name, this, key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256), extensions, hash, pss, from, to, publicKey);

    /// <summary>An authority that this one signs.</summary>
    public ChainMaker Between(string name, params X509Extension[] more) => Issue(name, [Authority(), Usage(), .. more]);

    private static ChainMaker Make(
        string name, ChainMaker? issuer, AsymmetricAlgorithm key, X509Extension[] extensions, HashAlgorithmName? hash = null, bool pss = false, int from = -10, int to = 3000,
        PublicKey? publicKey = null)
    {
        HashAlgorithmName digest = hash ?? HashAlgorithmName.SHA256;
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name}"), publicKey ?? PublicKey.CreateFromSubjectPublicKeyInfo(InfoOf(key), out _), digest);
        foreach (X509Extension extension in extensions) request.CertificateExtensions.Add(extension);
        AsymmetricAlgorithm signer = issuer?._key ?? key;
        X509SignatureGenerator generator = signer is RSA old && OldHash.IsOld(digest) ? new OldHash(old, pss)
            : signer is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)signer);
        X500DistinguishedName by = issuer?.Certificate.SubjectName ?? request.SubjectName;
        X509Certificate2 made = request.Create(by, generator, TestAuthority.Now.AddDays(from), TestAuthority.Now.AddDays(to), RandomNumberGenerator.GetBytes(12));
        return new ChainMaker(made, key);
    }

    private static byte[] InfoOf(AsymmetricAlgorithm key) => key is RSA rsa ? rsa.ExportSubjectPublicKeyInfo() : ((ECDsa)key).ExportSubjectPublicKeyInfo();
}

/// <summary>RSA signatures with MD5 and SHA-1, which the base class library does not make any more.</summary>
internal sealed class OldHash(RSA key, bool pss) : X509SignatureGenerator
{
    public static bool IsOld(HashAlgorithmName hash) => hash == HashAlgorithmName.MD5 || hash == HashAlgorithmName.SHA1;

    // RSASSA-PSS without parameters is that with SHA-1 (RFC 4055 3.1).
    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Convert.FromHexString(
        pss ? "300d06092a864886f70d01010a3000" : hashAlgorithm == HashAlgorithmName.MD5 ? "300d06092a864886f70d0101040500" : "300d06092a864886f70d0101050500");

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, hashAlgorithm, pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);

    protected override PublicKey BuildPublicKey() => PublicKey.CreateFromSubjectPublicKeyInfo(key.ExportSubjectPublicKeyInfo(), out _);
}
