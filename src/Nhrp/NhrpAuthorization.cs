using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary><c>ip nhrp authorization</c>: what a claim to a tunnel address is checked against. Without tunnel protection there is no identity, and nothing is checked.</summary>
public enum NhrpAuthorization
{
    /// <summary><c>identity</c>, the default: an address belongs to the IKE identity that has it until its mapping ends; another identity cannot take it.</summary>
    Identity,

    /// <summary><c>certificate</c>: and the address must be in the peer's certificate.</summary>
    Certificate,

    /// <summary><c>none</c>: as on IOS, by NBMA address and unique bit alone.</summary>
    None,
}

/// <summary>Who a peer with an association proved to be.</summary>
/// <param name="Name">Its IKE identity, for logs and screens.</param>
/// <param name="Rights">What its certificate lets it have.</param>
public sealed record NhrpIdentity(string Name, SiteRights Rights);

/// <summary>
/// The identities behind associations, and what they may claim: no DMVPN that identifies its peers by NBMA address alone can stop a member from taking another's
/// address.
/// </summary>
internal sealed class NhrpIdentities(NhrpCore core)
{
    private readonly Dictionary<int, NhrpIdentity> _byAssociation = [];

    public void Set(int association, NhrpIdentity identity) => _byAssociation[association] = identity;

    public void Remove(int association) => _byAssociation.Remove(association);

    public string NameOf(NbmaPeer peer) => _byAssociation.TryGetValue(peer.Association, out NhrpIdentity? identity) ? identity.Name : "no identity";

    /// <summary>
    /// May the station that <paramref name="from"/> is have this tunnel address? A refusal is counted and logged with both identities.
    /// </summary>
    public bool MayClaim(NhrpInterface via, NbmaPeer from, IpAddress address, Instant now)
    {
        if (via.Config.Authorization == NhrpAuthorization.None || from.Association == 0) return true;
        if (via.Cache.Find(address) is { Origin: NhrpOrigin.Registered or NhrpOrigin.Resolved } owner && owner.Peer.Association != 0 && owner.Peer.Association != from.Association)
        {
            core.Drops.Count(NhrpDrop.IdentityMismatch);
            if (core.PeerLines.TryTake(now)) core.Logger.ClaimOfOther(via.Key, address, NameOf(from), from, NameOf(owner.Peer), owner.Peer);
            return false;
        }
        return IsCertified(via, from, address, now);
    }

    /// <summary>
    /// May the station be the next hop server at this address? Its certificate decides: what any member's certificate could
    /// do would make each member the hub. Without certificates the pre-shared key of the server is all that there is.
    /// </summary>
    public bool MayServe(NhrpInterface via, NbmaPeer from, IpAddress server, Instant now)
    {
        if (via.Config.Authorization == NhrpAuthorization.None || from.Association == 0) return true;
        SiteRights rights = _byAssociation.TryGetValue(from.Association, out NhrpIdentity? identity) ? identity.Rights : SiteRights.None;
        if (rights.MayServe(server, strict: via.Config.Authorization == NhrpAuthorization.Certificate)) return true;
        core.Drops.Count(NhrpDrop.NotTheServer);
        if (core.PeerLines.TryTake(now)) core.Logger.NotTheServer(via.Key, server, NameOf(from), from);
        return false;
    }

    /// <summary>With <c>authorization certificate</c>: is the address in the peer's certificate?</summary>
    public bool IsCertified(NhrpInterface via, NbmaPeer from, IpAddress address, Instant now)
    {
        if (via.Config.Authorization != NhrpAuthorization.Certificate || from.Association == 0) return true;
        if (_byAssociation.TryGetValue(from.Association, out NhrpIdentity? identity) && identity.Rights.Holds(address)) return true;
        core.Drops.Count(NhrpDrop.NotInCertificate);
        if (core.PeerLines.TryTake(now)) core.Logger.ClaimNotCertified(via.Key, address, NameOf(from), from);
        return false;
    }
}
