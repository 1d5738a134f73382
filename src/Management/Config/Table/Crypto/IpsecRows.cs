using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto ipsec transform-set</c> and <c>crypto ipsec profile</c>.</summary>
internal static class IpsecRows
{
    /// <summary>A lifetime in time, as global and profile have it.</summary>
    internal const string Lifetime = "{seconds <120-2592000> | days <1-30>}";

    private const string Bits = "[{128 | 192 | 256}]";
    private const string Hashes = "{esp-sha-hmac | esp-sha256-hmac | esp-sha384-hmac | esp-sha512-hmac}";
    private const string Transforms =
        $"{{esp-gcm {Bits} | esp-gmac {Bits} | esp-chacha20-poly1305 | esp-aes {Bits} {Hashes} | esp-null {Hashes} | {Hashes} {{esp-aes {Bits} | esp-null}}}}";

    private static readonly CryptoBlock<TransformSet> Set = new(ConfigMode.TransformSet, c => c.TransformSets, (c, all) => c with { TransformSets = all }, t => t.Name,
        name => new() { Name = name, Encryption = new(EncryptionId.AesGcm16, 128) });

    private static readonly CryptoBlock<IpsecProfile> Profile = new(
        ConfigMode.IpsecProfile, c => c.IpsecProfiles, (c, all) => c with { IpsecProfiles = all }, p => p.Name, name => new() { Name = name });

    public static IEnumerable<ConfigRow> All() => [.. TransformSets(), .. Profiles()];

    private static IEnumerable<ConfigRow> TransformSets()
    {
        yield return new(ConfigMode.Global, $"crypto ipsec transform-set name=WORD(1-63) {Transforms}", "How ESP protects packets: a cipher with its integrity, or one that has both")
        {
            DefaultText = "`default`: esp-gcm 256, transport",
            Apply = Enter,
            No = (b, l) => Set.Remove(b, l.Text("name")!),
            NoPattern = $"crypto ipsec transform-set name=WORD(1-63) [{Transforms}]",
            WriteRouter = r => r.Crypto.TransformSets.SelectMany(t =>
                CryptoBlock<TransformSet>.Printed($"crypto ipsec transform-set {t.Name} {CryptoText.Transforms(t.Encryption, t.Integrity)}", t.Esn ? ["esn", Mode(t)] : [Mode(t)])),
        };
        const string set = "crypto ipsec transform-set name=WORD(1-63)";
        const string weak = "{esp-des | esp-3des | esp-seal | esp-md5-hmac | ah-md5-hmac | ah-sha-hmac | ah-sha256-hmac | ah-sha384-hmac | ah-sha512-hmac | comp-lzs}";
        foreach (string pattern in (string[])[$"{set} {weak} [LINE]", $"{set} {{esp-aes {Bits} | esp-null | {Hashes}}} {weak} [LINE]"])
            yield return ConfigRow.Harmless(ConfigMode.Global, pattern, opensBlock: true) with { Apply = PutAside };
        yield return ConfigRow.Refused(ConfigMode.Global, $"{set} {{esp-gcm {Bits} | esp-gmac {Bits} | esp-chacha20-poly1305}} {{esp-md5-hmac | {Hashes[1..^1]}}}",
            "AES-GCM, AES-GMAC and ChaCha20-Poly1305 have their integrity within", "Remove the second transform", opensBlock: true);
        yield return ConfigRow.Refused(ConfigMode.Global, $"{set} {{esp-aes {Bits} | esp-null}}", "without an integrity transform anybody can change packets on the way", "Add 'esp-sha256-hmac', or take 'esp-gcm 256'", opensBlock: true);
        yield return Set.Row("mode {transport [require] | tunnel}", "Without or with an IP header of its own inside; must be the same on both ends", "tunnel",
            (t, l) => t with { TunnelMode = l.Has("tunnel") }, (t, _) => t with { TunnelMode = true });
        yield return Set.Row("esn", "Offer 64-bit sequence numbers first", "off", (t, _) => t with { Esn = true }, (t, _) => t with { Esn = false });
        foreach (ConfigRow row in Set.Leaving()) yield return row;
    }

