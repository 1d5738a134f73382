using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>Certificates with other names than domain names (RFC 7296 4), and which certificate is sent to whom (3.7).</summary>
public sealed class CertificateIdentityTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    public enum Kind
    {
        Email,
        KeyId,
    }

    [Theory]
    [InlineData(Kind.Email, true)]
    [InlineData(Kind.Email, false)]
    [InlineData(Kind.KeyId, true)]
    public void IdentityOfTheCertificate_IsBelieved_AndAnotherIsNot(Kind kind, bool rsa)
    {
        foreach (bool honest in (bool[])[true, false])
        {
            using var ca = new Authority("CA");
            var net = new Net { JobTime = TimeSpan.FromMilliseconds(1) };
            Node Site(string name, string address)
            {
                (string certificate, string key, byte[] keyId) = ca.Issue(name, $"{name}@example.org", rsa);
                bool isOwn = honest || name == "b";
                IkeIdentity identity = kind == Kind.Email ? IkeIdentity.Email(isOwn ? $"{name}@example.org" : "other@example.org") : new IkeIdentity(IkeIdType.KeyId, isOwn ? keyId : (byte[])[.. keyId, 0]);
                IdentityMatch match = kind == Kind.Email ? new IdentityMatch(IdentityMatchKind.EmailDomain, "example.org") : new IdentityMatch(IdentityMatchKind.Any, "");
                return Add(net, name, address, p => p with { LocalIdentity = identity, MatchRemote = [match] }, ("TP", ca.Pem, certificate, key));
            }
            Node[] nodes = [Site("a", "192.0.2.1"), Site("b", "192.0.2.2")];
            nodes[0].Want(nodes[1]);
            net.Run(2);
            if (honest)
            {
                Assert.Equal(kind == Kind.Email ? "a@example.org" : Assert.Single(nodes[0].IkeSas).LocalId!.ToString(), nodes[1].Peer.Identity.Id.ToString());
                Assert.Equal(IkeAuthMethod.DigitalSignature, nodes[1].Peer.Identity.Method);
                Agreement.Check(net, nodes[0], nodes[1]);
            }
            else
            {
                Assert.Empty(nodes[1].Events);
                Assert.Contains(nodes[1].Log.Lines, static line => line.Contains("is not in the peer's certificate", StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SeveralTrustpoints_ThePeerAsksForAnAuthority_TheCertificateOfThatOneIsSent(bool calls)
    {
        using Authority first = new("First"), second = new("Second");
        var net = new Net();
        (string certificate, string key, _) = first.Issue("a", "a@example.org", rsa: false);
        (string fits, string itsKey, _) = second.Issue("a", "a@example.org", rsa: false);
        (string other, string otherKey, _) = second.Issue("b", "b@example.org", rsa: false);
        static Ikev2Profile Any(Ikev2Profile p) => p with { SignTrustpoint = null, LocalIdentity = null, MatchRemote = [new IdentityMatch(IdentityMatchKind.Any, "")] };
        Node a = Add(net, "a", "192.0.2.1", Any, ("T1", first.Pem, certificate, key), ("T2", second.Pem, fits, itsKey));
        Node b = Add(net, "b", "192.0.2.2", Any, ("TP", second.Pem, other, otherKey));
        if (calls) a.Want(b);
        else b.Want(a);
        net.Run(2);
        Assert.Single(b.Live);
        Agreement.Check(net, a, b);
    }

    private static Node Add(Net net, string name, string address, Func<Ikev2Profile, Ikev2Profile> change, params (string Name, string Authority, string Certificate, string Key)[] trustpoints)
    {
        Node node = net.Add(name, address, new IkeConfig());
        foreach ((string of, string authority, string certificate, string key) in trustpoints)
        {
            var material = new TrustpointMaterial
            {
                Name = of,
                Authorities = Encoding.ASCII.GetBytes(authority),
                Certificates = Encoding.ASCII.GetBytes(certificate),
                Key = Encoding.ASCII.GetBytes(key),
            };
            node.Trustpoints[of] = TrustpointLoader.Load(material, net.Clock, out string failure) ?? throw new InvalidOperationException(failure);
        }
        node.Configure(Certificates.Config(name).With(change));
        return node;
    }

    /// <summary>An authority whose certificates have an e-mail address, and no domain name.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly X509Certificate2 _own;

        public Authority(string name)
        {
            using CertificateAuthority made = CertificateAuthority.Create(name, KeyKind.EcdsaP256, Now, 3650, out string key);
            _own = X509Certificate2.CreateFromPem(made.CertificatePem, key);
        }

        public string Pem => _own.ExportCertificatePem();

        public (string Certificate, string Key, byte[] KeyId) Issue(string name, string email, bool rsa)
        {
            using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = key is RSA pair ? new CertificateRequest($"CN={name}", pair, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddEmailAddress(email);
            var keyId = new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(keyId);
            using X509Certificate2 issued = request.Create(_own.SubjectName, X509SignatureGenerator.CreateForECDsa(_own.GetECDsaPrivateKey()!), Now.AddDays(-1), Now.AddDays(300), RandomNumberGenerator.GetBytes(12));
            return (issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), keyId.SubjectKeyIdentifierBytes.ToArray());
        }

        public void Dispose() => _own.Dispose();
    }
}
