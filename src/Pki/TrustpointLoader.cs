using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmvpn.Core;

namespace Dmvpn.Pki;

/// <summary>Makes trustpoints of what was read from files, or says in an operator's words what is wrong with them.</summary>
public static unsafe class TrustpointLoader
{
    /// <summary>The trustpoint; null with <paramref name="failure"/> when the files are not what they should be.</summary>
    public static Trustpoint? Load(TrustpointMaterial material, IWallClock clock, out string failure)
    {
        List<X509Certificate2> anchors = [], own = [];
        KeyHandle? key = null;
        failure = Read(material, anchors, own, ref key);
        if (failure.Length == 0) failure = Check(own, key);
        List<RevocationList> lists = [];
        if (failure.Length == 0 && !material.RevocationList.IsEmpty)
        {
            lists = PemFile.RevocationLists(material.RevocationList, out string why);
            if (why.Length > 0) failure = $"crl-file holds {why}";
        }
        if (failure.Length > 0)
        {
            key?.Dispose();
            foreach (X509Certificate2 certificate in anchors.Concat(own)) certificate.Dispose();
            return null;
        }
        var revocation = new RevocationMode(material.ChecksRevocation, material.RequiresRevocationList, lists);
        return new LoadedTrustpoint(material.Name, anchors, own, key is null ? null : new LoadedSigningKey(key, key.Kind!.Value), revocation, clock);
    }

    private static string Read(TrustpointMaterial material, List<X509Certificate2> anchors, List<X509Certificate2> own, ref KeyHandle? key)
    {
        if (!material.Authorities.IsEmpty)
        {
            anchors.AddRange(PemFile.Certificates(material.Authorities));
            if (anchors.Count == 0) return "ca-file holds no certificate that can be read (PEM or DER)";
        }
        if (!material.Certificates.IsEmpty)
        {
            own.AddRange(PemFile.Certificates(material.Certificates));
            if (own.Count == 0) return "certificate-file holds no certificate that can be read (PEM or DER)";
        }
        if (!material.Key.IsEmpty && (key = KeyHandle.FromPem(material.Key.Span, material.Password)) is null)
            return material.Password is null ? "key-file holds no key that can be read (PEM); if it is encrypted, add 'password'" : "key-file cannot be read: no PEM key, or another password";
        if (!material.Pkcs12.IsEmpty && !TryReadPkcs12(material, anchors, own, ref key)) return "pkcs12-file cannot be read: no PKCS#12, or another password";
        return anchors.Count == 0 ? "there is no CA certificate" : "";
    }

    private static string Check(List<X509Certificate2> own, KeyHandle? key)
    {
        if (own.Count == 0 && key is null) return "";
        if (own.Count == 0 || key is null) return "a certificate and its key belong together";
        if (key.Kind is null) return "the key is of a kind or size that is not taken: RSA from 2048 bits, ECDSA P-256, P-384, P-521, Ed25519";
        return CryptographicOperations.FixedTimeEquals(key.PublicKeyInfo(), own[0].PublicKey.ExportSubjectPublicKeyInfo())
            ? "" : $"the key is not the one of {own[0].Subject}, the first certificate of certificate-file";
    }

    private static bool TryReadPkcs12(TrustpointMaterial material, List<X509Certificate2> anchors, List<X509Certificate2> own, ref KeyHandle? key)
    {
        byte[] secret = new byte[System.Text.Encoding.UTF8.GetByteCount(material.Password ?? "") + 1];
        System.Text.Encoding.UTF8.GetBytes(material.Password ?? "", secret);
        nint parsed, privateKey = 0, certificate = 0, others = 0;
        fixed (byte* bytes = material.Pkcs12.Span, password = secret)
        {
            nint buffer = PkiNative.BufferOf(bytes, material.Pkcs12.Length);
            parsed = PkiNative.ReadPkcs12(buffer, null);
            _ = PkiNative.BufferFree(buffer);
            bool good = parsed != 0 && PkiNative.ParsePkcs12(parsed, password, &privateKey, &certificate, &others) > 0;
            PkiNative.FreePkcs12(parsed);
            PkiNative.ClearErrors();
            CryptographicOperations.ZeroMemory(secret);
            if (!good) return false;
        }
        key ??= KeyHandle.Of(privateKey);
        if (certificate != 0) own.Add(Take(certificate));
        for (int i = 0; i < (others == 0 ? 0 : PkiNative.StackCount(others)); i++)
        {
            X509Certificate2 other = Take(PkiNative.StackItem(others, i));
            // Signed by itself: an anchor. All else is between.
            if (other.SubjectName.RawData.AsSpan().SequenceEqual(other.IssuerName.RawData)) anchors.Add(other);
            else own.Add(other);
        }
        PkiNative.FreeStack(others);
        return true;
    }

    private static X509Certificate2 Take(nint certificate)
    {
        int length = PkiNative.EncodeCertificate(certificate, null);
        byte[] der = new byte[length];
        fixed (byte* to = der)
        {
            byte* at = to;
            _ = PkiNative.EncodeCertificate(certificate, &at);
        }
        PkiNative.FreeCertificate(certificate);
        return X509CertificateLoader.LoadCertificate(der);
    }
}
