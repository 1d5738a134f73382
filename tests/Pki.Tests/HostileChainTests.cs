using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Wire.Ike;
using static Dmvpn.Pki.Tests.ChainMaker;

namespace Dmvpn.Pki.Tests;

/// <summary>
/// Chains that somebody with one good certificate, or with a broken authority, may try: each link is as strong as the others, does what it may do, and names are what they seem.
/// </summary>
public sealed class HostileChainTests : IDisposable
{
    private const string Name = "t.vpn.example";
    private static readonly byte[] Octets = Encoding.ASCII.GetBytes("what the AUTH payload signs");
    private static readonly RSA Large = RSA.Create(2048), Small = RSA.Create(1024);
    private static readonly X509Extension Signs = Usage(X509KeyUsageFlags.DigitalSignature), San = Names(Encoding.ASCII.GetBytes(Name));

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ChainMaker _root = Root("Root");
    private readonly ChainMaker _rsaRoot = Root("RSA root", Large);

    public static TheoryData<string, string?> Leaves => new()
    {
        { "plain", null },
        { "no key usage", null },
        { "non-repudiation", null },
        { "not critical and unknown", null },
        { "unknown and critical", "CN=t" },
        { "key encipherment", "keyUsage" },
        { "authority", "certificate of an authority" },
        { "signs certificates", "certificate of an authority" },
        { "name constraints", "name constraints" },
        { "IKE", null },
        { "any use", null },
        { "code signing and IKE", null },
        { "code signing", "extendedKeyUsage" },
        { "server", "extendedKeyUsage" },
        { "client", "extendedKeyUsage" },
        { "end system of 1999", "extendedKeyUsage" },
        { "expired", "expired" },
        { "not yet valid", "not yet valid" },
        { "exponent 3", "exponent" },
        { "RSA 1024", "2048" },
    };

    public static TheoryData<string, string?> Links => new()
    {
        { "plain", null },
        { "RSA", null },
        { "expired", "expired" },
        { "not yet valid", "not yet valid" },
        { "no basic constraints", "CN=Between" },
        { "no authority", "CN=Between" },
        { "may not sign certificates", "CN=Between" },
        { "unknown and critical", "CN=Between" },
        { "permitted here", null },
        { "permitted elsewhere", "CN=t" },
        { "excluded", "CN=t" },
        { "IKE", null },
        { "any use", null },
        { "code signing", "extendedKeyUsage" },
        { "server", "extendedKeyUsage" },
        { "RSA 1024", "too weak" },
        { "small curve", "too weak" },
        { "exponent 3", "" },
        { "another with the name of the root", "" },
    };

    public static TheoryData<string, string?> Signatures => new()
    {
        { "SHA256", null },
        { "SHA384", null },
        { "SHA512", null },
        { "SHA1", "can be forged" },
        { "MD5", "can be forged" },
        { "PSS SHA256", null },
        { "PSS SHA1", "can be forged" },
    };

    public void Dispose() => _key.Dispose();

