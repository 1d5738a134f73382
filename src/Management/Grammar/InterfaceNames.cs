using System.Globalization;
using Dmvpn.Core;

namespace Dmvpn.Management.Grammar;

/// <summary>
/// Spellings of interface names. Tunnels are ours and may be abbreviated (<c>tun0</c>, <c>Tunnel 0</c>); all other names are
/// Linux's and stay as they are written, because <c>eth0</c> is a name and no abbreviation of <c>Ethernet0</c>.
/// </summary>
public static class InterfaceNames
{
    /// <summary>IOS types that may be written apart from their number.</summary>
    private static readonly string[] Types =
    [
        "Tunnel", "GigabitEthernet", "FastEthernet", "TenGigabitEthernet", "TwoGigabitEthernet", "FiveGigabitEthernet", "HundredGigE", "Ethernet",
        "Loopback", "Serial", "Vlan", "Port-channel", "Dialer", "Cellular", "BDI", "BVI", "ATM", "VirtualPortGroup", "Virtual-Template", "Null",
    ];

    /// <summary>Reads a tunnel's name: <c>Tunnel0</c> or an abbreviation of two letters and more.</summary>
    public static bool TryTunnel(string text, out TunnelId id)
    {
        id = default;
        int letters = 0;
        while (letters < text.Length && char.IsAsciiLetter(text[letters])) letters++;
        if (letters < 2 || !"Tunnel".StartsWith(text[..letters], StringComparison.OrdinalIgnoreCase)) return false;
        if (!int.TryParse(text.AsSpan(letters), NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return false;
        id = new(number);
        return true;
    }

    /// <summary>A tunnel written in full gets IOS's capitals; any other name stays as it is.</summary>
    internal static string Normalize(string text) =>
        text.StartsWith("tunnel", StringComparison.OrdinalIgnoreCase) && TryTunnel(text, out TunnelId id) ? id.ToString() : text;

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

    /// <summary>True when <paramref name="type"/> and <paramref name="number"/> are the two halves of one name: <c>Tunnel 0</c>.</summary>
    internal static bool AreHalves(string type, string number)
    {
        if (number.Length == 0 || !char.IsAsciiDigit(number[0]) || number.AsSpan().ContainsAnyExcept("0123456789/.:") || IpAddress.TryParse(number, out _))
            return false;
        if (type.Length < 2) return false;
        foreach (string known in Types)
            if (known.StartsWith(type, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }
}
