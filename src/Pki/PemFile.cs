using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dmvpn.Pki;

/// <summary>Certificates and revocation lists in files: PEM with one or several, or DER with one.</summary>
internal static class PemFile
{
    public static List<X509Certificate2> Certificates(ReadOnlyMemory<byte> file)
    {
        List<X509Certificate2> found = [];
        foreach (byte[] der in Blocks(file, "CERTIFICATE"))
        {
            try
            {
                found.Add(X509CertificateLoader.LoadCertificate(der));
            }
            catch (CryptographicException)
            {
                foreach (X509Certificate2 certificate in found) certificate.Dispose();
                return [];
            }
        }
        return found;
    }

    /// <summary>All lists of the file; none when one of them cannot be read, with the reason.</summary>
    public static List<RevocationList> RevocationLists(ReadOnlyMemory<byte> file, out string failure)
    {
        List<RevocationList> found = [];
        failure = "";
        foreach (byte[] der in Blocks(file, "X509 CRL"))
        {
            if (RevocationList.Read(der, out failure) is not { } list) return [];
            found.Add(list);
        }
        if (found.Count == 0) failure = NoList;
        return found;
    }

    /// <summary>What a file without any is said to be.</summary>
    public const string NoList = "no revocation list (PEM 'X509 CRL', or DER)";

    private static List<byte[]> Blocks(ReadOnlyMemory<byte> file, string label)
    {
        if (!file.Span.StartsWith("-----"u8) && file.Span.IndexOf("-----BEGIN"u8) < 0) return file.IsEmpty ? [] : [file.ToArray()];
        List<byte[]> blocks = [];
        ReadOnlySpan<char> text = Encoding.ASCII.GetString(file.Span);
        while (PemEncoding.TryFind(text, out PemFields fields))
        {
            if (text[fields.Label].SequenceEqual(label))
            {
                byte[] der = new byte[fields.DecodedDataLength];
                if (Convert.TryFromBase64Chars(text[fields.Base64Data], der, out int length)) blocks.Add(der[..length]);
            }
            text = text[fields.Location.End..];
        }
        return blocks;
    }
}
