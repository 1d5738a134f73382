using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>
/// Whose word counts for what. A station speaks for itself: for the tunnel addresses that it may have. Of others it may speak when it is a next hop server in use,
/// or when this router's own routes to them lead through it: then it could do as it likes with their packets anyway.
/// </summary>
internal sealed class NhrpTrust(NhrpCore core)
{
    /// <summary>True when a packet from <paramref name="from"/> is from this peer: by the association, or by the address of one that has none.</summary>
    public static bool IsFrom(NbmaPeer from, NbmaPeer peer) => peer.Association != 0 ? peer.Association == from.Association : peer.Address == from.Address;

    /// <summary>True for one of the next hop servers that this interface registers with.</summary>
    public static bool IsServer(NhrpInterface via, NbmaPeer from)
    {
        foreach (NhsClient nhs in via.Nhss.Clients)
        {
            if (nhs.IsSelected && nhs.IsHeardFrom(from)) return true;
        }
        return false;
    }

    /// <summary>True when <paramref name="from"/> is not the station itself, but may pass on what it says.</summary>
    public bool IsTransit(NhrpInterface via, NbmaPeer from, IpAddress station)
    {
        if (via.Cache.Find(station) is { IsServed: true } served && IsFrom(from, served.Peer)) return false;
        return IsServer(via, from) || LeadsBack(via, from, station);
    }

    /// <summary>
    /// May a packet that came from <paramref name="from"/> bear this station as its sender? A refusal is counted and logged. Without protection an outer address proves nothing, and nothing is checked.
    /// </summary>
    public bool MaySpeakFor(NhrpInterface via, NbmaPeer from, IpAddress station, Instant now)
    {
        if (from.Association == 0 || via.Config.Authorization == NhrpAuthorization.None) return true;
        // Nobody speaks for this router: passed on, it would be this router's word.
        if (!core.IsOwn(station)) return IsTransit(via, from, station) || core.Identities.MayClaim(via, from, station, now);
        core.Drops.Count(NhrpDrop.IdentityMismatch);
        return false;
    }

    /// <summary>May this packet, which is on its way to somebody else, be passed on? Its sender must be who it came from, or be reached by way of it.</summary>
    public bool MayPass(NhrpInterface via, NbmaPeer from, NhrpView view, Instant now)
    {
        switch (view.Type)
        {
            case NhrpPacketType.RegistrationReply or NhrpPacketType.PurgeReply:
                return MaySpeakFor(via, from, view.DestinationProtocol, now);
            case NhrpPacketType.ResolutionReply:
                NhrpCieList entries = view.Cies;
                NhrpCie first = entries.MoveNext() ? entries.Current.ToCie() : default;
                if (first.Protocol.IsEmpty) return from.Association == 0 || IsTransit(via, from, view.DestinationProtocol) || LeadsBack(via, from, view.DestinationProtocol, orIsIt: true)
                    || MaySpeakFor(via, from, view.DestinationProtocol, now);
                return MaySpeakFor(via, from, first.Protocol.Ip, now);
            case NhrpPacketType.RegistrationRequest when !MayRegister(via, from, view, now):
                return false;
            default:
                return MaySpeakFor(via, from, view.SourceProtocol, now);
        }
    }

    /// <summary>Who passes a registration on lends it its own association: each address in it must be of whom it came from.</summary>
    private bool MayRegister(NhrpInterface via, NbmaPeer from, NhrpView view, Instant now)
    {
        foreach (NhrpCieView entry in view.Cies)
        {
            NhrpCie cie = entry.ToCie();
            if (!cie.Protocol.IsEmpty && !MaySpeakFor(via, from, cie.Protocol.Ip, now)) return false;
        }
        return true;
    }

    /// <summary>True for who an indication about traffic to an address can come from: the station that gets the traffic, or a server.</summary>
    public bool GetsTrafficTo(NhrpInterface via, NbmaPeer from, IpAddress destination) => LeadsBack(via, from, destination, orIsIt: true) || IsServer(via, from);

    private bool LeadsBack(NhrpInterface via, NbmaPeer from, IpAddress station, bool orIsIt = false)
    {
        NhrpPath path = core.Paths.Find(via, station);
        return path.Kind == NhrpPathKind.Hop && (orIsIt || path.Hop!.Address != station) && IsFrom(from, path.Hop!.Peer);
    }
}
