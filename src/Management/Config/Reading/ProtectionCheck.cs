using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Nhrp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>Checks of IPsec profiles and of the tunnels that they protect.</summary>
internal static class ProtectionCheck
{
    /// <summary>What goes through everywhere, with ESP in UDP around it; larger ones are reckoned with the profile's transforms.</summary>
    private const int SafeMtu = 1400;

    public static void Check(RouterConfig config, ConfigBuilder builder)
    {
        foreach ((string name, ConfigLine line) in builder.WeakSets) WeakSet(name, line, config.Crypto);
        foreach ((string name, SourceLine line) in builder.HiddenProtections)
        {
            if (config.Crypto.IpsecProfiles.Any(p => p.Name == name))
                builder.Findings.Add(line.Finding(FindingKind.Error, 0, 0, "this line is in the text of a banner, and would protect nothing", "Move it, or close the banner before it"));
        }
        HashSet<string> weak = [.. builder.WeakSets.Select(set => set.Name)];
        var names = new Names(config, builder.HasIkev1);
        foreach (IpsecProfile profile in config.Crypto.IpsecProfiles) Profile(profile, config.Crypto, weak, names, new(builder, ConfigMode.IpsecProfile, profile.Name));
        foreach (TunnelConfig tunnel in config.Tunnels) Tunnel(tunnel, config, names, new TunnelCheck(tunnel, builder));
    }

    /// <summary>What profiles and tunnels refer to, by name: a file may have thousands of each.</summary>
    private sealed class Names(RouterConfig config, bool hasIkev1)
    {
        /// <summary>IKEv2 profiles.</summary>
        public Dictionary<string, Ikev2Profile> Ike { get; } = config.Crypto.Profiles.ToDictionary(p => p.Name);

        /// <summary>IPsec profiles, the one called <c>default</c> too.</summary>
        public Dictionary<string, IpsecProfile> Ipsec { get; } = config.Crypto.IpsecProfiles.Append(config.Crypto.IpsecProfileOf(IpsecProfile.Default.Name)!).DistinctBy(p => p.Name).ToDictionary(p => p.Name);

        /// <summary>The first protected tunnel with a source; the IPv4 and IPv6 addresses of an interface are two.</summary>
        public Dictionary<(TunnelSource Source, string? Vrf, bool IsIPv6), TunnelConfig> Sources { get; } = [];

        /// <summary>True when IKEv1 was refused: that there is no IKEv2 then is part of the same mistake.</summary>
        public bool HasIkev1 => hasIkev1;
    }

    private static void WeakSet(string name, ConfigLine line, IkeConfig crypto)
    {
        const string weak = "a transform of this set is weak, or is not ESP";
        if (crypto.IpsecProfiles.Any(p => p.TransformSets.Contains(name))) line.Refuse("", weak, "Take 'esp-gcm 256', or 'esp-aes 256 esp-sha256-hmac', here and on the peers");
        else line.Warn("", $"{weak}; no profile names it, and it is passed over", "Remove it");
    }

    private static void Profile(IpsecProfile profile, IkeConfig crypto, HashSet<string> weak, Names names, BlockCheck check)
    {
        foreach (string set in profile.TransformSets)
        {
            if (crypto.TransformSetOf(set) is null && !weak.Contains(set)) check.Refuse("set transform-set", $"there is no 'crypto ipsec transform-set {set}'", "Define it, or correct the name");
        }
        if (crypto.TransformSetsOf(profile).Select(set => set.TunnelMode).Distinct().Count() > 1)
            check.Refuse("set transform-set", "these transform sets have different modes", "Give all of them 'mode transport', here and on the peers");
        if (profile.Ikev2Profile is { } ike && !names.Ike.ContainsKey(ike))
            check.Refuse("set ikev2-profile", $"there is no 'crypto ikev2 profile {ike}'", "Define it, or correct the name");
        else if (profile.Ikev2Profile is null && crypto.Profiles.Count == 0 && !names.HasIkev1)
            check.Refuse("", $"profile {profile.Name} has no IKEv2 profile", "Define 'crypto ikev2 profile', and name it with 'set ikev2-profile'");
    }

