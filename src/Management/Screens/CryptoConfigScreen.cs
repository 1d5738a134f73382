using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto ikev2 {proposal|policy|profile}</c>, <c>show crypto ipsec {profile|transform-set}</c>.</summary>
public static class CryptoConfigScreen
{
    /// <summary><c>show crypto ikev2 proposal</c>.</summary>
    public static string RenderProposals(CryptoConfigState state)
    {
        var text = new ScreenText();
        foreach (CryptoProposal proposal in state.Proposals)
        {
            text.Line($" IKEv2 proposal: {proposal.Name} ");
            text.Line($"     Encryption : {Words(proposal.Encryption)}");
            text.Line($"     Integrity  : {Words(proposal.Integrity)}");
            text.Line($"     PRF        : {Words(proposal.Prf)}");
            text.Line($"     DH Group   : {Words(proposal.Groups)}");
        }
        return text.ToString();
    }

    /// <summary><c>show crypto ikev2 policy</c>.</summary>
    public static string RenderPolicies(CryptoConfigState state)
    {
        var text = new ScreenText();
        foreach (CryptoPolicy policy in state.Policies)
        {
            text.Line($" IKEv2 policy : {policy.Name}");
            text.Line($"      Match fvrf : {policy.Fvrf}");
            if (policy.LocalAddresses.Count == 0) text.Line("      Match address local : any");
            foreach (IpAddress address in policy.LocalAddresses) text.Line($"      Match address local : {address.Text()}");
            foreach (string proposal in policy.Proposals) text.Line($"      Proposal    : {proposal}");
            text.Line();
        }
        return text.ToString();
    }

    /// <summary><c>show crypto ikev2 profile</c>.</summary>
    public static string RenderIkev2Profiles(CryptoConfigState state)
    {
        var text = new ScreenText();
        foreach (CryptoIkev2Profile profile in state.Ikev2Profiles)
        {
            text.Line().Line($"IKEv2 profile: {profile.Name}");
            text.Line($" Ref Count: {profile.References}");
            text.Line(" Match criteria: ");
            text.Line($"  Fvrf: {profile.Fvrf}");
            text.Line($"  Local address/interface: {Words([.. profile.LocalAddresses.Select(ScreenFormat.Text), .. profile.LocalInterfaces])}");
            text.Line("  Identities: ");
            foreach (string identity in profile.RemoteIdentities) text.Line($"   {identity} ");
            text.Line("  Certificate maps: none");
            text.Line($" Local identity: {profile.LocalIdentity ?? "none"}");
            text.Line(" Remote identity: none");
            text.Line($" Local authentication method: {profile.LocalAuthentication ?? "none"}");
            text.Line($" Remote authentication method(s): {Words(profile.RemoteAuthentication)}");
            text.Line(" EAP options: none");
            text.Line($" Keyring: {profile.Keyring ?? "none"}");
            text.Line($" Trustpoint(s): {Trustpoints(profile)}");
            text.Line($" Lifetime: {profile.LifetimeSeconds} seconds");
            text.Line(profile.DpdSeconds is { } seconds
                ? $" DPD: interval {seconds}, retry-interval {profile.DpdRetrySeconds}, {(profile.DpdPeriodic ? "periodic" : "on-demand")}"
                : " DPD: disabled");
            text.Line($" NAT-keepalive: {profile.NatKeepaliveSeconds} seconds");
            text.Line(" Ivrf: none");
            text.Line(" Virtual-template: none");
            if (profile.ReauthenticationSeconds is { } again) text.Line($" Reauthentication: after {again} seconds");
        }
        return text.ToString();
    }

    /// <summary><c>show crypto ipsec profile</c>.</summary>
    public static string RenderIpsecProfiles(CryptoConfigState state)
    {
        var text = new ScreenText();
        foreach (CryptoIpsecProfile profile in state.IpsecProfiles)
        {
            text.Line($"IPSEC profile {profile.Name}");
            if (profile.Ikev2Profile is { } ikev2) text.Line($"\tIKEv2 Profile: {ikev2}");
            if (profile.LifetimeKilobytes is { } kilobytes) text.Line($"\tSecurity association lifetime: {kilobytes} kilobytes/{profile.LifetimeSeconds} seconds");
            else text.Line("\tKilobyte Volume Rekey has been disabled.").Line($"\tSecurity association lifetime:{profile.LifetimeSeconds} seconds");
            if (profile.IdleSeconds is { } idle) text.Line($"\tSecurity association idle-time: {idle} seconds");
            text.Line("\tResponder-Only (Y/N): N");
            text.Line($"\tPFS (Y/N): {(profile.PfsGroup is null ? "N" : "Y")}");
            if (profile.PfsGroup is { } group) text.Line("\t\tInherit (Y/N): N").Line($"\t\tDH group: group{group}");
            text.Line("\tMixed-mode : Disabled");
            text.Line($"\tReplay window : {(profile.ReplayWindow == 0 ? "disabled" : profile.ReplayWindow)}{(profile.Esn ? ", ESN" : "")}");
            text.Line("\tTransform sets={ ");
            foreach (CryptoTransformSet set in profile.TransformSets) text.Line($"\t\t{set.Name}:  {{ {set.Transform}  }} , ");
            text.Line("\t} ").Line();
        }
        return text.ToString();
    }

    /// <summary><c>show crypto ipsec transform-set</c>.</summary>
    public static string RenderTransformSets(CryptoConfigState state)
    {
        var text = new ScreenText();
        foreach (CryptoTransformSet set in state.TransformSets)
        {
            text.Line($"Transform set {set.Name}: {{ {set.Transform}  }} ");
            text.Line($"   will negotiate = {{ {(set.TunnelMode ? "Tunnel" : "Transport")}{(set.Esn ? " Esn" : "")},  }}, ").Line();
        }
        return text.ToString();
    }

    private static string Words(IReadOnlyList<string> words) => words.Count == 0 ? "none" : string.Join(' ', words);

    private static string Trustpoints(CryptoIkev2Profile profile)
    {
        var names = new List<string>();
        if (profile.SignTrustpoint is { } sign) names.Add(profile.VerifyTrustpoints.Contains(sign) ? sign : $"{sign} (sign)");
        foreach (string verify in profile.VerifyTrustpoints)
        {
            if (verify != profile.SignTrustpoint) names.Add($"{verify} (verify)");
        }
        return Words(names);
    }
}
