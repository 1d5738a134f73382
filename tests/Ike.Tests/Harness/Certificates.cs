using System.Text;
using Dmvpn.Core;
using Dmvpn.Pki;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>A certificate authority, and routers that prove themselves by its certificates.</summary>
internal static class Certificates
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<(string, KeyKind), IssuedCertificate> Issued = [];

    /// <summary>The authority that all trust.</summary>
    public static CertificateAuthority Authority { get; } = CertificateAuthority.Create("Test CA", KeyKind.EcdsaP256, Now, 3650, out _);

    /// <summary>One that nobody trusts.</summary>
    public static CertificateAuthority Stranger { get; } = CertificateAuthority.Create("Other CA", KeyKind.EcdsaP256, Now, 3650, out _);

    public static IssuedCertificate Of(string name, KeyKind kind = KeyKind.EcdsaP256, CertificateAuthority? authority = null)
    {
        lock (Issued)
        {
            if (authority is null && Issued.TryGetValue((name, kind), out IssuedCertificate? known)) return known;
            IssuedCertificate issued = (authority ?? Authority).Issue(name, $"{name}.example.org", [IpAddress.Parse("172.16.0.7")], kind, Now, 365);
            if (authority is null) Issued[(name, kind)] = issued;
            return issued;
        }
    }

    public static Trustpoint Trustpoint(Net net, IssuedCertificate? own, string? revocationList = null)
    {
        var material = new TrustpointMaterial
        {
            Name = "TP",
            Authorities = Encoding.ASCII.GetBytes(Authority.CertificatePem),
            Certificates = Encoding.ASCII.GetBytes(own?.CertificatePem ?? ""),
            Key = Encoding.ASCII.GetBytes(own?.KeyPem ?? ""),
            RevocationList = Encoding.ASCII.GetBytes(revocationList ?? ""),
            ChecksRevocation = revocationList is not null,
        };
        return TrustpointLoader.Load(material, net.Clock, out string failure) ?? throw new InvalidOperationException(failure);
    }

    /// <summary>A configuration whose router proves itself by certificate and wants one.</summary>
    public static IkeConfig Config(string name) => Configs.SharedKey(name).With(static (Ikev2Profile p) => p with
    {
        LocalAuthentication = IkeAuthentication.Certificate,
        RemoteAuthentication = [IkeAuthentication.Certificate],
        SignTrustpoint = "TP",
        Keyring = null,
    });

    /// <summary>A node with a certificate.</summary>
    public static Node Add(Net net, string name, string address, IssuedCertificate own, Func<IkeConfig, IkeConfig>? change = null, string? revocationList = null)
    {
        IkeConfig config = Config(name.ToLowerInvariant());
        Node node = net.Add(name, address, new IkeConfig());
        node.Trustpoints["TP"] = Trustpoint(net, own, revocationList);
        node.Configure(change?.Invoke(config) ?? config);
        return node;
    }
}
