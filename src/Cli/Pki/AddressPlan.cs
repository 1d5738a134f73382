using Dmvpn.Core;

namespace Dmvpn.Cli.Pki;

/// <summary>Who has which address, and which networks there may be: what an operator asks for is granted, or refused with the reason.</summary>
internal static class AddressPlan
{
    private static readonly IpPrefix[] NoNetworks =
    [
        IpPrefix.Parse("0.0.0.0/8"), IpPrefix.Parse("127.0.0.0/8"), IpPrefix.Parse("169.254.0.0/16"), IpPrefix.Parse("224.0.0.0/3"),
        IpPrefix.Parse("::/8"), IpPrefix.Parse("fe80::/10"), IpPrefix.Parse("ff00::/8"),
    ];

    /// <summary>The tunnel's network, when the settings go together.</summary>
    /// <exception cref="PkiException">They do not.</exception>
    public static IpPrefix Check(NetworkSettings network)
    {
        IpPrefix prefix = Network(network.Network, "a tunnel", "10.255.0.0/24 or fd00:255::/64");
        if (prefix.BitCount() - prefix.Length < 2) throw new PkiException($"'{network.Network}' is no network for a tunnel: it has no room for two sites");
        foreach (HubSite hub in network.Servers)
        {
            Address(prefix, hub.Address, "the hub's tunnel address ");
            if (hub.Place is { } place) CheckPlace(place, prefix);
        }
        foreach (string company in network.Company ?? [])
        {
            if (Network(company, "a company", "10.0.0.0/8").Length == 0) throw new PkiException($"{company} is everything: hubs offer a default route by themselves");
        }
        return prefix;
    }

    /// <summary>An address of the network that a site can have.</summary>
    public static IpAddress Address(IpPrefix prefix, string text, string what = "")
    {
        if (!IpAddress.TryParse(text, out IpAddress address)) throw new PkiException($"{what}{text.Escaped()} is no address in {prefix}");
        if (address.IsIPv4 != prefix.IsIPv4) throw new PkiException($"{what}{text} is no address in {prefix}: one is IPv4, the other IPv6");
        if (!prefix.Contains(address)) throw new PkiException(what.Length > 0 ? $"{what}{text} is not in {prefix}" : $"{text} is no address in {prefix}: that has {prefix.Address.Plus(1)} to {LastSite(prefix)}");
        if (address == prefix.Address) throw new PkiException($"{what}{text} is the network {prefix} itself: its first address is {address.Plus(1)}");
        if (prefix.IsIPv4 && address == prefix.Last) throw new PkiException($"{what}{text} is the broadcast address of {prefix}");
        return address;
    }

    /// <summary>The address that was asked for, or the next free one.</summary>
    public static IpAddress Assign(NetworkSettings network, IEnumerable<IssuedSite> issued, string? wanted)
    {
        IpPrefix prefix = Check(network);
        Dictionary<IpAddress, string> taken = [];
        foreach (IssuedSite site in issued)
        {
            if (site.RevokedAt is null) taken[IpAddress.Parse(site.Address)] = site.Name;
        }
        if (wanted is not null)
        {
            IpAddress address = Address(prefix, wanted);
            return taken.TryGetValue(address, out string? owner) ? throw new PkiException($"{address} belongs to another site, {owner}; 'dmvpn pki list' shows them") : address;
        }
        foreach (HubSite hub in network.Servers) taken.TryAdd(IpAddress.Parse(hub.Address), hub.Name);
        IpAddress candidate = prefix.Address.Plus(1);
        while (taken.ContainsKey(candidate)) candidate = candidate.Plus(1);
        return prefix.Contains(candidate) && (!prefix.IsIPv4 || candidate != prefix.Last) ? candidate : throw new PkiException($"there is no free address left in {prefix}");
    }

    /// <summary>The networks behind a site, from the command line; null: nothing was said.</summary>
    public static List<string>? Lans(IReadOnlyList<string> texts, IpPrefix tunnel)
    {
        if (texts.Count == 0) return null;
        if (texts is ["none"]) return [];
        List<string> lans = [];
        foreach (string text in texts)
        {
            IpPrefix lan = Network(text, "a site", "10.1.0.0/16, or 'none'");
            if (lan.Length == 0 || lan.Contains(tunnel)) throw new PkiException($"{text} is no network for a site: it holds the tunnel's, {tunnel}. A hub may offer a default route without it");
            if (tunnel.Contains(lan)) throw new PkiException($"{text} is no network for a site: it is part of the tunnel's, {tunnel}");
            if (!lans.Contains(lan.ToString())) lans.Add(lan.ToString());
        }
        return lans.Count <= MostLans ? lans : throw new PkiException($"{lans.Count} networks are too many for a certificate: summarize them to {MostLans} at most");
    }

    /// <summary>Where a hub is on the internet: an address or a domain name, not in the tunnel.</summary>
    public static void CheckPlace(string place, IpPrefix tunnel)
    {
        if (!SiteText.IsPlace(place)) throw new PkiException($"'{place.Escaped()}' is neither an address nor a domain name");
        if (IpAddress.TryParse(place, out IpAddress address) && tunnel.Contains(address))
            throw new PkiException($"{place} is an address in the tunnel's network {tunnel}, and the hub must be reached before there is a tunnel: name its address on the internet");
    }

    private const int MostLans = 32;

    private static IpPrefix Network(string text, string whose, string example)
    {
        if (!IpPrefix.TryParse(text, out IpPrefix prefix, allowHostBits: true)) throw new PkiException($"'{text.Escaped()}' is no network for {whose}: write it as {example}");
        if (!IpPrefix.TryParse(text, out _)) throw new PkiException($"'{text}' is no network for {whose}, for it has bits behind the mask: the network is {prefix}");
        return Array.Exists(NoNetworks, range => range.Contains(prefix)) ? throw new PkiException($"'{text}' is no network for {whose}: those addresses have another meaning") : prefix;
    }

    private static IpAddress LastSite(IpPrefix prefix) => prefix.IsIPv4 ? IpAddress.FromIPv4(prefix.Last.ToUInt32() - 1) : prefix.Last;
}

/// <summary>Arithmetic of addresses.</summary>
internal static class AddressArithmetic
{
    public static int BitCount(this IpPrefix prefix) => prefix.Address.BitCount;

    /// <summary>The mask of an IPv4 prefix.</summary>
    public static IpAddress Mask(this IpPrefix prefix) => IpAddress.FromIPv4(prefix.Length == 0 ? 0 : uint.MaxValue << (32 - prefix.Length));

    public static IpAddress Plus(this IpAddress address, uint number) => address.IsIPv4
        ? IpAddress.FromIPv4(address.ToUInt32() + number)
        : IpAddress.FromBits(address.High + (address.Low + number < address.Low ? 1ul : 0), address.Low + number);
}
