using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto pki certificates [NAME] [verbose]</c>.</summary>
public static class CertificateScreen
{
    /// <summary>The screen; <paramref name="verbose"/> adds the other names of the subjects.</summary>
    public static string Render(CertificateState state, bool verbose = false)
    {
        var text = new ScreenText();
        foreach (CertificateEntry certificate in state.Certificates)
        {
            text.Line(certificate.Authority ? "CA Certificate" : "Certificate");
            text.Line($"  Status: {certificate.Status}");
            text.Line($"  Certificate Serial Number (hex): {certificate.SerialNumber}");
            text.Line($"  Certificate Usage: {(certificate.Authority ? "Signature" : "General Purpose")}");
            text.Line("  Issuer: ");
            Name(text, certificate.Issuer);
            text.Line(certificate.Authority ? "  Subject: " : "  Subject:");
            if (!certificate.Authority) text.Line($"    Name: {CommonName(certificate)}");
            Name(text, certificate.Subject);
            if (certificate.CrlDistributionPoints.Count > 0) text.Line("  CRL Distribution Points: ");
            foreach (string place in certificate.CrlDistributionPoints) text.Line($"    {place}");
            text.Line("  Validity Date: ");
            text.Line($"    start date: {CryptoFormat.Date(certificate.NotBefore)}");
            text.Line($"    end   date: {CryptoFormat.Date(certificate.NotAfter)}");
            if (verbose && certificate.Names.Length > 0)
                text.Line("  X509v3 extensions:").Line("    X509v3 Subject Alternative Name:").Line($"        {certificate.Names}");
            text.Line($"  Associated Trustpoints: {certificate.Trustpoint} ");
            if (certificate.Storage is { } file) text.Line($"  Storage: {file}");
            text.Line();
        }
        return text.ToString();
    }

    /// <summary>The parts of a distinguished name, one a line, with IOS's words for their kinds.</summary>
    private static void Name(ScreenText text, string name)
    {
        foreach ((string kind, string value) in Parts(name)) text.Line($"    {Kind(kind)}={value}");
    }

    private static string CommonName(CertificateEntry certificate)
    {
        foreach ((string kind, string value) in Parts(certificate.Subject))
        {
            if (kind.Equals("CN", StringComparison.OrdinalIgnoreCase)) return value;
        }
        return certificate.Names.Length > 0 ? certificate.Names : certificate.Subject;
    }

    private static string Kind(string kind) => kind.ToUpperInvariant() switch
    {
        "S" => "st",
        "SERIALNUMBER" => "serialNumber",
        "OID.1.2.840.113549.1.9.2" => "hostname",
        var other => other.ToLowerInvariant(),
    };

    /// <summary>A name as "CN=spoke1, O=\"Example, Inc\"" taken apart; what stands in quotes stays together.</summary>
    private static List<(string Kind, string Value)> Parts(string name)
    {
        var parts = new List<(string, string)>();
        int start = 0;
        bool quoted = false;
        for (int i = 0; i <= name.Length; i++)
        {
            if (i < name.Length && name[i] == '"') quoted = !quoted;
            if (i < name.Length && (quoted || name[i] is not (',' or '+'))) continue;
            string part = name[start..i].Trim();
            int equals = part.IndexOf('=');
            if (equals > 0) parts.Add((part[..equals].Trim(), part[(equals + 1)..].Trim().Trim('"').Replace("\"\"", "\"")));
            start = i + 1;
        }
        return parts;
    }
}
