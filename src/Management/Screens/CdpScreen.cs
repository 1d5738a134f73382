using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show cdp neighbors [detail]</c>.</summary>
public static class CdpScreen
{
    private static readonly (uint Bit, string Letter, string Name)[] Capabilities =
    [
        (0x01, "R", "Router"), (0x02, "T", "Trans-Bridge"), (0x04, "B", "Source-Route-Bridge"), (0x08, "S", "Switch"),
        (0x10, "H", "Host"), (0x20, "I", "IGMP"), (0x40, "r", "Repeater"), (0x80, "P", "Phone"),
    ];

    /// <summary>The screen, one line per neighbour.</summary>
    public static string Render(CdpNeighborState state)
    {
        var text = new ScreenText().Block(
            """
            Capability Codes: R - Router, T - Trans Bridge, B - Source Route Bridge
                              S - Switch, H - Host, I - IGMP, r - Repeater, P - Phone, 
                              D - Remote, C - CVTA, M - Two-port Mac Relay 

            Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID
            """);
        foreach (CdpNeighbor neighbor in state.Neighbors)
        {
            string name = neighbor.DeviceId;
            if (name.Length > 16)
            {
                text.Line(name);
                name = "";
            }

            string letters = string.Join(' ', Capabilities.Where(capability => (neighbor.Capabilities & capability.Bit) != 0).Select(capability => capability.Letter));
            string platform = neighbor.Platform.Split(' ')[0];
            platform = platform.Length > 9 ? platform[..9] : platform;
            text.Line($"{name,-16} {$"Tun {neighbor.Tunnel.Number}",-17} {neighbor.HoldTimeSeconds,-10} {letters,11}  {platform,-9} {ShortPort(neighbor.PortId)}");
        }

        return text.Line().Line($"Total cdp entries displayed : {state.Neighbors.Count}").ToString();
    }

    /// <summary>The screen with everything a neighbour says.</summary>
    public static string RenderDetail(CdpNeighborState state)
    {
        var text = new ScreenText();
        foreach (CdpNeighbor neighbor in state.Neighbors)
        {
            text.Line("-------------------------").Line($"Device ID: {neighbor.DeviceId}").Line("Entry address(es): ");
            foreach (IpAddress address in neighbor.Addresses)
                text.Line(address.IsIPv4 ? $"  IP address: {address}" : $"  IPv6 address: {address.Text()}  ({(address.IsLinkLocal ? "link-local" : "global unicast")})");
            // Here and not at the end: the parsers of this screen refuse lines they do not know anywhere else.
            foreach (IpPrefix prefix in neighbor.OdrPrefixes) text.Line($"  IP prefix: {prefix.Text()}");
            if (neighbor.OdrDefaultRoute is { } route) text.Line($"  ODR default route: {route.Text()}");
            string names = string.Concat(Capabilities.Where(capability => (neighbor.Capabilities & capability.Bit) != 0).Select(capability => capability.Name + " "));
            text.Line($"Platform: {neighbor.Platform},  Capabilities: {(names.Length == 0 ? "none " : names)}");
            text.Line($"Interface: {neighbor.Tunnel},  Port ID (outgoing port): {neighbor.PortId}");
            text.Line($"Holdtime : {neighbor.HoldTimeSeconds} sec").Line();
            // Further lines begin with a blank: the neighbour chose them, and none may look like one of this screen.
            text.Line("Version :").Line(neighbor.SoftwareVersion.TrimEnd().Replace("\n", "\n ")).Line();
            text.Line($"advertisement version: {neighbor.AdvertisementVersion}").Line();
        }

        return text.Line().Line($"Total cdp entries displayed : {state.Neighbors.Count}").ToString();
    }

    /// <summary>"Tunnel1" as "Tun 1", "GigabitEthernet0/1" as "Gig 0/1"; shorter names stay.</summary>
    private static string ShortPort(string port)
    {
        int digit = port.AsSpan().IndexOfAnyInRange('0', '9');
        return digit <= 3 || !port.AsSpan(0, digit).ContainsOnlyLetters() ? port : $"{port[..3]} {port[digit..]}";
    }

    private static bool ContainsOnlyLetters(this ReadOnlySpan<char> text)
    {
        foreach (char letter in text)
        {
            if (!char.IsAsciiLetter(letter)) return false;
        }

        return true;
    }
}
