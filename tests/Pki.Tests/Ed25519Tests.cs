using System.Text;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki.Tests;

/// <summary>Certificates and lists that OpenSSL's command line made (3.0, <c>genpkey -algorithm ed25519</c>, <c>x509 -req</c>, <c>ca -gencrl</c>): .NET itself makes none with Ed25519.</summary>
public sealed class Ed25519Tests
{
    private const string Authority = """
        -----BEGIN CERTIFICATE-----
        MIIBLzCB4qADAgECAhQWw85TzZ29gS+jF0oDTHdQrmaQbDAFBgMrZXAwFTETMBEG
        A1UEAwwKRWQyNTUxOSBDQTAgFw0yNjExMjUyMjM1NDdaGA8yMTI2MTEwMTIyMzU0
        N1owFTETMBEGA1UEAwwKRWQyNTUxOSBDQTAqMAUGAytlcAMhAO209V+Axal70pKG
        sZeOq8bHungE/6tnVXq0lWgIAzCIo0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1Ud
        DwEB/wQEAwIBBjAdBgNVHQ4EFgQUVNr75a/rp7GdGDEXcSJxAYFiKkQwBQYDK2Vw
        A0EArBhRlT1Mg70SFv0mGP/TJjWFahPxQNJ338sfzvZsaEocjNAccWwjMCeNjmN9
        JIz0+ssl/lFK+KooQjsd8pnnAg==
        -----END CERTIFICATE-----
        """;

    // CN=spoke1, O=Example; DNS spoke1.vpn.example.net, e-mail ops@example.net, address 10.255.0.11; extendedKeyUsage ipsecIKE.
    private const string Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAU2gAwIBAgICEAEwBQYDK2VwMBUxEzARBgNVBAMMCkVkMjU1MTkgQ0Ew
        IBcNMjYxMTI1MjIzNTQ3WhgPMjEyNTA2MTkyMjM1NDdaMCMxEDAOBgNVBAoMB0V4
        YW1wbGUxDzANBgNVBAMMBnNwb2tlMTAqMAUGAytlcAMhAEcsFKS3VmzD0FKhF0xs
        +lqGFAX37I/ozZPBgN/D4n8io4GwMIGtMAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/
        BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMRMDgGA1UdEQQxMC+CFnNwb2tlMS52
        cG4uZXhhbXBsZS5uZXSBD29wc0BleGFtcGxlLm5ldIcECv8ACzAdBgNVHQ4EFgQU
        YQVFbYwaCRv+uk4sRW7IZJeNJpUwHwYDVR0jBBgwFoAUVNr75a/rp7GdGDEXcSJx
        AYFiKkQwBQYDK2VwA0EAHgbKSLpW/GCp/4dGItyU2EbtVgaJb/HIJXkp73T8RZeK
        D8YitTF5BfBlkaDhi7zshrYddCX6tpUQf9q8tYm5Dw==
        -----END CERTIFICATE-----
        """;

    private const string Key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIHHyl3WqLAhMje+AIMG+IFO2JizO/VwRnlercMy4U2OT
        -----END PRIVATE KEY-----
        """;

    private const string NothingRevoked = """
        -----BEGIN X509 CRL-----
        MIGdMFECAQEwBQYDK2VwMBUxEzARBgNVBAMMCkVkMjU1MTkgQ0EXDTI2MTEyNTIy
        MzU0N1oYDzIxMjYxMTAxMjIzNTQ3WqAOMAwwCgYDVR0UBAMCAQEwBQYDK2VwA0EA
        VD+Xay3ZQLF8slroU61/Jm9Dr/8PZkTILCSGvVt9djUDZ/dlo5Dd5vlIqn5iqry8
        sX+p4ViQB2w/rABuCluIAg==
        -----END X509 CRL-----
        """;

