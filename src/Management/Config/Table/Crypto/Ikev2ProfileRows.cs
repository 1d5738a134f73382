using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto ikev2 profile</c>.</summary>
internal static class Ikev2ProfileRows
{
    public const string Dpd = "<10-3600> retry=<2-60> {on-demand | periodic}";

    private const string Match = "match identity remote {address {addr=A.B.C.D [mask=MASK] | addr=X:X::X/nn | addr=X:X::X} | fqdn [domain] name=WORD(1-255) | email [domain] name=WORD(1-255) | key-id name=WORD(1-255) | any}";
    private const string Methods = "{pre-share | rsa-sig | ecdsa-sig | certificate}";

    private static readonly CryptoBlock<Ikev2Profile> Profile = new(
        ConfigMode.Ikev2Profile, c => c.Profiles, (c, all) => c with { Profiles = all }, p => p.Name, name => new() { Name = name });

    private static Ikev2Profile Defaults { get; } = new() { Name = "" };

    public static IEnumerable<ConfigRow> All()
    {
        yield return Profile.Opening("crypto ikev2 profile", "Who peers may be, and how both ends prove themselves", Write);
        yield return Profile.Row(Match, "Peers with this identity; one of several such lines must fit", "none",
            (p, l) => p.MatchRemote.Contains(Ikev2KeyringRows.IdentityOf(l)) ? p : p with { MatchRemote = p.MatchRemote.Add(Ikev2KeyringRows.IdentityOf(l)) },
            (p, l) => p with { MatchRemote = p.MatchRemote.RemoveAll(m => m == Ikev2KeyringRows.IdentityOf(l)) }, Match);
        yield return Profile.Row("match address local {local=A.B.C.D | local=X:X::X}", "On this local address", "any",
            (p, l) => p.MatchLocal.Contains(l.Address("local")) ? p : p with { MatchLocal = p.MatchLocal.Add(l.Address("local")) },
            (p, l) => p with { MatchLocal = p.MatchLocal.RemoveAll(a => a == l.Address("local")) }, "match address local {local=A.B.C.D | local=X:X::X}");
        yield return Profile.Row("identity local {address {addr=A.B.C.D | addr=X:X::X} | fqdn name=WORD(1-255) | email name=WORD(1-255) | key-id name=WORD(1-255) | dn}", "Who this router says it is",
            "its address; with a certificate the subject",
            (p, l) => p with { LocalIdentity = LocalIdentity(l), LocalIdentityIsDn = l.Has("dn") }, (p, _) => p with { LocalIdentity = null, LocalIdentityIsDn = false });
        yield return Profile.Row($"authentication local {Methods}", "How this router proves itself", "none: must be given",
            (p, l) => p with { LocalAuthentication = Method(l) }, (p, _) => p with { LocalAuthentication = null });
        yield return Profile.Row($"authentication remote {Methods}", "How peers prove themselves; several lines allow several ways", "none: must be given",
            (p, l) => p.RemoteAuthentication.Contains(Method(l)) ? p : p with { RemoteAuthentication = p.RemoteAuthentication.Add(Method(l)) },
            (p, l) => p with { RemoteAuthentication = p.RemoteAuthentication.RemoveAll(m => m == Method(l)) }, $"authentication remote {Methods}");
        yield return Profile.Row("keyring local WORD(1-127)", "Where the pre-shared keys are", "none", (p, l) => p with { Keyring = l.Text("local") }, (p, _) => p with { Keyring = null });
        yield return Profile.Row("pki trustpoint WORD(1-127) [sign | verify]", "Whose certificate is shown, and whose are believed", "the only one with a key; all",
            SetTrustpoint, (p, l) => p with
            {
                SignTrustpoint = p.SignTrustpoint == l.Text("trustpoint") ? null : p.SignTrustpoint,
                VerifyTrustpoints = p.VerifyTrustpoints.RemoveAll(t => t == l.Text("trustpoint")),
            }, "pki trustpoint WORD(1-127) [sign | verify]");
        yield return Profile.Row("lifetime <120-86400>", "Seconds until the IKE SA is rekeyed", "86400", (p, l) => p with { Lifetime = l.Seconds("lifetime") }, (p, _) => p with { Lifetime = Defaults.Lifetime });
        yield return Profile.Row("reauth <300-604800>", "Seconds until both ends prove themselves anew, before the old SA goes", "never",
            (p, l) => p with { Reauthentication = l.Seconds("reauth") }, (p, _) => p with { Reauthentication = null });
        yield return Profile.Row($"dpd {Dpd}", "Find out whether the peer lives: seconds of silence, seconds between questions, always or only with traffic", "the global one",
            (p, l) => p with { Dpd = DpdOf(l) }, (p, _) => p with { Dpd = null });
        yield return Profile.Row("nat keepalive <5-3600>", "Seconds between packets that keep a NAT's mapping open", "the global one",
            (p, l) => p with { NatKeepalive = l.Seconds("keepalive") }, (p, _) => p with { NatKeepalive = null });
        yield return Profile.Row("initial-contact force", "A peer that comes anew ends its older SAs also without saying so", "off",
            (p, _) => p with { InitialContactForce = true }, (p, _) => p with { InitialContactForce = false });
        foreach (string harmless in (string[])["description", "match fvrf", "ivrf", "shutdown", "redirect gateway auth"]) yield return ConfigRow.Harmless(ConfigMode.Ikev2Profile, harmless + " [LINE]");
        foreach ((string start, string remedy) in ((string, string)[])
        [
            ("match certificate", "Use 'match identity remote dn' or 'fqdn': the identity must be in the certificate"),
            ("aaa", "Keys are read from 'keyring local'"), ("virtual-template", "Use 'interface TunnelN' with 'tunnel mode gre multipoint'"),
            ("authentication local eap", "Use pre-share or certificate"), ("authentication remote eap", "Use pre-share or certificate"), ("anyconnect", "Remove the line"),
            ("keyring aaa", "Use 'keyring local'"), ("config-exchange", "Remove the line: addresses are configured"),
        ])
        {
            yield return ConfigRow.Refused(ConfigMode.Ikev2Profile, start + " [LINE]", $"'{start}' is not supported, and leaving it out would change who may connect", remedy);
        }
        foreach (ConfigRow row in Profile.Leaving()) yield return row;
    }

    internal static DpdConfig DpdOf(ConfigLine line) => new(line.Seconds("dpd"), line.Seconds("retry"), line.Has("periodic"));

    internal static string Text(DpdConfig dpd) => $"dpd {ConfigText.Seconds(dpd.Interval)} {ConfigText.Seconds(dpd.Retry)} {(dpd.Periodic ? "periodic" : "on-demand")}";

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

    private static string Text(IkeAuthentication method) => method switch
    {
        IkeAuthentication.PreShared => "pre-share",
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
        foreach (IpAddress local in profile.MatchLocal) yield return $"match address local {local}";
        foreach (IdentityMatch match in profile.MatchRemote) yield return $"match identity remote {Ikev2KeyringRows.Text(match, withMask: true)}";
        if (profile.LocalIdentity is { } identity) yield return $"identity local {Text(identity)}";
        if (profile.LocalIdentityIsDn) yield return "identity local dn";
        foreach (IkeAuthentication method in profile.RemoteAuthentication) yield return $"authentication remote {Text(method)}";
        if (profile.LocalAuthentication is { } own) yield return $"authentication local {Text(own)}";
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
