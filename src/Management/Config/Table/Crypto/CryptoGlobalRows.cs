using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto ikev2 …</c> and <c>crypto ipsec …</c> that are no blocks, and of <c>crypto pki trustpoint</c>.</summary>
internal static class CryptoGlobalRows
{
    private static readonly CryptoBlock<TrustpointConfig> Trustpoint = new(
        ConfigMode.Trustpoint, c => c.Trustpoints, (c, all) => c with { Trustpoints = all }, t => t.Name, name => new() { Name = name });

    private static IkeConfig Defaults { get; } = new();

    public static IEnumerable<ConfigRow> All() => [.. Trustpoints(), .. Ikev2ProposalRows.All(), .. Ikev2KeyringRows.All(), .. Ikev2ProfileRows.All(), .. Ikev2(), .. Ipsec(), .. IpsecRows.All()];

    /// <summary>The same with stars for secrets.</summary>
    public static IkeConfig Masked(IkeConfig config) => config with
    {
        Keyrings = [.. config.Keyrings.Select(Ikev2KeyringRows.Masked)],
        Trustpoints = [.. config.Trustpoints.Select(t => t.Password is null ? t : t with { Password = NhrpRows.MaskedSecret })],
    };

    private static IEnumerable<ConfigRow> Ikev2()
    {
        yield return Global($"crypto ikev2 dpd {Ikev2ProfileRows.Dpd}", "Find out whether peers live: seconds of silence, seconds between questions, always or only with traffic", "off",
            (c, l) => c with { Dpd = Ikev2ProfileRows.DpdOf(l) }, c => c with { Dpd = null }, c => c.Dpd is { } dpd ? [$"crypto ikev2 {Ikev2ProfileRows.Text(dpd)}"] : []);
        yield return Global("crypto ikev2 cookie-challenge <0-1000>", "Ask strangers for a cookie from so many half-open SAs on; 0: always", "100",
            (c, l) => c with { CookieChallenge = l.Number("cookie-challenge") }, c => c with { CookieChallenge = null },
            c => c.CookieChallenge is not { } number ? ["no crypto ikev2 cookie-challenge"] : number == Defaults.CookieChallenge ? [] : [$"crypto ikev2 cookie-challenge {number}"]) with
        {
            Default = (b, _) => b.Router = b.Router with { Crypto = b.Router.Crypto with { CookieChallenge = Defaults.CookieChallenge } },
        };
        yield return Global("crypto ikev2 limit max-sa <1-200000>", "Most IKE SAs", "no limit", (c, l) => c with { MaxSa = l.Number("max-sa") }, c => c with { MaxSa = null },
            c => c.MaxSa is { } number ? [$"crypto ikev2 limit max-sa {number}"] : []);
        yield return Global("crypto ikev2 limit max-in-negotiation-sa <1-60000>", "Most IKE SAs that peers are setting up at once", "4000",
            (c, l) => c with { MaxInNegotiation = l.Number("max-in-negotiation-sa") }, c => c with { MaxInNegotiation = Defaults.MaxInNegotiation },
            c => c.MaxInNegotiation == Defaults.MaxInNegotiation ? [] : [$"crypto ikev2 limit max-in-negotiation-sa {c.MaxInNegotiation}"]);
        yield return Global("crypto ikev2 fragmentation [mtu <576-1500>]", "Cut long IKE messages so that nobody on the way must (RFC 7383)", "on; 1280",
            (c, l) => c with { FragmentationMtu = l.Number("mtu", Defaults.FragmentationMtu!.Value) }, c => c with { FragmentationMtu = null },
            c => c.FragmentationMtu is not { } mtu ? ["no crypto ikev2 fragmentation"] : mtu == Defaults.FragmentationMtu ? [] : [$"crypto ikev2 fragmentation mtu {mtu}"]) with
        {
            Default = (b, _) => b.Router = b.Router with { Crypto = b.Router.Crypto with { FragmentationMtu = Defaults.FragmentationMtu } },
        };
        yield return Global("crypto ikev2 nat keepalive <5-3600>", "Seconds between packets that keep a NAT's mapping open", "20",
            (c, l) => c with { NatKeepalive = l.Seconds("keepalive") }, c => c with { NatKeepalive = Defaults.NatKeepalive },
            c => c.NatKeepalive == Defaults.NatKeepalive ? [] : [$"crypto ikev2 nat keepalive {ConfigText.Seconds(c.NatKeepalive)}"]);
        yield return Global("crypto ikev2 window <1-20>", "Requests that a peer may have open", "5", (c, l) => c with { Window = l.Number("window") }, c => c with { Window = Defaults.Window },
            c => c.Window == Defaults.Window ? [] : [$"crypto ikev2 window {c.Window}"]);
        yield return Global("crypto ikev2 resumption", "Peers come back after a restart without public-key operations (RFC 5723)", "on",
            (c, _) => c with { Resumption = true }, c => c with { Resumption = false }, c => c.Resumption ? [] : ["no crypto ikev2 resumption"]) with
        {
            Default = (b, _) => b.Router = b.Router with { Crypto = b.Router.Crypto with { Resumption = true } },
        };
        foreach (string harmless in (string[])["certificate-cache", "diagnose", "http-url", "name-mangler", "authorization policy default", "reconnect key", "disconnect-revoked-peers"])
            yield return ConfigRow.Harmless(ConfigMode.Global, $"crypto ikev2 {harmless} [LINE]");
    }