    private const string Revoked = """
        -----BEGIN X509 CRL-----
        MIG0MGgCAQEwBQYDK2VwMBUxEzARBgNVBAMMCkVkMjU1MTkgQ0EXDTI2MTEyNTIy
        MzU0N1oYDzIxMjYxMTAxMjIzNTQ3WjAVMBMCAhABFw0yNjA2MDEwMDAwMDBaoA4w
        DDAKBgNVHRQEAwIBAjAFBgMrZXADQQDDU0VFhsL3yU50BFwA4dM7mAyzwPVzZaFe
        /O8D/doRhQn3Tan27+kVPl2+nG0IMiW3G64sE09bQll+BKDqfUUK
        -----END X509 CRL-----
        """;

    private static readonly DateTimeOffset Now = new(2027, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Octets = Encoding.ASCII.GetBytes("what the AUTH payload signs");

    [Fact]
    public void Signature_IsMadeAndBelieved_ByRfc8420Alone()
    {
        using Trustpoint own = Load(withKey: true), verifier = Load();
        Assert.Equal(KeyKind.Ed25519, own.Key!.Kind);
        Assert.True(own.Key.TrySign(Octets, [SignatureHash.Sha256, SignatureHash.Identity], out IkeAuthMethod method, out byte[] authentication));
        Assert.Equal(IkeAuthMethod.DigitalSignature, method);
        foreach (IkeIdentity identity in (IkeIdentity[])
            [IkeIdentity.Fqdn("spoke1.vpn.example.net"), IkeIdentity.Email("ops@example.net"), IkeIdentity.Of(IpAddress.Parse("10.255.0.11")), own.Subject!])
        {
            CertificateVerdict verdict = verifier.Verify(own.Chain.ToArray(), identity, method, authentication, Octets);
            Assert.Null(verdict.Failure);
            Assert.Equal((KeyKind.Ed25519, "10.255.0.11/32"), (verdict.Key, Assert.Single(verdict.Rights.TunnelAddresses).ToString()));
        }
        authentication[^1] ^= 1;
        Assert.Contains("signature", verifier.Verify(own.Chain.ToArray(), own.Subject!, method, authentication, Octets).Failure);
        // A peer that did not say it knows "Identity" (RFC 8420 2) cannot be shown such a signature.
        Assert.False(own.Key.TrySign(Octets, [SignatureHash.Sha256], out _, out _));
        Assert.False(own.Key.TrySign(Octets, [], out _, out _));
    }

    [Fact]
    public void List_SignedWithEd25519_IsTakenAndCounts()
    {
        using Trustpoint own = Load(withKey: true), verifier = Load(lists: NothingRevoked);
        Assert.True(own.Key!.TrySign(Octets, [SignatureHash.Identity], out IkeAuthMethod method, out byte[] authentication));
        Assert.Null(verifier.Verify(own.Chain.ToArray(), own.Subject!, method, authentication, Octets).Failure);
        Assert.Null(verifier.ReplaceRevocationList(Encoding.ASCII.GetBytes(Revoked)));
        Assert.Contains("is revoked by CN=Ed25519 CA", verifier.Verify(own.Chain.ToArray(), own.Subject!, method, authentication, Octets).Failure);
        RevocationListSummary summary = Assert.Single(verifier.RevocationLists);
        Assert.Equal(("CN=Ed25519 CA", 1, 2126), (summary.Issuer, summary.Count, summary.NextUpdate!.Value.Year));
    }

    private static Trustpoint Load(bool withKey = false, string lists = "") => TestAuthority.Load(new TrustpointMaterial
    {
        Name = "T",
        Authorities = Encoding.ASCII.GetBytes(Authority),
        Certificates = withKey ? Encoding.ASCII.GetBytes(Certificate) : default,
        Key = withKey ? Encoding.ASCII.GetBytes(Key) : default,
        RevocationList = Encoding.ASCII.GetBytes(lists),
        ChecksRevocation = lists.Length > 0,
        RequiresRevocationList = lists.Length > 0,
    }, Now);
}
