using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show dmvpn [detail]</c>.</summary>
public static class DmvpnScreen
{
    private const string Legend =
        """
        Legend: Attrb --> S - Static, D - Dynamic, I - Incomplete
        	N - NATed, L - Local, X - No Socket
        	T1 - Route Installed, T2 - Nexthop-override, B - BGP
        	C - CTS Capable, I2 - Temporary
        	# Ent --> Number of NHRP entries with same NBMA peer
        	NHS Status: E --> Expecting Replies, R --> Responding, W --> Waiting
        	UpDn Time --> Up or Down Time for a Tunnel
        ==========================================================================

        """;

    /// <summary>The screen; <paramref name="detail"/> adds the tunnel, its servers and each target network.</summary>
    public static string Render(DmvpnState state, bool detail = false)
    {
        var text = new ScreenText().Block(Legend);
        foreach (DmvpnTunnel tunnel in state.Tunnels)
        {
            if (detail) Detail(text, tunnel);
            else Brief(text, tunnel);
            text.Line();
        }

        if (detail)
        {
            text.Line("Crypto Session Details: ").Line(new string('-', 80)).Line();
            foreach (CryptoSession session in state.CryptoSessions)
            {
                CryptoSessionScreen.Dmvpn(text, session);
                text.Line();
            }
            text.Line("Pending DMVPN Sessions:").Line();
        }

        return text.ToString();
    }

    /// <summary>The Attrb column: the letters of the attributes, joined.</summary>
    public static string Letters(IReadOnlyList<DmvpnAttribute> attributes) => string.Concat(attributes.Select(attribute => attribute switch
    {
        DmvpnAttribute.Static => "S",
        DmvpnAttribute.Dynamic => "D",
        DmvpnAttribute.Incomplete => "I",
        DmvpnAttribute.Nated => "N",
        DmvpnAttribute.Local => "L",
        DmvpnAttribute.NoSocket => "X",
        DmvpnAttribute.RouteInstalled => "T1",
        DmvpnAttribute.NexthopOverride => "T2",
        DmvpnAttribute.Bgp => "B",
        DmvpnAttribute.Cts => "C",
        _ => "I2",
    }));

    private static void Brief(ScreenText text, DmvpnTunnel tunnel)
    {
        text.Line($"Interface: {tunnel.Tunnel}, {tunnel.Family.Text()} NHRP Details ");
        if (tunnel.Family == AddressFamily.Ipv6)
        {
            text.Line($"Type:{tunnel.Role}, Total NBMA Peers (v4/v6): {tunnel.Peers.Count}");
            Ipv6Peers(text, tunnel);
            return;
        }

        text.Line($"Type:{tunnel.Role}, NHRP Peers:{tunnel.Peers.Count}, ").Line();
        text.Line(" # Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb");
        text.Line(" ----- --------------- --------------- ----- -------- -----");
        Ipv4Peers(text, tunnel, 6, false);
    }

    private static void Detail(ScreenText text, DmvpnTunnel tunnel)
    {
        string up = tunnel.AdministrativelyUp ? "up" : "administratively down";
        text.Line($"Interface {tunnel.Tunnel} is {up}/{(tunnel.LineUp ? "up" : "down")}, Addr. is {tunnel.Address?.Text() ?? "unassigned"}, VRF \"{tunnel.Vrf}\" ");
        string destination = tunnel.Destination?.Text() ?? "Multipoint";
        text.Line($"   Tunnel Src./Dest. addr: {tunnel.Source?.Text() ?? "UNKNOWN"}/{destination}, Tunnel VRF \"{tunnel.TunnelVrf}\"");
        text.Line($"   Protocol/Transport: \"{tunnel.Mode.Text()}\", Protect \"{tunnel.Protection}\" ");
        text.Line($"   Interface State Control: {(tunnel.InterfaceStateControl ? "Enabled" : "Disabled")}");
        text.Line("   nhrp event-publisher : Disabled").Line();
        if (tunnel.Servers.Count > 0)
        {
            text.Line($"{tunnel.Family.Text()} NHS: ");
            foreach (NhsEntry server in tunnel.Servers) text.Line(NhsScreen.Summary(server));
        }

        text.Line($"Type:{tunnel.Role}, Total NBMA Peers (v4/v6): {tunnel.Peers.Count}");
        if (tunnel.Family == AddressFamily.Ipv6)
        {
            Ipv6Peers(text, tunnel);
            return;
        }

        text.Line().Line("# Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb    Target Network");
        text.Line("----- --------------- --------------- ----- -------- ----- -----------------");
        Ipv4Peers(text, tunnel, 5, true);
    }

    private static void Ipv4Peers(ScreenText text, DmvpnTunnel tunnel, int width, bool target)
    {
        foreach (DmvpnPeer peer in tunnel.Peers)
        {
            string count = peer.Entries.Count.ToString().PadLeft(width);
            string nbma = peer.Nbma.Text();
            string lead = $"{count} {nbma,-15}";
            if (nbma.Length > 15)
            {
                text.Line(lead);
                lead = new string(' ', width + 16);
            }

            foreach (DmvpnEntry entry in peer.Entries)
            {
                string line = $"{lead} {entry.Tunnel.Text(),15} {StateText(entry.State),5} {ScreenFormat.Age(entry.UpDownSeconds),8} {Letters(entry.Attributes),5}";
                text.Line(target ? $"{line} {entry.Target.Text(),17}" : line);
                lead = new string(' ', width + 16);
            }
        }
    }

    private static void Ipv6Peers(ScreenText text, DmvpnTunnel tunnel)
    {
        int number = 0;
        foreach (DmvpnPeer peer in tunnel.Peers)
        {
            int count = peer.Entries.Count;
            foreach (DmvpnEntry entry in peer.Entries)
            {
                text.Line($"{++number,5}.Peer NBMA Address: {peer.Nbma.Text()}");
                text.Line($"        Tunnel IPv6 Address: {entry.Tunnel.Text()}");
                text.Line($"        IPv6 Target Network: {entry.Target.Text()}");
                text.Line($"        # Ent: {count}, Status: {StateText(entry.State)}, UpDn Time: {ScreenFormat.Age(entry.UpDownSeconds)}, Cache Attrib: {Letters(entry.Attributes)}");
                // The count stands at the first entry of a peer only, as on IOS.
                count = 0;
            }
        }
    }

    private static string StateText(DmvpnSessionState state) => state.ToString().ToUpperInvariant();
}
