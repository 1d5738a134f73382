using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto pki trustpoint</c>: certificates come from files. What IOS enrols, requests and stores is passed over.</summary>
internal static class TrustpointRows
{
    private static readonly CryptoBlock<TrustpointConfig> Trustpoint = new(
        ConfigMode.Trustpoint, c => c.Trustpoints, (c, all) => c with { Trustpoints = all }, t => t.Name, name => new() { Name = name });

    /// <summary>Lines of IOS's own trustpoints. None of them says who is believed, but for those that are refused.</summary>
    private static readonly string[] Harmless =
    [
        "authorization", "auto-enroll", "chain-validation", "crl cache", "crl query", "description", "eckeypair", "eku", "enrollment", "fingerprint", "fqdn", "hash", "id-usage", "ip-address", "ip-extension", "ocsp",
        "on", "primary", "query", "redundancy", "regenerate", "root", "rsakeypair", "serial-number", "source interface", "storage", "subject-alt-name", "subject-name", "usage", "validation-usage", "vrf",
    ];

    public static IEnumerable<ConfigRow> All()
    {
        yield return Trustpoint.Opening("crypto pki trustpoint", "Certificates from files: whose are believed, and the own one with its key. Paths start at the configuration's directory", Write);
        yield return Trustpoint.Row("ca-file LINE", "File with the certificates of the CA (PEM or DER)", "", (t, l) => Path(l, "ca-file") is { } path ? t with { CaFile = path } : t, (t, _) => t with { CaFile = null });
        yield return Trustpoint.Row("certificate-file LINE", "File with the own certificate, and those between it and the CA (PEM)", "",
            (t, l) => Path(l, "certificate-file") is { } path ? t with { CertificateFile = path } : t, (t, _) => t with { CertificateFile = null });
        yield return Trustpoint.Row("key-file LINE", "File with the own key (PEM)", "", (t, l) => Path(l, "key-file") is { } path ? t with { KeyFile = path } : t, (t, _) => t with { KeyFile = null });
        yield return Trustpoint.Row("pkcs12-file LINE", "File with all three (PKCS#12)", "", (t, l) => Path(l, "pkcs12-file") is { } path ? t with { Pkcs12File = path } : t, (t, _) => t with { Pkcs12File = null });
        yield return Trustpoint.Row("password SECRET(1-128)", "What the key or the PKCS#12 file is encrypted with", "none", SetPassword, (t, _) => t with { Password = null });
        yield return Trustpoint.Row("crl-file LINE", "File with the revocation list (PEM or DER)", "", (t, l) => Path(l, "crl-file") is { } path ? t with { CrlFile = path } : t, (t, _) => t with { CrlFile = null });
        yield return Trustpoint.Row("crl url LINE", "Where the revocation list is fetched from, again and again: http, https or file", "", SetUrl, (t, _) => t with { CrlUrl = null });
        yield return Trustpoint.Row("revocation-check {none | crl [none]}", "Refuse revoked certificates: 'crl' also those of which nothing is known", "none",
            (t, l) => t with { Revocation = !l.Has("crl") ? RevocationCheck.None : l.Has("none") ? RevocationCheck.CrlOrNone : RevocationCheck.Crl }, (t, _) => t with { Revocation = RevocationCheck.None });
        yield return ConfigRow.Refused(ConfigMode.Trustpoint, "revocation-check {ocsp | crl ocsp} [LINE]", "OCSP is not asked: revoked certificates would be believed", "Use 'revocation-check crl' with 'crl-file' or 'crl url'");
        yield return ConfigRow.Refused(ConfigMode.Trustpoint, "match LINE", "'match certificate' is not supported, and leaving it out would change who is believed", "Use 'match identity remote' in the IKEv2 profile");
        // IOS's password is the one that revokes a certificate at its CA.
        yield return ConfigRow.Harmless(ConfigMode.Trustpoint, "password {0 | 7} LINE");
        foreach (string start in Harmless) yield return ConfigRow.Harmless(ConfigMode.Trustpoint, start + " [LINE]");
        foreach (ConfigRow row in Trustpoint.Leaving()) yield return row;
    }

    /// <summary>The same with stars for the password.</summary>
    public static TrustpointConfig Masked(TrustpointConfig trustpoint) => trustpoint.Password is null ? trustpoint : trustpoint with { Password = NhrpRows.MaskedSecret };

    /// <summary>
    /// The rest of the line, blanks included. A password behind it, as other commands have it, would become part of the path and be shown wherever paths are.
    /// </summary>
    private static string? Path(ConfigLine line, string name)
    {
        string path = line.Text(name)!;
        if (!path.Contains(" password ", StringComparison.OrdinalIgnoreCase)) return path;
        line.Refuse("", "the password of a file has a line of its own", "Write 'password …' below");
        return null;
    }

    private static TrustpointConfig SetUrl(TrustpointConfig trustpoint, ConfigLine line)
    {
        string url = line.Text("url")!;
        if (Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && (uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 || uri is { Scheme: "file", IsUnc: false })) return trustpoint with { CrlUrl = url };
        line.Refuse("url", "this is not where a list can be fetched from", "Write it like http://pki.example.net/ca.crl or file:///etc/dmvpn/ca.crl, without a password");
        return trustpoint;
    }

    private static TrustpointConfig SetPassword(TrustpointConfig trustpoint, ConfigLine line)
    {
        string secret = line.Text("password")!;
        if (secret.Trim('*').Length > 0) return trustpoint with { Password = secret };
        line.Refuse("password", "the password is masked: these stars are what 'show running-config' prints", "Write the password itself");
        return trustpoint;
    }

    private static IEnumerable<string> Write(TrustpointConfig trustpoint)
    {
        if (trustpoint.CaFile is { } ca) yield return $"ca-file {ca}";
        if (trustpoint.CertificateFile is { } certificate) yield return $"certificate-file {certificate}";
        if (trustpoint.KeyFile is { } key) yield return $"key-file {key}";
        if (trustpoint.Pkcs12File is { } pkcs12) yield return $"pkcs12-file {pkcs12}";
        if (trustpoint.Password is { } password) yield return $"password {password}";
        if (trustpoint.CrlFile is { } crl) yield return $"crl-file {crl}";
        if (trustpoint.CrlUrl is { } url) yield return $"crl url {url}";
        if (trustpoint.Revocation != RevocationCheck.None) yield return trustpoint.Revocation == RevocationCheck.Crl ? "revocation-check crl" : "revocation-check crl none";
    }
}
