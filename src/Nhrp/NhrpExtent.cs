using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>
/// How much of an answer's prefix is believed. That the destination itself is behind who answered, the routed path of the request says;
/// that a whole prefix is, only the answer says. So it must be in the networks of the certificate, or, when that names none,
/// it is one LAN's worth at most and takes nothing that another station has.
/// </summary>
internal sealed class NhrpExtent(NhrpInterface owner)
{
    /// <summary>What may be routed to the next hop. False when the destination itself may not.</summary>
    public bool TryFind(IpAddress destination, IpPrefix told, IpAddress nextHop, NbmaPeer peer, NhrpShortcut? replaced, out IpPrefix believed)
    {
        believed = told;
        // What has no other way goes by the server anyway; and what is told by its own address is the station itself.
        if (owner.Cache.Find(nextHop) is { IsNhs: true } || told.IsHost && destination == nextHop) return true;
        if (owner.Core.Identities.RightsOf(peer).Networks is { } networks) return TryFindCertified(networks, destination, nextHop, ref believed);
        int shortest = owner.Key.IPv6 ? NhrpLimits.ShortestPrefixIPv6 : NhrpLimits.ShortestPrefixIPv4;
        if (believed.Length < shortest) believed = new IpPrefix(destination, shortest);
        if (TakesFromOthers(believed, nextHop, replaced)) believed = IpPrefix.Host(destination);
        return true;
    }

    private static bool TryFindCertified(ValueList<IpPrefix> networks, IpAddress destination, IpAddress nextHop, ref IpPrefix believed)
    {
        bool any = false;
        IpPrefix longest = default;
        foreach (IpPrefix network in networks.AsSpan())
        {
            // The widest of those that hold it: one that holds all of the answer lets it pass as it is.
            if (network.Contains(destination) && (!any || network.Length < longest.Length)) (any, longest) = (true, network);
        }
        if (any && longest.Length > believed.Length) believed = longest;
        if (any || destination != nextHop) return any;
        believed = IpPrefix.Host(destination);
        return true;
    }

    private bool TakesFromOthers(IpPrefix prefix, IpAddress nextHop, NhrpShortcut? replaced)
    {
        if (prefix.IsHost) return false;
        foreach (NhrpInterfaceAddress own in owner.Facts.Addresses.AsSpan())
        {
            if (own.PrefixLength < owner.Width && !own.Address.IsLinkLocal && (prefix.Contains(own.Subnet) || own.Subnet.Contains(prefix))) return true;
        }
        foreach (NhrpShortcut shortcut in owner.Cache.ShortcutsOverlapping(prefix))
        {
            if (shortcut != replaced && shortcut.NextHop.Address != nextHop) return true;
        }
        foreach (NhsClient nhs in owner.Nhss.Clients)
        {
            if (prefix.Contains(nhs.Peer.Address)) return true;
        }
        return false;
    }
}