    private static void Tunnel(TunnelConfig tunnel, RouterConfig config, Names names, TunnelCheck check)
    {
        bool byCertificate = tunnel.IpNhrp.Authorization == NhrpAuthorization.Certificate || tunnel.Ipv6Nhrp.Authorization == NhrpAuthorization.Certificate;
        string authorization = tunnel.IpNhrp.Authorization == NhrpAuthorization.Certificate ? "ip nhrp authorization" : "ipv6 nhrp authorization";
        if (tunnel.Protection is not { } protection)
        {
            if (byCertificate) check.Refuse(authorization, "there are no certificates without 'tunnel protection'", "Add 'tunnel protection ipsec profile NAME'");
            return;
        }
        Shared(tunnel, protection, config, names, check);
        if (!names.Ipsec.TryGetValue(protection.Profile, out IpsecProfile? profile))
        {
            check.Refuse("tunnel protection", $"there is no 'crypto ipsec profile {protection.Profile}'", "Define it, or correct the name");
            return;
        }
        if (ReferenceEquals(profile, IpsecProfile.Default) && config.Crypto.Profiles.Count == 0 && !names.HasIkev1)
            check.Refuse("tunnel protection", "there is no IKEv2 profile: nobody could prove himself", "Define 'crypto ikev2 profile'");
        if (tunnel.RelayBypassKernel && config.WorkersInForce > 1 && !SendingRule.MaySpread(tunnel, config.Crypto))
            check.Note("tunnel relay", $"of {config.WorkersInForce} workers only one sends by {tunnel.Id}, for the replay window is small, and only what that one receives is relayed",
                $"Set 'crypto ipsec security-association replay window-size {SendingRule.LeastWindow}' or more on all routers, or 'platform workers 1'");
        Size("ip mtu", tunnel.IpMtu, tunnel, profile, config.Crypto, check);
        Size("ipv6 mtu", tunnel.Ipv6Mtu, tunnel, profile, config.Crypto, check);
        IReadOnlyList<Ikev2Profile> candidates = profile.Ikev2Profile is not { } named ? config.Crypto.Profiles : names.Ike.TryGetValue(named, out Ikev2Profile? one) ? [one] : [];
        foreach (Ikev2Profile ike in candidates) Source(tunnel, config, ike, profile.Ikev2Profile is not null, check);
        if (byCertificate && candidates.Any(p => p.RemoteAuthentication.Contains(IkeAuthentication.PreShared)))
            check.Refuse(authorization, "peers may prove themselves by a pre-shared key, and then have no certificate", "Use 'authentication remote certificate' alone");
    }

    /// <summary>
    /// Tunnels with one source have one set of security associations, or else nobody could tell which of them a peer means. An interface's
    /// IPv4 and IPv6 addresses are two sources.
    /// </summary>
    private static void Shared(TunnelConfig tunnel, TunnelProtection protection, RouterConfig config, Names names, TunnelCheck check)
    {
        if (tunnel.Source is not { } written) return;
        TunnelSource source = Resolved(written, config);
        if (!names.Sources.TryGetValue((source, tunnel.UnderlayNamespace, tunnel.IsIPv6Transport), out TunnelConfig? other))
        {
            names.Sources[(source, tunnel.UnderlayNamespace, tunnel.IsIPv6Transport)] = tunnel;
            return;
        }
        TunnelProtection theirs = other.Protection!;
        if (theirs.Profile != protection.Profile)
            check.Refuse("tunnel protection", $"{other.Id} has the same source and another profile: a peer that comes could be meant for either", "Use one profile for both, with 'shared'");
        else if (!theirs.Shared || !protection.Shared)
            check.Refuse("tunnel protection", $"{other.Id} has the same source: their security associations are the same", "Add 'shared' to both");
    }