    private static IEnumerable<ConfigRow> Profiles()
    {
        yield return Profile.Opening("crypto ipsec profile", "What a tunnel is protected with", Write, "`default`: all defaults");
        yield return Profile.Row("set transform-set first=WORD(1-63) [second=WORD(1-63)] [third=WORD(1-63)] [fourth=WORD(1-63)]", "Transform sets, best first", "esp-gcm 256, transport",
            (p, l) => p with { TransformSets = [.. ((string?[])[l.Text("first"), l.Text("second"), l.Text("third"), l.Text("fourth")]).OfType<string>().Distinct()] }, (p, _) => p with { TransformSets = [] },
            "set transform-set [LINE]");
        yield return Profile.Row("set ikev2-profile WORD(1-127)", "The IKE profile", "the one whose rules fit", (p, l) => p with { Ikev2Profile = l.Text("ikev2-profile") }, (p, _) => p with { Ikev2Profile = null });
        yield return Profile.Row("set pfs [group14 | group15 | group16 | group19 | group20 | group21 | group31]", "A key exchange of its own for every rekey; must be the same on both ends", "off; group14",
            (p, l) => p with { Pfs = Pfs(l) }, (p, _) => p with { Pfs = null });
        yield return Profile.Row($"set security-association lifetime {Lifetime}", "Seconds (or days) until the SA is rekeyed", "the global one",
            (p, l) => p with { LifetimeSeconds = LifetimeOf(l) }, (p, _) => p with { LifetimeSeconds = null });
        yield return Profile.Row("set security-association lifetime kilobytes {kb=<2560-4294967295> | disable}", "Kilobytes until the SA is rekeyed", "the global one",
            (p, l) => p with { LifetimeKilobytes = l.Has("disable") ? 0 : l.Arguments.Number("kb") }, (p, _) => p with { LifetimeKilobytes = null });
        yield return Profile.Row("set security-association idle-time <60-86400> [default]", "Seconds without traffic after which SAs that nothing needs go", "the global one",
            (p, l) => p with { IdleTime = l.Seconds("idle-time") }, (p, _) => p with { IdleTime = null });
        yield return Profile.Row("set security-association replay {window-size {64 | 128 | 256 | 512 | 1024 | 2048 | 4096} | disable}", "How far packets may overtake each other", "the global one",
            (p, l) => p with { ReplayWindow = Window(l) }, (p, _) => p with { ReplayWindow = null });
        yield return Profile.Row("set esn", "Offer 64-bit sequence numbers first", "off", (p, _) => p with { Esn = true }, (p, _) => p with { Esn = false });
        yield return ConfigRow.Refused(ConfigMode.IpsecProfile, "set isakmp-profile LINE", "IKEv1 is not yet supported", "Use 'set ikev2-profile', here and on the peers");
        yield return ConfigRow.Refused(ConfigMode.IpsecProfile, "set pfs {group1 | group2 | group5 | group24}", "this group is weak and is not offered", "Take group14 or group19, here and on the peers");
        yield return ConfigRow.Refused(ConfigMode.IpsecProfile, "set identity LINE", "'set identity' is not supported, and leaving it out would let more peers in", "Use 'match identity remote' in the IKEv2 profile");
        yield return ConfigRow.Ineffective(ConfigMode.IpsecProfile, "responder-only", "this router calls its peers too", "Leave 'ip nhrp nhs' out on the hub: it calls nobody then");
        foreach (string harmless in (string[])
            ["description", "dialer", "redundancy", "reverse-route", "set group", "set mixed-mode", "set reverse-route", "set security-policy", "set security-association dfbit", "set security-association dummy", "set security-association ecn", "set security-association level"])
        {
            yield return ConfigRow.Harmless(ConfigMode.IpsecProfile, harmless + " [LINE]");
        }
        foreach (ConfigRow row in Profile.Leaving()) yield return row;
    }

    internal static int Window(ConfigLine line)
    {
        for (int size = 64; size <= 4096; size *= 2)
            if (line.Has(size.ToString())) return size;
        return 0;
    }

    private static void Enter(ConfigBuilder builder, ConfigLine line)
    {
        Set.Enter(builder, line, line.Text("name")!);
        EncryptionId cipher = line.Has("esp-gcm") ? EncryptionId.AesGcm16 : line.Has("esp-gmac") ? EncryptionId.NullAesGmac : line.Has("esp-chacha20-poly1305") ? EncryptionId.ChaCha20Poly1305
            : line.Has("esp-aes") ? EncryptionId.AesCbc : EncryptionId.Null;
        int bits = cipher is EncryptionId.ChaCha20Poly1305 or EncryptionId.Null ? 0 : line.Has("256") ? 256 : line.Has("192") ? 192 : 128;
        IntegrityId integrity = line.Has("esp-sha-hmac") ? IntegrityId.HmacSha1 : line.Has("esp-sha256-hmac") ? IntegrityId.HmacSha256 : line.Has("esp-sha384-hmac") ? IntegrityId.HmacSha384
            : line.Has("esp-sha512-hmac") ? IntegrityId.HmacSha512 : IntegrityId.None;
        if (cipher is EncryptionId.Null or EncryptionId.NullAesGmac) line.Warn("", "packets are authenticated and not encrypted", "Use 'esp-gcm 256'");
        Set.Change(builder, line, t => t with { Encryption = new(cipher, bits), Integrity = integrity });
    }

    /// <summary>Files that have grown hold sets that no profile names any more: what is weak in those hurts nobody.</summary>
    private static void PutAside(ConfigBuilder builder, ConfigLine line)
    {
        builder.WeakSets.Add((line.Text("name")!, line));
        builder.Mode = ConfigMode.PassedOver;
    }

    internal static TimeSpan LifetimeOf(ConfigLine line) => line.Has("days") ? TimeSpan.FromDays(line.Number("days")) : line.Seconds("seconds");

    private static string Mode(TransformSet set) => set.TunnelMode ? "mode tunnel" : "mode transport";

    private static DhGroup Pfs(ConfigLine line)
    {
        foreach (int group in (ReadOnlySpan<int>)[15, 16, 19, 20, 21, 31])
            if (line.Has($"group{group}")) return (DhGroup)group;
        return DhGroup.Modp2048;
    }

    private static IEnumerable<string> Write(IpsecProfile profile)
    {
        if (profile.LifetimeSeconds is { } seconds) yield return $"set security-association lifetime seconds {ConfigText.Seconds(seconds)}";
        if (profile.LifetimeKilobytes is { } kilobytes) yield return $"set security-association lifetime kilobytes {(kilobytes == 0 ? "disable" : kilobytes)}";
        if (profile.IdleTime is { } idle) yield return $"set security-association idle-time {ConfigText.Seconds(idle)}";
        if (profile.ReplayWindow is { } window) yield return window == 0 ? "set security-association replay disable" : $"set security-association replay window-size {window}";
        if (profile.TransformSets.Count > 0) yield return $"set transform-set {string.Join(' ', profile.TransformSets)}";
        if (profile.Pfs is { } pfs) yield return $"set pfs group{(int)pfs}";
        if (profile.Esn) yield return "set esn";
        if (profile.Ikev2Profile is { } ike) yield return $"set ikev2-profile {ike}";
    }
}
