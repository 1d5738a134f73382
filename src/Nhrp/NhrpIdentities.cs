using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>What <see cref="NhrpIdentities.Bind"/> found.</summary>
internal enum NhrpBinding
{
    /// <summary>Nobody has proved anything at the address yet.</summary>
    Open,

    /// <summary>The peer is known by its association now.</summary>
    Bound,

    /// <summary>Several are there, and nothing tells which of them it is.</summary>
    Ambiguous,

    /// <summary>Whoever is there may not have the tunnel address.</summary>
    Refused,
}

/// <summary>
/// The identities behind associations, and what they may claim: no DMVPN that identifies its peers by NBMA address alone can stop a member from taking another's
/// address. Packets for a tunnel address leave only by an association that may have it.
/// </summary>
internal sealed class NhrpIdentities(NhrpCore core)
{
    private readonly Dictionary<int, Known> _byAssociation = [];
    private readonly Dictionary<IpAddress, List<int>> _byAddress = [];
    private readonly Dictionary<(int Protection, IpAddress Address), int> _bound = [];

    public void Set(NbmaPeer peer, NhrpIdentity identity)
    {
        Remove(peer.Association);
        _byAssociation[peer.Association] = new Known(identity, peer.Address);
        if (!_byAddress.TryGetValue(peer.Address, out List<int>? there)) _byAddress.Add(peer.Address, there = new(1));
        there.Add(peer.Association);
    }

    /// <summary>The association is at another address now.</summary>
    public void Move(NbmaPeer to)
    {
        if (_byAssociation.TryGetValue(to.Association, out Known known)) Set(to, known.Identity);
    }

    public void Remove(int association)
    {
        if (!_byAssociation.Remove(association, out Known known) || !_byAddress.TryGetValue(known.Address, out List<int>? there)) return;
        there.Remove(association);
        if (there.Count == 0) _byAddress.Remove(known.Address);
    }

    /// <summary>
    /// Who answered at a configured address; association 0: nobody yet. Whoever else is there is not the configured station. Told of an address that is not <paramref name="configured"/>,
    /// and never was, it changes nothing.
    /// </summary>
    public void SetBound(int protection, NbmaPeer to, bool configured)
    {
        if (configured || _bound.ContainsKey((protection, to.Address))) _bound[(protection, to.Address)] = to.Association;
    }

    /// <summary>True for two associations of one identity.</summary>
    public bool IsSameStation(NbmaPeer one, NbmaPeer other) => one.Association == other.Association
        || _byAssociation.TryGetValue(one.Association, out Known first) && _byAssociation.TryGetValue(other.Association, out Known second)
            && first.Identity.Key == second.Identity.Key && first.Identity.Protection == second.Identity.Protection;

    public bool IsLive(NbmaPeer peer) => peer.Association != 0 && _byAssociation.ContainsKey(peer.Association);

    public string NameOf(NbmaPeer peer) => _byAssociation.TryGetValue(peer.Association, out Known known) ? known.Identity.Name : "no identity";

    /// <summary>What the peer's certificate lets it have.</summary>
    public SiteRights RightsOf(NbmaPeer peer) => _byAssociation.TryGetValue(peer.Association, out Known known) ? known.Identity.Rights : SiteRights.None;

    /// <summary>
    /// May the station that <paramref name="from"/> is have this tunnel address? A refusal is counted and logged with both identities.
    /// </summary>
    public bool MayClaim(NhrpInterface via, NbmaPeer from, IpAddress address, Instant now)
    {
        if (!IsChecked(via, from)) return true;
        if (OwnerOf(via, from, address) is { } owner)
        {
            core.Drops.Count(NhrpDrop.IdentityMismatch);
            if (core.PeerLines.TryTake(now)) core.Logger.ClaimOfOther(via.Key, address, NameOf(from), from, NameOf(owner.Peer), owner.Peer);
            return false;
        }
        return IsCertified(via, from, address, now);
    }

    /// <summary>With <c>authorization certificate</c>: is the address in the peer's certificate?</summary>
    public bool IsCertified(NhrpInterface via, NbmaPeer from, IpAddress address, Instant now)
    {
        if (CanHold(via, from, address, asServer: false)) return true;
        core.Drops.Count(NhrpDrop.NotInCertificate);
        if (core.PeerLines.TryTake(now)) core.Logger.ClaimNotCertified(via.Key, address, NameOf(from), from);
        return false;
    }

