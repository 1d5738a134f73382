using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto ikev2 profile</c>.</summary>
internal static class Ikev2ProfileRows
{
    public const string Dpd = "<10-3600> retry=<2-60> {on-demand | periodic}";

    private const string Match = "match identity remote {address {addr=A.B.C.D [mask=MASK] | addr=X:X::X/nn | addr=X:X::X} | fqdn [domain] name=WORD(1-255) | email [domain] name=WORD(1-255) | key-id name=WORD(1-255) | dn dn=LINE | any}";
    private const string Identity = "identity local {address {addr=A.B.C.D | addr=X:X::X} | fqdn name=WORD(1-255) | email name=WORD(1-255) | key-id name=WORD(1-255) | dn}";
    private const string Local = "match address local {local=A.B.C.D | local=X:X::X | interface if=IFNAME}";
    private const string Methods = "{pre-share [key [0] key=SECRET(1-128)] | rsa-sig | ecdsa-sig | certificate}";

    private const string HexadecimalKey = "pre-share key hex digits=SECRET(2-256)";

    private static readonly CryptoBlock<Ikev2Profile> Profile = new(
        ConfigMode.Ikev2Profile, c => c.Profiles, (c, all) => c with { Profiles = all }, p => p.Name, name => new() { Name = name });

    private static Ikev2Profile Defaults { get; } = new() { Name = "" };

    public static IEnumerable<ConfigRow> All() => [Profile.Opening("crypto ikev2 profile", "Who peers may be, and how both ends prove themselves", Write), .. Who(), .. How(), .. When(), .. Foreign(), .. Profile.Leaving()];

    private static IEnumerable<ConfigRow> Who()
    {
        yield return Profile.Row(Match, "Peers with this identity; one of several such lines must fit", "none: must be given", SetMatch,
            (p, l) => p with { MatchRemote = p.MatchRemote.RemoveAll(m => m == Ikev2KeyringRows.IdentityOf(l)) }, Match);
        yield return Profile.Row(Local, "Only on this local address", "any", SetLocal,
            (p, l) => p with { MatchLocal = p.MatchLocal.RemoveAll(a => a == l.Address("local")), MatchInterfaces = p.MatchInterfaces.RemoveAll(i => i == l.Text("if")) }, Local);
        yield return Profile.Row("match fvrf {any | vrf=WORD(1-31)}", "Only for tunnels with this 'tunnel vrf'", "any",
            (p, l) => p with { MatchVrf = l.Text("vrf") }, (p, _) => p with { MatchVrf = null });
        yield return Profile.Row(Identity, "Who this router says it is", "its address; with a certificate the subject",
            (p, l) => p with { LocalIdentity = LocalIdentity(l), LocalIdentityIsDn = l.Has("dn") }, (p, _) => p with { LocalIdentity = null, LocalIdentityIsDn = false });
    }

    private static IEnumerable<ConfigRow> How()
    {
        yield return Profile.Row($"authentication local {Methods}", "How this router proves itself; a key here goes before the keyring's", "none: must be given", SetLocalMethod,
            (p, _) => p with { LocalAuthentication = null, LocalKey = null });
        yield return Profile.Row($"authentication local {HexadecimalKey}", "The same with a key in hexadecimal", "", SetLocalMethod, (p, _) => p with { LocalAuthentication = null, LocalKey = null });
        yield return Profile.Row($"authentication remote {Methods}", "How peers prove themselves; several lines allow several ways", "none: must be given", SetRemoteMethod, WithoutMethod, $"authentication remote {Methods}");
        yield return Profile.Row($"authentication remote {HexadecimalKey}", "The same with a key in hexadecimal", "", SetRemoteMethod, WithoutMethod, $"authentication remote {HexadecimalKey}");
        yield return Profile.Row("keyring local WORD(1-127)", "Where the pre-shared keys are", "none", (p, l) => p with { Keyring = l.Text("local") }, (p, _) => p with { Keyring = null });
        yield return Profile.Row("pki trustpoint WORD(1-127) [sign | verify]", "Whose certificate is shown, and whose are believed", "the only one with a key; all",
            SetTrustpoint, (p, l) => p with
            {
                SignTrustpoint = p.SignTrustpoint == l.Text("trustpoint") ? null : p.SignTrustpoint,
                VerifyTrustpoints = p.VerifyTrustpoints.RemoveAll(t => t == l.Text("trustpoint")),
            }, "pki trustpoint WORD(1-127) [sign | verify]");
    }

