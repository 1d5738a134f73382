using System.Globalization;
using Dmvpn.Core;

namespace Dmvpn.Management.Grammar;

/// <summary>
/// Spellings of interface names. Tunnels are ours and may be abbreviated (<c>tun0</c>, <c>Tunnel 0</c>). Abbreviations of IOS's
/// types become the name in full (<c>gi0/1</c>, <c>e0/0</c>, <c>lo0</c>), which an interface of Linux may have as an alternative
/// name. All other names are Linux's and stay as they are written: <c>eth0</c> is a name and no abbreviation of <c>Ethernet0</c>.
/// </summary>
public static class InterfaceNames
{
    /// <summary>IOS's types, the likeliest first: an abbreviation means the first that begins with it.</summary>
    private static readonly string[] Types =
    [
        "Tunnel", "GigabitEthernet", "FastEthernet", "Ethernet", "TenGigabitEthernet", "Loopback", "Serial", "Vlan", "Port-channel", "Dialer", "Cellular", "TwoGigabitEthernet", "FiveGigabitEthernet", "TwentyFiveGigE", "FortyGigabitEthernet",
        "HundredGigE", "BDI", "BVI", "ATM", "POS", "Multilink", "VirtualPortGroup", "Virtual-Template", "Virtual-Access", "Virtual-PPP", "AppGigabitEthernet", "Async", "BRI", "Group-Async", "Embedded-Service-Engine", "Integrated-Service-Engine", "Wlan-GigabitEthernet", "NVI", "Null", "nve", "pseudowire", "LISP",
    ];

    /// <summary>What stands for a type also where no slash shows that the name is IOS's. <c>br0</c>, <c>vlan10</c>, <c>eth0</c> and <c>wlan0</c> are Linux's own.</summary>
    private static readonly string[] PlainAbbreviations =
    [
        "gi", "gig", "giga", "gigabit", "gigabiteth", "fa", "fas", "fast", "fasteth", "te", "ten", "lo", "loo", "loop", "se", "ser", "vl", "po", "port", "di", "dia", "dial", "ce", "cell", "nu", "mu", "multi", "hu", "fo",
    ];

    /// <summary>Reads a tunnel's name: <c>Tunnel0</c> or an abbreviation of two letters and more.</summary>
    public static bool TryTunnel(string text, out TunnelId id)
    {
        id = default;
        int letters = Letters(text);
        if (letters < 2 || !"Tunnel".StartsWith(text[..letters], StringComparison.OrdinalIgnoreCase)) return false;
        if (!int.TryParse(text.AsSpan(letters), NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return false;
        id = new(number);
        return true;
    }

    /// <summary>True when the name is of IOS's kind: no interface of Linux has it by itself, but any can have it as an alternative name.</summary>
    public static bool IsIos(string name)
    {
        int letters = Letters(name);
        return letters < name.Length && (name.Contains('/') || Array.Exists(Types, type => type.Equals(name[..letters], StringComparison.Ordinal)));
    }

    /// <summary>IOS's spelling of its own names, abbreviated or not; any other name stays as it is.</summary>
    internal static string Normalize(string text)
    {
        if (text.StartsWith("tunnel", StringComparison.OrdinalIgnoreCase) && TryTunnel(text, out TunnelId id)) return id.ToString();
        int letters = Letters(text);
        string type = text[..letters], number = text[letters..];
        if (letters == 0 || !IsNumber(number)) return text;
        bool isIos = number.Contains('/') || Array.Exists(PlainAbbreviations, a => a.Equals(type, StringComparison.OrdinalIgnoreCase))
            // In full, and not as Linux would write it: `loopback0`, but not `vlan10`.
            || type is not ("vlan" or "nve" or "bdi" or "bvi" or "lisp") && Array.Exists(Types, t => t.Equals(type, StringComparison.OrdinalIgnoreCase));
        return isIos && TypeOf(type) is { } full ? full + number : text;
    }

    /// <summary>The two halves of a name that was written with a blank: only IOS does that.</summary>
    internal static string Join(string type, string number) => TypeOf(type) is { } full ? full + number : type + number;

    /// <summary>True when Linux could have an interface, or an alternative name, spelled like this.</summary>
    internal static bool IsName(string text)
    {
        if (text.Length is 0 or > 127 || !char.IsAsciiLetter(text[0])) return false;
        foreach (char c in text)
            if (c is < '!' or > '~') return false;
        // A tunnel with a number out of range is a mistake, not one of Linux's names.
        return !(text.StartsWith("tunnel", StringComparison.OrdinalIgnoreCase) && text.Length > 6 && !text.AsSpan(6).ContainsAnyExceptInRange('0', '9'))
            || TryTunnel(text, out _);
    }

    /// <summary>True when <paramref name="type"/> and <paramref name="number"/> are the two halves of one name: <c>Tunnel 0</c>, <c>e 0/0</c>.</summary>
    internal static bool AreHalves(string type, string number) =>
        IsNumber(number) && !IpAddress.TryParse(number, out _) && (type.Length >= 2 || number.Contains('/')) && TypeOf(type) is not null;

    private static string? TypeOf(string abbreviation) =>
        abbreviation.Length == 0 ? null : Array.Find(Types, type => type.StartsWith(abbreviation, StringComparison.OrdinalIgnoreCase));

    private static bool IsNumber(string text) => text.Length > 0 && char.IsAsciiDigit(text[0]) && !text.AsSpan().ContainsAnyExcept("0123456789/.:");

    private static int Letters(string text)
    {
        int letters = 0;
        while (letters < text.Length && (char.IsAsciiLetter(text[letters]) || letters > 0 && text[letters] == '-')) letters++;
        return letters;
    }
}