    [Theory]
    [MemberData(nameof(Leaves))]
    public void CertificateOfAPeer_OfEveryForm_IsWhatThePeerMayHave(string kind, string? failure)
    {
        ChainMaker leaf = kind switch
        {
            "plain" => Leaf(Signs),
            "no key usage" => Leaf(),
            "non-repudiation" => Leaf(Usage(X509KeyUsageFlags.NonRepudiation)),
            "not critical and unknown" => Leaf(Signs, Unknown(critical: false)),
            "unknown and critical" => Leaf(Signs, Unknown(critical: true)),
            "key encipherment" => Leaf(Usage(X509KeyUsageFlags.KeyEncipherment)),
            "authority" => Leaf(Authority(), Usage(X509KeyUsageFlags.DigitalSignature)),
            "signs certificates" => Leaf(Usage(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign)),
            "name constraints" => Leaf(Signs, Constraint("example", permitted: true)),
            "IKE" => Leaf(Uses("1.3.6.1.5.5.7.3.17")),
            "any use" => Leaf(Uses("2.5.29.37.0")),
            "code signing and IKE" => Leaf(Uses("1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.17")),
            "code signing" => Leaf(Uses("1.3.6.1.5.5.7.3.3")),
            "server" => Leaf(Uses("1.3.6.1.5.5.7.3.1")),
            "client" => Leaf(Uses("1.3.6.1.5.5.7.3.2")),
            "end system of 1999" => Leaf(Uses("1.3.6.1.5.5.7.3.5")),
            "expired" => _root.Issue("t", [San], _key, from: -9, to: -1),
            "not yet valid" => _root.Issue("t", [San], _key, from: 1, to: 9),
            "exponent 3" => _root.Issue("t", [San], publicKey: WithExponent3()),
            "RSA 1024" => _root.Issue("t", [San], Small),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        Expect(failure, Verify(_root, [leaf.Der]));
    }

    [Theory]
    [MemberData(nameof(Links))]
    public void CertificateBetween_OfEveryForm_IsAnAuthorityAsStrongAsThePeer(string kind, string? failure)
    {
        X509Extension[] plain = [Authority(), Usage()];
        ChainMaker between = kind switch
        {
            "plain" => _root.Between("Between"),
            "RSA" => _root.Issue("Between", plain, Large),
            "expired" => _root.Issue("Between", plain, from: -9, to: -1),
            "not yet valid" => _root.Issue("Between", plain, from: 1, to: 9),
            "no basic constraints" => _root.Issue("Between", [Usage()]),
            "no authority" => _root.Issue("Between", [new X509BasicConstraintsExtension(false, false, 0, true), Usage()]),
            "may not sign certificates" => _root.Issue("Between", [Authority(), Usage(X509KeyUsageFlags.DigitalSignature)]),
            "unknown and critical" => _root.Between("Between", Unknown(critical: true)),
            "permitted here" => _root.Between("Between", Constraint("vpn.example", permitted: true)),
            "permitted elsewhere" => _root.Between("Between", Constraint("other.example", permitted: true)),
            "excluded" => _root.Between("Between", Constraint("vpn.example", permitted: false)),
            "IKE" => _root.Between("Between", Uses("1.3.6.1.5.5.7.3.17")),
            "any use" => _root.Between("Between", Uses("2.5.29.37.0")),
            "code signing" => _root.Between("Between", Uses("1.3.6.1.5.5.7.3.3")),
            "server" => _root.Between("Between", Uses("1.3.6.1.5.5.7.3.1")),
            "RSA 1024" => _root.Issue("Between", plain, Small),
            "small curve" => _root.Issue("Between", plain, ECDsa.Create(ECCurve.CreateFromFriendlyName("brainpoolP160r1"))),
            "exponent 3" => _root.Issue("Between", plain, publicKey: WithExponent3()),
            "another with the name of the root" => Root("Root"),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        Expect(failure, Verify(_root, [between.Issue("t", [San], _key).Der, between.Der]));
    }

    [Theory]
    [MemberData(nameof(Signatures))]
    public void SignatureOfALink_OfEveryHash_IsBelievedFromSha256On(string kind, string? failure)
    {
        bool pss = kind.StartsWith("PSS ", StringComparison.Ordinal);
        var hash = new HashAlgorithmName(kind.Split(' ')[^1]);
        Expect(failure, Verify(_rsaRoot, [_rsaRoot.Issue("t", [San], _key, hash, pss).Der]));
        ChainMaker between = _rsaRoot.Issue("Between", [Authority(), Usage()], hash: hash, pss: pss);
        Expect(failure, Verify(_rsaRoot, [between.Issue("t", [San], _key).Der, between.Der]));
        // And in the middle of a chain.
        ChainMaker upper = _rsaRoot.Issue("Upper", [Authority(), Usage()], Large), lower = upper.Issue("Lower", [Authority(), Usage()], hash: hash, pss: pss);
        Expect(failure, Verify(_rsaRoot, [lower.Issue("t", [San], _key).Der, lower.Der, upper.Der]));
    }

    [Fact]
    public void Anchor_WithASmallKey_VouchesForNobody()
    {
        ChainMaker weak = Root("Weak", Small);
        Expect("too weak", Verify(weak, [weak.Issue("t", [San], _key).Der]));
        // The anchor's own signature says nothing: the configuration vouches for it.
        ChainMaker self = Root("Old", Large, HashAlgorithmName.SHA1);
        Expect(null, Verify(self, [self.Issue("t", [San], _key).Der]));
    }

    [Fact]
    public void ExtensionThatComesTwice_IsRefused_WhoeverHasIt()
    {
        // The issuer's alternative names become a second subjectAltName: which of both would count?
        static byte[] Twice(byte[] signed)
        {
            signed[signed.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x55, 0x1D, 18]) + 2] = 17;
            return signed;
        }
        X509Extension other = new("2.5.29.18", Names(Encoding.ASCII.GetBytes("other.vpn.example")).RawData, false);
        byte[] leaf = _root.Issue("t", [San, other], _key).Changed(_root, Twice);
        Assert.NotNull(Verify(_root, [leaf]));
        ChainMaker between = _root.Between("Between", San, other);
        Assert.Null(Verify(_root, [between.Issue("t", [San], _key).Der, between.Der]));
        Assert.NotNull(Verify(_root, [between.Issue("t", [San], _key).Der, between.Changed(_root, Twice)]));
    }

