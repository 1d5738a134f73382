using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto ikev2 …</c> and <c>crypto ipsec …</c> that are no blocks, and all of <c>crypto</c> put together.</summary>
internal static class CryptoGlobalRows
{
    private static IkeConfig Defaults { get; } = new();

    public static IEnumerable<ConfigRow> All() => [.. TrustpointRows.All(), .. Ikev2ProposalRows.All(), .. Ikev2KeyringRows.All(), .. Ikev2ProfileRows.All(), .. Ikev2(), .. Ipsec(), .. IpsecRows.All()];

    /// <summary>The same with stars for secrets.</summary>
    public static IkeConfig Masked(IkeConfig config) => config with
    {
        Keyrings = [.. config.Keyrings.Select(Ikev2KeyringRows.Masked)],
        Profiles = [.. config.Profiles.Select(Ikev2ProfileRows.Masked)],
        Trustpoints = [.. config.Trustpoints.Select(TrustpointRows.Masked)],
    };

    /// <summary>Every IPv4 host takes packets as long as this (RFC 791 3.1); IOS can be told to cut smaller, which makes more fragments than it is worth.</summary>
    private const int SmallestFragment = 576;

    /// <summary>Requests that an IKE SA keeps answers for; IOS can be told more.</summary>
    private const int LargestWindow = 20;

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
        // So IOS spells it; and it has a limit for either direction.
        yield return Global("crypto ikev2 limit max-in-negotation-sa <1-60000> [incoming]", "The same", "", (c, l) => c with { MaxInNegotiation = l.Number("max-in-negotation-sa") },
            c => c with { MaxInNegotiation = Defaults.MaxInNegotiation }, _ => []) with
        { IsHidden = true };
        yield return ConfigRow.Ineffective(ConfigMode.Global, "crypto ikev2 limit {max-in-negotation-sa | max-in-negotiation-sa} <1-60000> outgoing", "what this router sets up itself is not limited");
        yield return Global("crypto ikev2 fragmentation [mtu <68-1500>]", "Cut long IKE messages so that nobody on the way must (RFC 7383): bytes of a packet", "on; 1280",
            (c, l) => c with { FragmentationMtu = Within(l, "mtu", Defaults.FragmentationMtu!.Value, SmallestFragment, 1500) }, c => c with { FragmentationMtu = null },
            c => c.FragmentationMtu is not { } mtu ? ["no crypto ikev2 fragmentation"] : mtu == Defaults.FragmentationMtu ? [] : [$"crypto ikev2 fragmentation mtu {mtu}"]) with
        {
            Default = (b, _) => b.Router = b.Router with { Crypto = b.Router.Crypto with { FragmentationMtu = Defaults.FragmentationMtu } },
        };
        yield return Global("crypto ikev2 nat keepalive <5-3600>", "Seconds between packets that keep a NAT's mapping open", "20",
            (c, l) => c with { NatKeepalive = l.Seconds("keepalive") }, c => c with { NatKeepalive = Defaults.NatKeepalive },
            c => c.NatKeepalive == Defaults.NatKeepalive ? [] : [$"crypto ikev2 nat keepalive {ConfigText.Seconds(c.NatKeepalive)}"]);
        yield return Global("crypto ikev2 window <1-200>", "Requests that a peer may have open; more than 20 never are", "5", (c, l) => c with { Window = Within(l, "window", Defaults.Window, 1, LargestWindow) }, c => c with { Window = Defaults.Window },
            c => c.Window == Defaults.Window ? [] : [$"crypto ikev2 window {c.Window}"]);
        yield return Global("crypto ikev2 resumption", "Peers come back after a restart without public-key operations (RFC 5723)", "on",
            (c, _) => c with { Resumption = true }, c => c with { Resumption = false }, c => c.Resumption ? [] : ["no crypto ikev2 resumption"]) with
        {
            Default = (b, _) => b.Router = b.Router with { Crypto = b.Router.Crypto with { Resumption = true } },
        };
        foreach (string harmless in (string[])["certificate-cache", "diagnose", "http-url", "limit queue", "reconnect key", "disconnect-revoked-peers", "redirect", "cts"])
            yield return ConfigRow.Harmless(ConfigMode.Global, $"crypto ikev2 {harmless} [LINE]");
        foreach (string block in (string[])["authorization policy", "name-mangler", "cluster"])
            yield return ConfigRow.Harmless(ConfigMode.Global, $"crypto ikev2 {block} [LINE]", opensBlock: true);
        yield return ConfigRow.Refused(ConfigMode.Global, "crypto ikev2 client flexvpn LINE", "FlexVPN clients are not supported", "Use 'ip nhrp nhs' on a multipoint tunnel, and remove the block", opensBlock: true);
    }

    private static IEnumerable<ConfigRow> Ipsec()
    {
        yield return Global($"crypto ipsec security-association lifetime {IpsecRows.Lifetime}", "Seconds (or days) until an SA is rekeyed", "3600",
            (c, l) => c with { LifetimeSeconds = IpsecRows.LifetimeOf(l) }, c => c with { LifetimeSeconds = Defaults.LifetimeSeconds },
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
        foreach (string harmless in (string[])
            ["df-bit", "fragmentation", "nat-transparency udp-encapsulation", "nat-transparency spi-matching", "security-association dummy", "security-association ecn", "security-association multi-sn", "ipv4-deny", "exclude", "ike sa-strength-enforcement"])
        {
            yield return ConfigRow.Harmless(ConfigMode.Global, $"crypto ipsec {harmless} [LINE]");
        }
        yield return ConfigRow.Ineffective(ConfigMode.Global, "crypto ipsec optional [LINE]", "a tunnel with protection never sends or accepts clear text", "Remove the line, and 'tunnel protection' where clear text is meant");
    }

    private static int Within(ConfigLine line, string name, int otherwise, int least, int most)
    {
        int number = line.Number(name, otherwise), taken = Math.Clamp(number, least, most);
        if (taken != number) line.Note($"{taken} is used for {number}");
        return taken;
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
