using System.Text;
using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>Which part of a screen is wanted: the query string of every GET. Everything null asks for all.</summary>
public sealed record ScreenQuery
{
    /// <summary>Asks for everything.</summary>
    public static ScreenQuery All { get; } = new();

    /// <summary><c>family</c>: <c>ipv4</c> or <c>ipv6</c>, the family of the tunnel side (payload), not of the NBMA side.</summary>
    public AddressFamily? Family { get; init; }

    /// <summary><c>tunnel</c>: one tunnel interface by number.</summary>
    public TunnelId? Tunnel { get; init; }

    /// <summary><c>interface</c>: an interface by name, for screens that show those of Linux too.</summary>
    public string? Interface { get; init; }

    /// <summary><c>address</c>: a tunnel-side address: entries whose target covers it; for routes, the longest match.</summary>
    public IpAddress? Address { get; init; }

    /// <summary><c>nbma</c>: entries of the peer with this NBMA address.</summary>
    public IpAddress? Nbma { get; init; }

    /// <summary><c>filter</c>: a word whose meaning the path gives, lower case: <c>shortcut</c>, <c>dynamic</c>, <c>odr</c>…</summary>
    public string? Filter { get; init; }

    /// <summary><c>name</c>: what has this name: a proposal, a profile, a trustpoint…</summary>
    public string? Name { get; init; }

    /// <summary><c>detail</c>: what only the detailed screen shows, and is dear to collect, too.</summary>
    public bool Detail { get; init; }

    /// <summary>True when the name, if one is asked for, is <paramref name="name"/>; names of a configuration differ by letter case.</summary>
    public bool MatchesName(string name) => Name is null || Name == name;

    /// <summary>True when the family, if one is asked for, is <paramref name="family"/>.</summary>
    public bool Matches(AddressFamily family) => Family is null || Family == family;

    /// <summary>True when the tunnel, if one is asked for, is <paramref name="tunnel"/>.</summary>
    public bool Matches(TunnelId tunnel) => Tunnel is null || Tunnel == tunnel;

    /// <summary>True when the address asked for, if any, is in <paramref name="target"/>.</summary>
    public bool Matches(IpPrefix target) => Address is null || target.Contains(Address.Value);

    /// <summary>True when the entry belongs to what is asked for: family, tunnel, address, NBMA and <see cref="Filter"/>
    /// (<c>static</c>, <c>dynamic</c>, <c>incomplete</c>, <c>local</c>, <c>remote</c>, <c>shortcut</c>).</summary>
    public bool Matches(NhrpCacheEntry entry) =>
        Matches(entry.Family) && Matches(entry.Tunnel) && Matches(entry.Target)
        && (Nbma is null || entry.Nbma == Nbma || entry.ClaimedNbma == Nbma)
        && Filter switch
        {
            "static" => entry.Type == NhrpEntryType.Static,
            "dynamic" => entry.Type == NhrpEntryType.Dynamic,
            "incomplete" => entry.Type == NhrpEntryType.Incomplete,
            "local" => entry.Flags.Contains(NhrpFlag.Local),
            "remote" => !entry.Flags.Contains(NhrpFlag.Local),
            "shortcut" => entry.Flags.Contains(NhrpFlag.Rib) || entry.Flags.Contains(NhrpFlag.Nho),
            _ => true,
        };

    /// <summary>True when the route belongs to what is asked for: address, tunnel, and <see cref="Filter"/> (a
    /// <see cref="RouteSource"/> in lower case, <c>tunnel</c> for routes by way of any tunnel, <c>next-hop-override</c>).</summary>
    public bool Matches(RouteEntry route) =>
        Matches(route.Prefix)
        && (Tunnel is not { } tunnel || route.NextHops.Any(hop => hop.Interface == tunnel.ToString()))
        && Filter switch
        {
            null => true,
            "tunnel" => route.NextHops.Any(hop => hop.Interface?.StartsWith("Tunnel", StringComparison.Ordinal) == true),
            "next-hop-override" => route.NextHops.Any(hop => hop.Override),
            _ => route.Source.ToString().Equals(Filter, StringComparison.OrdinalIgnoreCase),
        };

    /// <summary>Reads the query; <paramref name="get"/> gives the first value of a name, null when there is none.</summary>
    /// <returns>False with <paramref name="error"/> when a value cannot be read.</returns>
    public static bool TryRead(Func<string, string?> get, out ScreenQuery query, out string error)
    {
        query = All;
        error = "";
        AddressFamily? family = null;
        TunnelId? tunnel = null;
        IpAddress? address = null, nbma = null;
        switch (get("family"))
        {
            case null: break;
            case "ipv4": family = AddressFamily.Ipv4; break;
            case "ipv6": family = AddressFamily.Ipv6; break;
            default: error = "family: not ipv4 or ipv6"; return false;
        }

        if (get("tunnel") is { } number)
        {
            if (!int.TryParse(number, out int value) || value < 0) { error = "tunnel: not a number"; return false; }
            tunnel = new TunnelId(value);
        }

        if (get("address") is { } addressText)
        {
            if (!IpAddress.TryParse(addressText, out IpAddress value)) { error = "address: not an IP address"; return false; }
            address = value;
        }

        if (get("nbma") is { } nbmaText)
        {
            if (!IpAddress.TryParse(nbmaText, out IpAddress value)) { error = "nbma: not an IP address"; return false; }
            nbma = value;
        }

        query = new ScreenQuery { Family = family, Tunnel = tunnel, Address = address, Nbma = nbma, Interface = get("interface"), Filter = get("filter"), Name = get("name"), Detail = get("detail") == "true" };
        return true;
    }

    /// <summary>The query as text: "" or "?family=ipv4&amp;tunnel=1".</summary>
    public string ToQueryString()
    {
        var text = new StringBuilder();
        Add("family", Family switch { AddressFamily.Ipv4 => "ipv4", AddressFamily.Ipv6 => "ipv6", _ => null });
        Add("tunnel", Tunnel?.Number.ToString());
        Add("interface", Interface);
        Add("address", Address?.ToString());
        Add("nbma", Nbma?.ToString());
        Add("filter", Filter);
        Add("name", Name);
        Add("detail", Detail ? "true" : null);
        return text.ToString();

        void Add(string name, string? value)
        {
            if (value is null) return;
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