    private static IEnumerable<ConfigRow> When()
    {
        yield return Profile.Row("lifetime <120-86400>", "Seconds until the IKE SA is rekeyed", "86400", (p, l) => p with { Lifetime = l.Seconds("lifetime") }, (p, _) => p with { Lifetime = Defaults.Lifetime });
        yield return Profile.Row("reauth <300-604800>", "Seconds until both ends prove themselves anew, before the old SA goes", "never",
            (p, l) => p with { Reauthentication = l.Seconds("reauth") }, (p, _) => p with { Reauthentication = null });
        yield return Profile.Row($"dpd {Dpd}", "Find out whether the peer lives: seconds of silence, seconds between questions, always or only with traffic", "the global one",
            (p, l) => p with { Dpd = DpdOf(l) }, (p, _) => p with { Dpd = null });
        yield return Profile.Row("nat keepalive <5-3600>", "Seconds between packets that keep a NAT's mapping open", "the global one",
            (p, l) => p with { NatKeepalive = l.Seconds("keepalive") }, (p, _) => p with { NatKeepalive = null });
        yield return Profile.Row("initial-contact force", "A peer that comes anew ends its older SAs also without saying so", "off",
            (p, _) => p with { InitialContactForce = true }, (p, _) => p with { InitialContactForce = false });
    }

    /// <summary>What IOS has besides. Refused is whatever says who may connect, or how.</summary>
    private static IEnumerable<ConfigRow> Foreign()
    {
        foreach (string harmless in (string[])["description", "ivrf", "redirect gateway auth", "reconnect"]) yield return ConfigRow.Harmless(ConfigMode.Ikev2Profile, harmless + " [LINE]");
        yield return ConfigRow.Ineffective(ConfigMode.Ikev2Profile, "nat force-encap", "ESP goes in UDP for all profiles or only where there is NAT", "Use 'crypto ipsec nat-transparency always'");
        yield return ConfigRow.Ineffective(ConfigMode.Ikev2Profile, "lifetime certificate", "the IKE SA lasts as long as 'lifetime' says; a certificate's end ends it anyway");
        yield return ConfigRow.Refused(ConfigMode.Ikev2Profile, "authentication {local | remote} pre-share key 6 key=SECRET(1-255)", Ikev2KeyringRows.EncryptedKey, Ikev2KeyringRows.EncryptedKeyRemedy);
        yield return ConfigRow.Refused(ConfigMode.Ikev2Profile, "shutdown", "a profile cannot be shut down: its peers would be let in", "Remove the profile from the file");
        foreach ((string start, string remedy) in ((string, string)[])
        [
            ("match certificate", "Use 'match identity remote dn' or 'fqdn': the identity must be in the certificate"), ("match inbound-only", "Remove the line"),
            ("aaa", "Keys are read from 'keyring local'"), ("virtual-template", "Use 'interface TunnelN' with 'tunnel mode gre multipoint'"),
            ("authentication local eap", "Use pre-share or certificate"), ("authentication remote eap", "Use pre-share or certificate"), ("authentication remote anyconnect-eap", "Use pre-share or certificate"),
            ("anyconnect", "Remove the line"), ("keyring aaa", "Use 'keyring local'"), ("keyring ppk", "Remove the line, here and on the peer"), ("config-exchange", "Remove the line: addresses are configured"),
            ("dynamic", "Write out who may connect and how"), ("config-mode", "Remove the line: addresses are configured"),
        ])
        {
            yield return ConfigRow.Refused(ConfigMode.Ikev2Profile, start + " [LINE]", $"'{start}' is not supported, and leaving it out would change who may connect", remedy);
        }
    }

    internal static DpdConfig DpdOf(ConfigLine line) => new(line.Seconds("dpd"), line.Seconds("retry"), line.Has("periodic"));

    internal static string Text(DpdConfig dpd) => $"dpd {ConfigText.Seconds(dpd.Interval)} {ConfigText.Seconds(dpd.Retry)} {(dpd.Periodic ? "periodic" : "on-demand")}";

    /// <summary>The same with stars for keys.</summary>
    public static Ikev2Profile Masked(Ikev2Profile profile) => profile with { LocalKey = Ikev2KeyringRows.Star(profile.LocalKey), RemoteKey = Ikev2KeyringRows.Star(profile.RemoteKey) };

    private static Ikev2Profile SetMatch(Ikev2Profile profile, ConfigLine line)
    {
        IdentityMatch match = Ikev2KeyringRows.IdentityOf(line);
        if (match.Kind == IdentityMatchKind.Dn && !DistinguishedName.TryParse(match.Text, out _))
        {
            line.Refuse("dn", "this is not a distinguished name", "Write it like CN=hub.example.net, O=Example");
            return profile;
        }
        return profile.MatchRemote.Contains(match) ? profile : profile with { MatchRemote = profile.MatchRemote.Add(match) };
    }

    private static Ikev2Profile SetLocal(Ikev2Profile profile, ConfigLine line)
    {
        if (line.Text("if") is { } name) return profile.MatchInterfaces.Contains(name) ? profile : profile with { MatchInterfaces = profile.MatchInterfaces.Add(name) };
        return profile.MatchLocal.Contains(line.Address("local")) ? profile : profile with { MatchLocal = profile.MatchLocal.Add(line.Address("local")) };
    }

    private static Ikev2Profile SetLocalMethod(Ikev2Profile profile, ConfigLine line)
    {
        PreSharedKey? key = null;
        if (HasKey(line) && (key = Ikev2KeyringRows.KeyOf(line)) is null) return profile;
        return profile with { LocalAuthentication = Method(line), LocalKey = key };
    }