    [Fact]
    public void PathLength_IsKept()
    {
        ChainMaker short_ = _root.Issue("Short", [Authority(0), Usage()]), below = short_.Between("Below");
        Expect(null, Verify(_root, [short_.Issue("t", [San], _key).Der, short_.Der]));
        Expect("CN=", Verify(_root, [below.Issue("t", [San], _key).Der, below.Der, short_.Der]));
        ChainMaker tight = Root("Tight", null, null, Authority(0), Usage()), under = tight.Between("Under");
        Expect("CN=", Verify(tight, [under.Issue("t", [San], _key).Der, under.Der]));
    }

    [Fact]
    public void CertificatesInLoops_AndManyOfOneName_AreRefusedSoon()
    {
        using ECDsa first = ECDsa.Create(ECCurve.NamedCurves.nistP256), second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Extension[] plain = [Authority(), Usage()];
        ChainMaker a = Root("A", first), b = Root("B", second);
        byte[][] loop = [a.Issue("t", [San], _key).Der, a.Issue("B", plain, second).Der, b.Issue("A", plain, first).Der, a.Issue("B", plain, second).Der, b.Issue("A", plain, first).Der];
        byte[][] alike = [a.Issue("t", [San], _key).Der, .. Enumerable.Range(0, 7).Select(_ => a.Issue("A", plain, first).Der)];
        byte[][] many = [.. alike, .. alike];
        var clock = Stopwatch.StartNew();
        foreach (byte[][] chain in (byte[][][])[loop, alike, many]) Expect("", Verify(_root, chain));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Expect("more certificates", Verify(_root, many));
    }

    [Fact]
    public void CertificateThatIsTooLong_IsNotLookedAt()
    {
        byte[][] names = [Encoding.ASCII.GetBytes(Name), .. Enumerable.Range(0, 900).Select(static i => Encoding.ASCII.GetBytes($"n{i}.a-long-name.vpn.example"))];
        Expect("longer ones", Verify(_root, [_root.Issue("t", [Names(names)], _key).Der]));
    }

    [Theory]
    [InlineData("t.vpn.example", "t.vpn.example", true)]
    [InlineData("T.VPN.example", "t.vpn.example", true)]
    [InlineData("*.vpn.example", "t.vpn.example", false)]
    [InlineData("*.vpn.example", "*.vpn.example", false)]
    [InlineData("t*.vpn.example", "t*.vpn.example", false)]
    [InlineData(".vpn.example", ".vpn.example", false)]
    [InlineData("t..vpn.example", "t..vpn.example", false)]
    [InlineData("t.vpn.example\0.evil.example", "t.vpn.example", false)]
    [InlineData("t.vpn.example\0", "t.vpn.example\0", false)]
    [InlineData("evil\0.vpn.example", "evil\0.vpn.example", false)]
    [InlineData("a\nFAKE: line.vpn.example", "a\nFAKE: line.vpn.example", false)]
    [InlineData("\u001b[2Jt.vpn.example", "\u001b[2Jt.vpn.example", false)]
    [InlineData("t vpn.example", "t vpn.example", false)]
    [InlineData("\u00e9.vpn.example", "\u00e9.vpn.example", false)]
    [InlineData("\u00e9.vpn.example", "??.vpn.example", false)]
    [InlineData("", "", false)]
    public void NameOfACertificate_ThatIsNoDomainName_IsNobodys(string inCertificate, string claimed, bool good)
    {
        ChainMaker leaf = _root.Issue("t", [Names(Encoding.UTF8.GetBytes(inCertificate))], _key);
        Assert.Equal(good, Verify(_root, [leaf.Der], IkeIdentity.Fqdn(claimed)) is null);
    }

    private ChainMaker Leaf(params X509Extension[] extensions) => _root.Issue("t", [San, .. extensions], _key);

    private static PublicKey WithExponent3()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Large.ExportParameters(false).Modulus!);
            writer.WriteInteger(3);
        }
        return new PublicKey(new Oid("1.2.840.113549.1.1.1"), new AsnEncodedData([5, 0]), new AsnEncodedData(writer.Encode()));
    }

    private static void Expect(string? expected, string? failure)
    {
        if (expected is null) Assert.Null(failure);
        else Assert.Contains(expected, failure!);
    }

    private string? Verify(ChainMaker anchor, byte[][] chain, IkeIdentity? identity = null)
    {
        var material = new TrustpointMaterial { Name = "T", Authorities = Encoding.ASCII.GetBytes(anchor.Certificate.ExportCertificatePem()) };
        using Trustpoint verifier = TestAuthority.Load(material);
        byte[] signature = _key.SignData(Octets, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        byte[] algorithm = Convert.FromHexString("300a06082a8648ce3d040302");
        return verifier.Verify(chain, identity ?? IkeIdentity.Fqdn(Name), IkeAuthMethod.DigitalSignature, [(byte)algorithm.Length, .. algorithm, .. signature], Octets).Failure;
    }
}
