namespace Dmvpn.Core;

/// <summary>What part a certificate gives its site in the network.</summary>
public enum SiteRole
{
    /// <summary>The certificate does not say: it is of another authority, or of before there were roles.</summary>
    Unsaid,

    /// <summary>A spoke: never a next hop server.</summary>
    Spoke,

    /// <summary>A hub: a next hop server at its own tunnel addresses.</summary>
    Hub,
}

/// <summary>
/// What a peer's certificate lets it have: tunnel addresses, a role, and the networks behind it. Every engine checks claims
/// against it. Without a certificate it is <see cref="None"/>.
/// </summary>
/// <param name="TunnelAddresses">The tunnel addresses that it may have, as host prefixes, or networks that hold them.</param>
/// <param name="Role">Its role.</param>
/// <param name="Networks">The networks behind it; empty: it has none; null: the certificate does not say.</param>
public sealed record SiteRights(ValueList<IpPrefix> TunnelAddresses, SiteRole Role, ValueList<IpPrefix>? Networks)
{
    /// <summary>A certificate that says nothing, or no certificate.</summary>
    public static readonly SiteRights None = new([], SiteRole.Unsaid, null);

    /// <summary>True when the certificate names it as a hub.</summary>
    public bool IsHub => Role == SiteRole.Hub;

    /// <summary>True when this tunnel address is in the certificate.</summary>
    public bool Holds(IpAddress tunnel) => HasAny(TunnelAddresses, tunnel);

    /// <summary>
    /// May it be the next hop server at this tunnel address? A spoke may not, and a hub at its own addresses. A certificate
    /// that does not speak of roles may be of an authority that knows nothing of tunnels, so its addresses are others: they
    /// count only when <paramref name="strict"/> says that they are tunnel addresses.
    /// </summary>
    public bool MayServe(IpAddress tunnel, bool strict) => Role switch
    {
        SiteRole.Spoke => false,
        SiteRole.Hub => Holds(tunnel),
        _ => !strict || Holds(tunnel),
    };

    /// <summary>
    /// May it announce this prefix as behind it, by NHRP or by routing? True when a network of the certificate holds all of
    /// it, or when the certificate does not speak of networks.
    /// </summary>
    public bool MayAnnounce(IpPrefix prefix)
    {
        if (Networks is null) return true;
        foreach (IpPrefix network in Networks.AsSpan())
        {
            if (network.Contains(prefix)) return true;
        }
        return false;
    }

    /// <summary>May this be the source of a packet from it: one of its tunnel addresses, or in one of its networks?</summary>
    public bool MayUse(IpAddress source) => Holds(source) || Networks is null || HasAny(Networks, source);

    private static bool HasAny(ValueList<IpPrefix> prefixes, IpAddress address)
    {
        foreach (IpPrefix prefix in prefixes.AsSpan())
        {
            if (prefix.Contains(address)) return true;
        }
        return false;
    }
}