    private static Ikev2Profile SetRemoteMethod(Ikev2Profile profile, ConfigLine line)
    {
        PreSharedKey? key = profile.RemoteKey;
        if (line.Has("pre-share")) key = null;
        if (HasKey(line) && (key = Ikev2KeyringRows.KeyOf(line)) is null) return profile;
        return profile with
        {
            RemoteAuthentication = profile.RemoteAuthentication.Contains(Method(line)) ? profile.RemoteAuthentication : profile.RemoteAuthentication.Add(Method(line)),
            RemoteKey = key,
        };
    }

    private static Ikev2Profile WithoutMethod(Ikev2Profile profile, ConfigLine line) => profile with
    {
        RemoteAuthentication = profile.RemoteAuthentication.RemoveAll(m => m == Method(line)),
        RemoteKey = line.Has("pre-share") ? null : profile.RemoteKey,
    };

    private static bool HasKey(ConfigLine line) => line.HasValue("key") || line.HasValue("digits");

    private static Ikev2Profile SetTrustpoint(Ikev2Profile profile, ConfigLine line)
    {
        string name = line.Text("trustpoint")!;
        bool both = !line.Has("sign") && !line.Has("verify");
        return profile with
        {
            SignTrustpoint = both || line.Has("sign") ? name : profile.SignTrustpoint,
            VerifyTrustpoints = !both && !line.Has("verify") || profile.VerifyTrustpoints.Contains(name) ? profile.VerifyTrustpoints : profile.VerifyTrustpoints.Add(name),
        };
    }

    private static IkeAuthentication Method(ConfigLine line) =>
        line.Has("pre-share") ? IkeAuthentication.PreShared
        : line.Has("rsa-sig") ? IkeAuthentication.RsaSignature
        : line.Has("ecdsa-sig") ? IkeAuthentication.EcdsaSignature
        : IkeAuthentication.Certificate;

    private static string Text(IkeAuthentication method, PreSharedKey? key) => method switch
    {
        IkeAuthentication.PreShared => key is null ? "pre-share" : $"pre-share key {Ikev2KeyringRows.Text(key)}",
        IkeAuthentication.RsaSignature => "rsa-sig",
        IkeAuthentication.EcdsaSignature => "ecdsa-sig",
        _ => "certificate",
    };

    private static IkeIdentity? LocalIdentity(ConfigLine line) =>
        line.Has("fqdn") ? IkeIdentity.Fqdn(line.Text("name")!)
        : line.Has("email") ? IkeIdentity.Email(line.Text("name")!)
        : line.Has("key-id") ? IkeIdentity.KeyId(line.Text("name")!)
        : line.Has("dn") ? null
        : IkeIdentity.Of(line.Address("addr"));

    private static string Text(IkeIdentity identity) => identity.Type switch
    {
        IkeIdType.Fqdn => $"fqdn {identity.Text}",
        IkeIdType.Email => $"email {identity.Text}",
        IkeIdType.KeyId => $"key-id {identity.Text}",
        _ => $"address {identity.Address}",
    };

    private static IEnumerable<string> Write(Ikev2Profile profile)
    {
        if (profile.MatchVrf is { } vrf) yield return $"match fvrf {vrf}";
        foreach (string name in profile.MatchInterfaces) yield return $"match address local interface {name}";
        foreach (IpAddress local in profile.MatchLocal) yield return $"match address local {local}";
        foreach (IdentityMatch match in profile.MatchRemote) yield return $"match identity remote {CryptoText.Of(match, withMask: true)}";
        if (profile.LocalIdentity is { } identity) yield return $"identity local {Text(identity)}";
        if (profile.LocalIdentityIsDn) yield return "identity local dn";
        foreach (IkeAuthentication method in profile.RemoteAuthentication) yield return $"authentication remote {Text(method, profile.RemoteKey)}";
        if (profile.LocalAuthentication is { } own) yield return $"authentication local {Text(own, profile.LocalKey)}";
        if (profile.Keyring is { } keyring) yield return $"keyring local {keyring}";
        foreach (string trustpoint in profile.VerifyTrustpoints)
            yield return $"pki trustpoint {trustpoint}{(trustpoint == profile.SignTrustpoint ? "" : " verify")}";
        if (profile.SignTrustpoint is { } sign && !profile.VerifyTrustpoints.Contains(sign)) yield return $"pki trustpoint {sign} sign";
        if (profile.Lifetime != Defaults.Lifetime) yield return $"lifetime {ConfigText.Seconds(profile.Lifetime)}";
        if (profile.Reauthentication is { } reauth) yield return $"reauth {ConfigText.Seconds(reauth)}";
        if (profile.Dpd is { } dpd) yield return Text(dpd);
        if (profile.NatKeepalive is { } keepalive) yield return $"nat keepalive {ConfigText.Seconds(keepalive)}";
        if (profile.InitialContactForce) yield return "initial-contact force";
    }
}