    /// <summary>
    /// Rules of the IKEv2 profile for this end. They are kept by refusing tunnels that they would exclude: a tunnel whose source or VRF is another one could never come up.
    /// </summary>
    private static void Source(TunnelConfig tunnel, RouterConfig config, Ikev2Profile ike, bool isNamed, TunnelCheck check)
    {
        string remedy = isNamed ? "Correct one of them" : "Name the right profile with 'set ikev2-profile' in the IPsec profile";
        if (ike.MatchVrf is { } vrf && vrf != tunnel.UnderlayNamespace)
            check.Refuse("tunnel protection", $"IKEv2 profile {ike.Name} is for 'tunnel vrf {vrf}', and {tunnel.Id} has {(tunnel.UnderlayNamespace is null ? "none" : $"'tunnel vrf {tunnel.UnderlayNamespace}'")}", remedy);
        if (tunnel.Source is not { } source) return;
        if (isNamed && source.Interface is null && ike.MatchLocal.Count > 0 && ike.MatchInterfaces.Count == 0 && !ike.MatchLocal.Contains(source.Address))
            check.Refuse("tunnel protection", $"IKEv2 profile {ike.Name} is for local address {string.Join(", ", ike.MatchLocal)}, and {tunnel.Id} has 'tunnel source {source}'", remedy);
        if (ike.MatchInterfaces.Count > 0 && !ike.MatchInterfaces.Any(name => IsSource(name, source, config)))
            check.Refuse("tunnel protection", $"IKEv2 profile {ike.Name} is for interface {string.Join(", ", ike.MatchInterfaces)}, and {tunnel.Id} has 'tunnel source {source}'", remedy);
    }

    /// <summary>
    /// An interface's own address is that interface, however the source is written. Interfaces that the file gives no address are known at run
    /// time only.
    /// </summary>
    private static TunnelSource Resolved(TunnelSource source, RouterConfig config)
    {
        if (source.Interface is not null) return source;
        foreach (LinuxInterfaceConfig candidate in config.LinuxInterfaces)
        {
            InterfaceAddress? own = candidate.Addresses.FirstOrDefault(a => !a.Secondary && a.Address.IsIPv4 == source.Address.IsIPv4);
            if (own?.Address == source.Address) return new TunnelSource(candidate.Name, IpAddress.None);
        }
        return source;
    }

    private static bool IsSource(string name, TunnelSource source, RouterConfig config) => source.Interface is { } own
        ? own.Equals(name, StringComparison.OrdinalIgnoreCase)
        : config.LinuxInterfaces.Any(i => i.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && i.Addresses.Any(a => a.Address == source.Address));

    private static void Size(string command, int mtu, TunnelConfig tunnel, IpsecProfile profile, IkeConfig crypto, TunnelCheck check)
    {
        if (mtu <= SafeMtu) return;
        (int outer, int gre) = ConfigCheck.Headers(tunnel);
        int size = crypto.TransformSetsOf(profile).Select(set => outer + EspLength(set, gre + mtu + (set.TunnelMode ? outer : 0))).DefaultIfEmpty().Max();
        if (size > ConfigCheck.UnderlayMtu)
            check.Warn(command, $"packets of {mtu} bytes become up to {size} with ESP, more than Ethernet's {ConfigCheck.UnderlayMtu}", "Take 1400, and an MSS of 1360 for TCP, unless the underlay carries more");
    }

    /// <summary>The payload in ESP in UDP (RFC 4303 2, RFC 3948 2.1): UDP, SPI and sequence number, IV, padding and trailer, ICV.</summary>
    private static int EspLength(TransformSet set, int payload)
    {
        bool isCbc = set.Encryption.Id == EncryptionId.AesCbc;
        int iv = isCbc ? 16 : set.Encryption.Id == EncryptionId.Null ? 0 : 8, block = isCbc ? 16 : 4;
        int icv = set.Integrity switch { IntegrityId.None => 16, IntegrityId.HmacSha1 => 12, IntegrityId.HmacSha256 => 16, IntegrityId.HmacSha384 => 24, _ => 32 };
        return 8 + 8 + iv + (payload + 2 + block - 1) / block * block + icv;
    }
}
