using Dmvpn.Core;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon.Kernel;

/// <summary>
/// Links and addresses of one network namespace, kept up to date from netlink: where <c>tunnel source INTERFACE</c> gets its
/// address, and what ODR finds connected prefixes in. Control thread only.
/// </summary>
internal sealed class LinkTable
{
    private readonly Dictionary<int, LinuxLink> _links = [];
    private readonly Dictionary<int, List<LinuxAddress>> _addresses = [];

    public IReadOnlyCollection<LinuxLink> Links => _links.Values;

    public void Read(Rtnetlink netlink)
    {
        _links.Clear();
        _addresses.Clear();
        foreach (LinuxLink link in netlink.Links()) _links[link.Index] = link;
        foreach (LinuxAddress address in netlink.Addresses()) Apply(address, removed: false);
    }

    public void Apply(LinuxLink link, bool removed)
    {
        if (removed)
        {
            _links.Remove(link.Index);
            _addresses.Remove(link.Index);
        }
        else
        {
            _links[link.Index] = link;
        }
    }

    public void Apply(LinuxAddress address, bool removed)
    {
        if (!_addresses.TryGetValue(address.LinkIndex, out List<LinuxAddress>? list)) _addresses[address.LinkIndex] = list = [];
        int at = list.FindIndex(a => a.Address == address.Address && a.PrefixLength == address.PrefixLength);
        if (removed)
        {
            if (at >= 0) list.RemoveAt(at);
        }
        else if (at >= 0)
        {
            list[at] = address;
        }
        else
        {
            list.Add(address);
        }
    }

    public LinuxLink? Link(int index) => _links.GetValueOrDefault(index);

    public LinuxLink? Link(string name)
    {
        foreach (LinuxLink link in _links.Values)
        {
            if (link.IsNamed(name)) return link;
        }
        return null;
    }

    public IReadOnlyList<LinuxAddress> Addresses(int link) => _addresses.TryGetValue(link, out List<LinuxAddress>? list) ? list : [];

    /// <summary>The address that a tunnel with this source interface sends from; None when the interface is down or has none.</summary>
    public IpAddress SourceOf(string name, bool ipv6)
    {
        if (Link(name) is not { IsUp: true } link) return IpAddress.None;
        foreach (LinuxAddress address in Addresses(link.Index))
        {
            if (address.Address.IsIPv6 != ipv6 || (address.Flags & Unusable) != 0) continue;
            if (!address.Address.IsIPv6 || !address.Address.IsLinkLocal) return address.Address;
        }
        return IpAddress.None;
    }

    /// <summary>The link that has this address, or null.</summary>
    public LinuxLink? LinkWith(IpAddress address)
    {
        foreach ((int index, List<LinuxAddress> list) in _addresses)
        {
            foreach (LinuxAddress candidate in list)
            {
                if (candidate.Address == address && (candidate.Flags & NotYet) == 0) return Link(index);
            }
        }
        return null;
    }

    private const AddressFlags NotYet = AddressFlags.Tentative | AddressFlags.DuplicateFound;
    private const AddressFlags Unusable = NotYet | AddressFlags.Secondary;
}
