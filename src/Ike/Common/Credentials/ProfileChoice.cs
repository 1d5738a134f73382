using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Which <c>crypto ikev2 profile</c> counts for a peer.</summary>
internal static class ProfileChoice
{
    /// <summary>More profiles are not listed in an explanation.</summary>
    private const int Listed = 4;

    /// <summary>
    /// The profile whose rule fits the peer's identity most exactly; of equal ones the first. A profile without rules fits nobody.
    /// </summary>
    /// <param name="config">The configuration.</param>
    /// <param name="named">Name of the only profile that may be it (<c>set ikev2-profile</c>); null: any.</param>
    /// <param name="local">Our address.</param>
    /// <param name="remote">Who the peer says it is.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="problem">Otherwise: why none fits, for an operator.</param>
    /// <param name="explain">False: nobody will read that.</param>
    public static bool TryFind(
        IkeConfig config, string? named, IpAddress local, IkeIdentity remote, [NotNullWhen(true)] out Ikev2Profile? profile, out string problem, bool explain = true)
    {
        profile = null;
        problem = "";
        int best = 0;
        foreach (Ikev2Profile candidate in config.Profiles)
        {
            if ((named is not null && candidate.Name != named) || !IsFor(candidate, local)) continue;
            int fit = Fit(candidate, remote);
            if (fit <= best) continue;
            (best, profile) = (fit, candidate);
        }
        if (profile is null && explain) problem = Explain(config, named, local, remote);
        return profile is not null;
    }

    /// <summary>True when the profile's rules fit the identity, which is asked again for an initiator's profile when the responder has said who it is.</summary>
    public static bool Fits(Ikev2Profile profile, IpAddress local, IkeIdentity remote) => IsFor(profile, local) && Fit(profile, remote) > 0;

    private static bool IsFor(Ikev2Profile profile, IpAddress local) => profile.MatchLocal.Count == 0 || profile.MatchLocal.Contains(local);

    private static int Fit(Ikev2Profile profile, IkeIdentity remote)
    {
        int best = 0;
        foreach (IdentityMatch rule in profile.MatchRemote) best = Math.Max(best, IdentityRules.Fit(rule, remote));
        return best;
    }

    private static string Explain(IkeConfig config, string? named, IpAddress local, IkeIdentity remote)
    {
        Ikev2Profile[] considered = [.. config.Profiles.Where(profile => named is null || profile.Name == named)];
        string who = IdentityRules.Text(remote);
        if (considered.Length == 0) return named is null ? "there is no 'crypto ikev2 profile'" : $"there is no 'crypto ikev2 profile {named}'";
        string rules = string.Join("; ", considered.Take(Listed).Select(profile => Describe(profile, local)));
        if (considered.Length > Listed) rules += $"; and {considered.Length - Listed} more";
        return $"no profile matches identity {who} at local address {local}: {rules}. Add 'match identity remote {who}' to 'crypto ikev2 profile {considered[0].Name}', or change the peer's identity";
    }

    private static string Describe(Ikev2Profile profile, IpAddress local)
    {
        string rules = profile.MatchRemote.Count == 0 ? "nobody (it has no 'match identity remote')"
            : string.Join(", ", profile.MatchRemote.Take(Listed).Select(IdentityRules.Text)) + (profile.MatchRemote.Count > Listed ? ", …" : "");
        return $"profile {profile.Name} matches {rules}" + (IsFor(profile, local) ? "" : $" at other local addresses ({string.Join(", ", profile.MatchLocal.Take(Listed))})");
    }
}
