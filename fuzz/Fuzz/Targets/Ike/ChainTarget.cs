using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Fuzz.Targets.Ike;

/// <summary>
/// Certificates of a peer, each with two octets of length in front: whatever they are, there is a verdict, and a good one only for the certificate that the authority signed.
/// </summary>
internal sealed class ChainTarget : IFuzzTarget
{
    private const string Peer = "s.example.org";

    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Octets = "what is signed"u8.ToArray();
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256), BetweenKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly X509Certificate2 Root = MakeRoot();
    private static readonly byte[] Between = Issue("CN=Between", Root, BetweenKey, authority: true), Direct = Issue("CN=s", Root, Key, authority: false);
    private static readonly byte[] Below = Issue("CN=s", X509CertificateLoader.LoadCertificate(Between).CopyWithPrivateKey(BetweenKey), Key, authority: false);
    private static readonly Trustpoint Anchor = MakeTrustpoint();
    private static readonly byte[] Authentication = Sign();

    public static string Name => "chain";

    public static IEnumerable<byte[]> Seeds => [Join(Direct), Join(Below, Between), Join(Direct, Between, Root.RawData), Join(Between), Join(Root.RawData)];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        List<byte[]> certificates = [];
        for (ReadOnlySpan<byte> left = input; left.Length >= 2 && certificates.Count < 12;)
        {
            int length = Math.Min(left[0] << 8 | left[1], left.Length - 2);
            certificates.Add(left.Slice(2, length).ToArray());
            left = left[(2 + length)..];
        }
        foreach (IkeIdentity identity in (IkeIdentity[])[IkeIdentity.Fqdn(Peer), IkeIdentity.Fqdn("*.example.org"), IkeIdentity.Fqdn("")])
        {
            CertificateVerdict verdict = Anchor.Verify(certificates, identity, IkeAuthMethod.DigitalSignature, Authentication, Octets);
            if (!verdict.IsGood) continue;
            Check.That(identity.Text == Peer, "a name that is none is believed");
            Check.That(Signed(certificates[0]).SequenceEqual(Signed(Direct)) || Signed(certificates[0]).SequenceEqual(Signed(Below)), "a certificate that nobody signed is believed");
        }
        if (input.Length > 2) Anchor.ReplaceRevocationList(input[2..].ToArray());
    }

    public static void Repair(Span<byte> input)
    {
        // The first length fits, so that the rest is looked at.
        if (input.Length >= 4 && input[2] == 0x30 && input[3] == 0x82 && input.Length >= 6)
        {
            int length = (input[4] << 8 | input[5]) + 4;
            (input[0], input[1]) = ((byte)(length >> 8), (byte)length);
        }
    }

    private static byte[] Join(params byte[][] certificates) => [.. certificates.SelectMany(static der => (byte[])[(byte)(der.Length >> 8), (byte)der.Length, .. der])];

    /// <summary>What is signed in a certificate; octets behind it are no part of it, and nobody reads them.</summary>
    private static ReadOnlySpan<byte> Signed(byte[] der)
    {
        bool whole = AsnDecoder.TryReadEncodedValue(der, AsnEncodingRules.DER, out _, out _, out _, out int length);
        return whole && PeerCertificate.TryRead(der[..length], out PeerCertificate? read) ? read.Signed.Span : default;
    }

    private static byte[] Sign()
    {
        byte[] algorithm = Convert.FromHexString("300a06082a8648ce3d040302");
        return [(byte)algorithm.Length, .. algorithm, .. Key.SignData(Octets, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)];
    }

    private static X509Certificate2 MakeRoot()
    {
        var request = new CertificateRequest("CN=Root", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(1000));
    }

    private static byte[] Issue(string subject, X509Certificate2 issuer, ECDsa key, bool authority)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(authority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Peer);
        names.AddIpAddress(System.Net.IPAddress.Parse("10.255.0.7"));
        if (!authority) request.CertificateExtensions.Add(names.Build());
        using ECDsa signer = issuer.GetECDsaPrivateKey()!;
        return request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), Now.AddDays(-1), Now.AddDays(300), [1, (byte)subject.Length]).RawData;
    }

    private static Trustpoint MakeTrustpoint()
    {
        var material = new TrustpointMaterial { Name = "TP", Authorities = Encoding.ASCII.GetBytes(Root.ExportCertificatePem()), ChecksRevocation = true };
        return TrustpointLoader.Load(material, new FixedClock(), out string failure) ?? throw new InvalidOperationException(failure);
    }

    private sealed class FixedClock : IWallClock
    {
        public DateTimeOffset Now => ChainTarget.Now;
    }
}
