using Dmvpn.Ike;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Screens;

/// <summary>The crypto configuration in force, with IOS's defaults where a file is silent. Keys and passwords stay behind. Control thread only.</summary>
internal static class CryptoConfigScreens
{
    public static CryptoConfigState Of(IkeInstance ike, ScreenQuery query)
    {
        IkeConfig config = ike.Config;
        bool wants(string kind) => query.Filter is null || query.Filter == kind;
        return new CryptoConfigState
        {
            Proposals = wants("proposal") ? [.. WithDefault(config.Proposals, Ikev2Proposal.Default, static p => p.Name).Where(p => query.MatchesName(p.Name)).Select(Proposal)] : [],
            Policies = wants("policy") ? [.. WithDefault(config.Policies, new Ikev2Policy { Name = "default" }, static p => p.Name).Where(p => query.MatchesName(p.Name)).Select(Policy)] : [],
            Ikev2Profiles = wants("ikev2-profile") ? Profiles(ike, query) : [],
            IpsecProfiles = wants("ipsec-profile") ? [.. config.IpsecProfiles.Where(p => query.MatchesName(p.Name)).Select(p => Profile(p, config))] : [],
            TransformSets = wants("transform-set")
                ? [.. WithDefault(config.TransformSets, TransformSet.Default, static s => s.Name).Where(s => query.MatchesName(s.Name)).Select(Set)] : [],
        };
    }

    /// <summary>The default is there as long as the file has none of its name.</summary>
    private static IEnumerable<T> WithDefault<T>(IEnumerable<T> configured, T otherwise, Func<T, string> name) =>
        configured.Any(c => name(c) == name(otherwise)) ? configured : configured.Prepend(otherwise);

    private static CryptoProposal Proposal(Ikev2Proposal proposal) => new()
    {
        Name = proposal.Name,
        Encryption = [.. proposal.Encryption.Select(static e => IkeNames.NameOf(e.Id, e.KeyBits))],
        Integrity = [.. proposal.Integrity.Select(IkeNames.NameOf)],
        Prf = [.. proposal.PrfsInForce().Select(IkeNames.NameOf)],
        Groups = [.. proposal.Groups.Select(IkeNames.NameOf)],
    };

    private static CryptoPolicy Policy(Ikev2Policy policy) => new()
    {
        Name = policy.Name,
        Fvrf = policy.MatchVrf ?? "any",
        LocalAddresses = [.. policy.MatchLocal],
        Proposals = policy.Proposals.Count > 0 ? [.. policy.Proposals] : [Ikev2Proposal.Default.Name],
    };

    private static List<CryptoIkev2Profile> Profiles(IkeInstance ike, ScreenQuery query)
    {
        IkeConfig config = ike.Config;
        var references = new Dictionary<string, int>();
        foreach (IkeSaState sa in ike.Sas()) references[sa.Profile] = references.GetValueOrDefault(sa.Profile) + 1;
        return [.. config.Profiles.Where(p => query.MatchesName(p.Name)).Select(p => Profile(p, config, references.GetValueOrDefault(p.Name)))];
    }

    private static CryptoIkev2Profile Profile(Ikev2Profile profile, IkeConfig config, int references)
    {
        DpdConfig? dpd = profile.Dpd ?? config.Dpd;
        return new CryptoIkev2Profile
        {
            Name = profile.Name,
            References = references,
            Fvrf = profile.MatchVrf ?? "any",
            LocalAddresses = [.. profile.MatchLocal],
            LocalInterfaces = [.. profile.MatchInterfaces],
            RemoteIdentities = [.. profile.MatchRemote.Select(Rule)],
            LocalIdentity = profile.LocalIdentityIsDn ? "DN" : profile.LocalIdentity is { } identity ? $"{Kind(identity.Type)} {identity}" : null,
            LocalAuthentication = profile.LocalAuthentication is { } local ? CryptoNames.Authentication(local) : null,
            RemoteAuthentication = [.. profile.RemoteAuthentication.Select(CryptoNames.Authentication)],
            Keyring = profile.Keyring,
            SignTrustpoint = profile.SignTrustpoint,
            VerifyTrustpoints = [.. profile.VerifyTrustpoints],
            LifetimeSeconds = NhrpScreens.Seconds(profile.Lifetime),
            DpdSeconds = dpd is null ? null : NhrpScreens.Seconds(dpd.Interval),
            DpdRetrySeconds = dpd is null ? 0 : NhrpScreens.Seconds(dpd.Retry),
            DpdPeriodic = dpd?.Periodic ?? false,
            NatKeepaliveSeconds = NhrpScreens.Seconds(profile.NatKeepalive ?? config.NatKeepalive),
            ReauthenticationSeconds = profile.Reauthentication is { } again ? NhrpScreens.Seconds(again) : null,
        };
    }

    private static string Rule(IdentityMatch match) => match.Kind == IdentityMatchKind.Address ? $"address {match.Prefix}" : CryptoText.Of(match, withMask: false);

    private static string Kind(IkeIdType type) => type switch
    {
        IkeIdType.Fqdn => "fqdn",
        IkeIdType.Email => "email",
        IkeIdType.KeyId => "key-id",
        IkeIdType.Dn => "dn",
        _ => "address",
    };

    private static CryptoIpsecProfile Profile(IpsecProfile profile, IkeConfig config)
    {
        long? kilobytes = profile.LifetimeKilobytes ?? config.LifetimeKilobytes;
        TimeSpan? idle = profile.IdleTime ?? config.IdleTime;
        return new CryptoIpsecProfile
        {
            Name = profile.Name,
            Ikev2Profile = profile.Ikev2Profile,
            LifetimeSeconds = NhrpScreens.Seconds(profile.LifetimeSeconds ?? config.LifetimeSeconds),
            LifetimeKilobytes = kilobytes is 0 ? null : kilobytes,
            IdleSeconds = idle is { } time ? NhrpScreens.Seconds(time) : null,
            PfsGroup = profile.Pfs is { } group and not DhGroup.None ? (int)group : null,
            ReplayWindow = profile.ReplayWindow ?? config.ReplayWindow,
            Esn = profile.Esn,
            TransformSets = [.. config.TransformSetsOf(profile).Select(Set)],
        };
    }

    private static CryptoTransformSet Set(TransformSet set) => new(set.Name, CryptoNames.Transform(set.Encryption.Id, set.Encryption.KeyBits, set.Integrity), set.TunnelMode, set.Esn);
}