    /// <summary>
    /// May the station be the next hop server at this address? Its certificate decides: what any member's certificate could
    /// do would make each member the hub. Without certificates the pre-shared key of the server is all that there is.
    /// </summary>
    public bool MayServe(NhrpInterface via, NbmaPeer from, IpAddress server, Instant now)
    {
        if (CanServe(via, from, server)) return true;
        core.Drops.Count(NhrpDrop.NotTheServer);
        if (core.Complaints.IsNew(via.Key, NhrpComplaint.NotTheServer, from.Address, now)) core.Logger.NotTheServer(via.Key, server, NameOf(from), from);
        return false;
    }

    /// <summary>The same, and nobody is told.</summary>
    public bool CanServe(NhrpInterface via, NbmaPeer from, IpAddress server) => CanHold(via, from, server, asServer: true);

    /// <summary>
    /// Who a peer is that is known by its NBMA address alone: the association there that may have the tunnel address. Several of one address
    /// (behind one NAT) are told apart by their certificates, or by what they have already.
    /// </summary>
    public NhrpBinding Bind(NhrpInterface via, IpAddress address, bool asServer, bool isConfigured, ref NbmaPeer peer)
    {
        if (peer.Association != 0) return NhrpBinding.Bound;
        if (via.Config.Authorization == NhrpAuthorization.None || !_byAddress.TryGetValue(peer.Address, out List<int>? there)) return NhrpBinding.Open;
        int found = 0, candidates = 0;
        bool any = false;
        int? answered = isConfigured && _bound.TryGetValue((via.Facts.Protection, peer.Address), out int bound) ? bound : null;
        foreach (int association in there)
        {
            if (_byAssociation[association].Identity.Protection != via.Facts.Protection || association != (answered ?? association)) continue;
            any = true;
            NbmaPeer candidate = peer with { Association = association };
            if (!CanHold(via, candidate, address, asServer)) continue;
            if (!isConfigured && (OwnerOf(via, candidate, address) is not null || HasAnother(via, candidate, address))) continue;
            found = association;
            candidates++;
        }
        if (!any) return NhrpBinding.Open;
        if (found == 0) return NhrpBinding.Refused;
        // Certificates name the address: the later one of an identity that is there twice. Without them it would be a guess.
        if (candidates > 1 && via.Config.Authorization != NhrpAuthorization.Certificate) return NhrpBinding.Ambiguous;
        peer = peer with { Association = found };
        return NhrpBinding.Bound;
    }

    private static bool IsChecked(NhrpInterface via, NbmaPeer from) => via.Config.Authorization != NhrpAuthorization.None && from.Association != 0;

    private bool CanHold(NhrpInterface via, NbmaPeer from, IpAddress address, bool asServer)
    {
        if (!IsChecked(via, from)) return true;
        bool strict = via.Config.Authorization == NhrpAuthorization.Certificate;
        SiteRights rights = RightsOf(from);
        return asServer ? rights.MayServe(address, strict) : !strict || rights.Holds(address);
    }

    /// <summary>The mapping by which another station has the address; a mapping that waits for its association is its NBMA address's.</summary>
    private NhrpMapping? OwnerOf(NhrpInterface via, NbmaPeer from, IpAddress address)
    {
        foreach (NhrpInterface candidate in core.Interfaces)
        {
            if (!candidate.Active || !NhrpCore.IsSameDomain(via, candidate) || candidate.Cache.Find(address) is not { } owner) continue;
            if (owner.Peer.Association != 0 ? !IsSameStation(owner.Peer, from) : owner.Peer.Address != from.Address) return owner;
        }
        return null;
    }

    /// <summary>Without certificates a station has one tunnel address of a kind, unless it says another one itself.</summary>
    private static bool HasAnother(NhrpInterface via, NbmaPeer peer, IpAddress address)
    {
        if (via.Config.Authorization == NhrpAuthorization.Certificate) return false;
        foreach (NhrpMapping mapping in via.Cache.MappingsOf(peer))
        {
            if (mapping.Address != address && mapping.Address.IsLinkLocal == address.IsLinkLocal) return true;
        }
        return false;
    }

    private readonly record struct Known(NhrpIdentity Identity, IpAddress Address);
}