    private static IEnumerable<ConfigRow> Ipsec()
    {
        yield return Global("crypto ipsec security-association lifetime seconds <120-2592000>", "Seconds until an SA is rekeyed", "3600",
            (c, l) => c with { LifetimeSeconds = l.Seconds("seconds") }, c => c with { LifetimeSeconds = Defaults.LifetimeSeconds },
            c => c.LifetimeSeconds == Defaults.LifetimeSeconds ? [] : [$"crypto ipsec security-association lifetime seconds {ConfigText.Seconds(c.LifetimeSeconds)}"]);
        yield return Global("crypto ipsec security-association lifetime kilobytes {kb=<2560-4294967295> | disable}", "Kilobytes until an SA is rekeyed", "4608000",
            (c, l) => c with { LifetimeKilobytes = l.Has("disable") ? null : l.Arguments.Number("kb") }, c => c with { LifetimeKilobytes = Defaults.LifetimeKilobytes },
            c => c.LifetimeKilobytes == Defaults.LifetimeKilobytes ? [] : [$"crypto ipsec security-association lifetime kilobytes {(c.LifetimeKilobytes is { } kb ? kb : "disable")}"]);
        yield return Global("crypto ipsec security-association idle-time <60-86400>", "Seconds without traffic after which SAs that nothing needs go", "never",
            (c, l) => c with { IdleTime = l.Seconds("idle-time") }, c => c with { IdleTime = null }, c => c.IdleTime is { } idle ? [$"crypto ipsec security-association idle-time {ConfigText.Seconds(idle)}"] : []);
        yield return Global("crypto ipsec security-association replay {window-size {64 | 128 | 256 | 512 | 1024 | 2048 | 4096} | disable}", "How far packets may overtake each other", "64",
            (c, l) => c with { ReplayWindow = IpsecRows.Window(l) }, c => c with { ReplayWindow = Defaults.ReplayWindow },
            c => c.ReplayWindow == Defaults.ReplayWindow ? [] : [c.ReplayWindow == 0 ? "crypto ipsec security-association replay disable" : $"crypto ipsec security-association replay window-size {c.ReplayWindow}"]);
        yield return Global("crypto ipsec nat-transparency always", "ESP in UDP also where there is no NAT", "only with NAT", (c, _) => c with { AlwaysUdp = true }, c => c with { AlwaysUdp = false },
            c => c.AlwaysUdp ? ["crypto ipsec nat-transparency always"] : []);
        foreach (string harmless in (string[])["df-bit", "fragmentation", "nat-transparency udp-encapsulation", "nat-transparency spi-matching", "security-association dummy", "optional", "security-association multi-sn"])
            yield return ConfigRow.Harmless(ConfigMode.Global, $"crypto ipsec {harmless} [LINE]");
    }

    private static IEnumerable<ConfigRow> Trustpoints()
    {
        yield return Trustpoint.Opening("crypto pki trustpoint", "Certificates: whose are believed, and the own one with its key", Write);
        yield return Trustpoint.Row("ca-file LINE", "File with the certificates of the CA (PEM or DER)", "", (t, l) => t with { CaFile = l.Text("ca-file") }, (t, _) => t with { CaFile = null });
        yield return Trustpoint.Row("certificate-file LINE", "File with the own certificate, and those between it and the CA (PEM)", "", (t, l) => t with { CertificateFile = l.Text("certificate-file") }, (t, _) => t with { CertificateFile = null });
        yield return Trustpoint.Row("key-file LINE", "File with the own key (PEM)", "", (t, l) => t with { KeyFile = l.Text("key-file") }, (t, _) => t with { KeyFile = null });
        yield return Trustpoint.Row("pkcs12-file LINE", "File with all three (PKCS#12)", "", (t, l) => t with { Pkcs12File = l.Text("pkcs12-file") }, (t, _) => t with { Pkcs12File = null });
        yield return Trustpoint.Row("password SECRET(1-128)", "What the key or the PKCS#12 file is encrypted with", "none", SetPassword, (t, _) => t with { Password = null });
        yield return Trustpoint.Row("crl-file LINE", "File with the revocation list (PEM or DER)", "", (t, l) => t with { CrlFile = l.Text("crl-file") }, (t, _) => t with { CrlFile = null });
        yield return Trustpoint.Row("crl url LINE", "Where the revocation list is fetched from (http)", "", (t, l) => t with { CrlUrl = l.Text("url") }, (t, _) => t with { CrlUrl = null });
        yield return Trustpoint.Row("revocation-check {none | crl [none]}", "Refuse revoked certificates: 'crl' also those of which nothing is known", "none",
            (t, l) => t with { Revocation = !l.Has("crl") ? RevocationCheck.None : l.Has("none") ? RevocationCheck.CrlOrNone : RevocationCheck.Crl }, (t, _) => t with { Revocation = RevocationCheck.None });
        foreach (string start in (string[])["enrollment", "rsakeypair", "eckeypair", "subject-name", "subject-alt-name", "serial-number", "ip-address", "fqdn", "auto-enroll", "usage", "hash", "chain-validation", "source interface", "fingerprint", "storage", "regenerate", "vrf"])
            yield return ConfigRow.Harmless(ConfigMode.Trustpoint, start + " [LINE]");
        foreach (ConfigRow row in Trustpoint.Leaving()) yield return row;
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

    private static ConfigRow Global(string pattern, string summary, string defaultText, Func<IkeConfig, ConfigLine, IkeConfig> set, Func<IkeConfig, IkeConfig> no, Func<IkeConfig, IEnumerable<string>> write) =>
        new(ConfigMode.Global, pattern, summary)
        {
            DefaultText = defaultText,
            Apply = (b, l) => b.Router = b.Router with { Crypto = set(b.Router.Crypto, l) },
            No = (b, _) => b.Router = b.Router with { Crypto = no(b.Router.Crypto) },
            WriteRouter = r => write(r.Crypto),
        };
}
