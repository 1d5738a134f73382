using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto ipsec sa [detail]</c>.</summary>
public static class CryptoIpsecScreen
{
    /// <summary>The screen; <paramref name="detail"/> counts what was refused by reason.</summary>
    public static string Render(CryptoState state, bool detail = false)
    {
        var text = new ScreenText();
        IEnumerable<CryptoSession> sessions = state.Sessions.Where(session => session.IpsecSas.Count > 0 && session.Tunnels.Count > 0);
        foreach (IGrouping<TunnelId, CryptoSession> tunnel in sessions.GroupBy(session => session.Tunnels[0]).OrderBy(group => group.Key))
        {
            text.Line().Line($"interface: {tunnel.Key}");
            text.Line($"    Crypto map tag: {tunnel.Key}-head-0, local addr {tunnel.First().IpsecSas[0].Local.Text()}");
            foreach (CryptoSession session in tunnel) Peer(text, tunnel.Key, session, detail);
        }
        return text.ToString();
    }

    private static void Peer(ScreenText text, TunnelId tunnel, CryptoSession session, bool detail)
    {
        IReadOnlyList<CryptoIpsecSa> sas = session.IpsecSas;
        CryptoIpsecSa sa = sas[0];
        long packetsOut = sas.Sum(s => s.OutboundPackets), packetsIn = sas.Sum(s => s.InboundPackets);
        long forged = sas.Sum(s => s.Forged), replayed = sas.Sum(s => s.Replayed);
        text.Line().Line("   protected vrf: (none)");
        text.Line($"   local  ident (addr/mask/prot/port): {CryptoFormat.Ident(sa.LocalSelector)}");
        text.Line($"   remote ident (addr/mask/prot/port): {CryptoFormat.Ident(sa.RemoteSelector)}");
        text.Line($"   current_peer {sa.Remote.Text()} port {sa.RemotePort}");
        text.Line("     PERMIT, flags={origin_is_acl,}");
        text.Line($"    #pkts encaps: {packetsOut}, #pkts encrypt: {packetsOut}, #pkts digest: {packetsOut}");
        text.Line($"    #pkts decaps: {packetsIn}, #pkts decrypt: {packetsIn}, #pkts verify: {packetsIn}");
        text.Line("    #pkts compressed: 0, #pkts decompressed: 0");
        text.Line("    #pkts not compressed: 0, #pkts compr. failed: 0");
        text.Line("    #pkts not decompressed: 0, #pkts decompress failed: 0");
        if (detail) Refused(text, forged, replayed);
        else text.Line($"    #send errors 0, #recv errors {forged + replayed}");
        text.Line();
        string ip = sa.Local.IsIPv4 ? "ip" : "ipv6";
        if (sa.Local.IsIPv4) text.Line($"     local crypto endpt.: {sa.Local.Text()}, remote crypto endpt.: {sa.Remote.Text()}");
        else text.Line($"     local crypto endpt.: {sa.Local.Text()},").Line($"     remote crypto endpt.: {sa.Remote.Text()}");
        text.Line($"     plaintext mtu {sa.PlaintextMtu}, path mtu {sa.PathMtu}, {ip} mtu {sa.PathMtu}, {ip} mtu idb {sa.Device ?? "(none)"}");
        text.Line($"     current outbound spi: {Spi(sa.OutboundSpi)}");
        text.Line($"     PFS (Y/N): {(sa.PfsGroup is null ? "N" : "Y")}, DH group: {(sa.PfsGroup is { } group ? $"group{group}" : "none")}").Line();
        text.Line("     inbound esp sas:");
        foreach (CryptoIpsecSa pair in sas) Sa(text, tunnel, pair, inbound: true, detail);
        text.Line().Line("     inbound ah sas:").Line().Line("     inbound pcp sas:").Line();
        text.Line("     outbound esp sas:");
        foreach (CryptoIpsecSa pair in sas) Sa(text, tunnel, pair, inbound: false, detail);
        text.Line().Line("     outbound ah sas:").Line().Line("     outbound pcp sas:");
    }

    private static void Refused(ScreenText text, long forged, long replayed)
    {
        text.Line("    #pkts no sa (send) 0, #pkts invalid sa (rcv) 0");
        text.Line("    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) 0");
        text.Line($"    #pkts invalid prot (recv) 0, #pkts verify failed: {forged}");
        text.Line("    #pkts invalid identity (recv) 0, #pkts invalid len (rcv) 0");
        text.Line("    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0");
        text.Line($"    ##pkts replay failed (rcv): {replayed}");
        text.Line("    #pkts tagged (send): 0, #pkts untagged (rcv): 0");
        text.Line("    #pkts not tagged (send): 0, #pkts not untagged (rcv): 0");
        text.Line("    #pkts internal err (send): 0, #pkts internal err (recv) 0");
    }

    private static void Sa(ScreenText text, TunnelId tunnel, CryptoIpsecSa sa, bool inbound, bool detail)
    {
        int connection = 2 * sa.Number - (inbound ? 1 : 0);
        string mode = (sa.TunnelMode ? "Tunnel" : "Transport") + (sa.UdpEncapsulation ? " UDP-Encaps" : "") + (sa.Esn ? " Esn" : "");
        text.Line($"      spi: {Spi(inbound ? sa.InboundSpi : sa.OutboundSpi)}");
        text.Line($"        transform: {sa.Transform} ,");
        text.Line($"        in use settings ={{{mode}, }}");
        text.Line($"        conn id: {connection}, flow_id: SW:{connection}, sibling_flags 80000000, crypto map: {tunnel}-head-0");
        if ((inbound ? sa.InboundKilobytesLeft : sa.OutboundKilobytesLeft) is { } kilobytes)
            text.Line($"        sa timing: remaining key lifetime (k/sec): ({kilobytes}/{sa.SecondsLeft})");
        else
            text.Line($"        sa timing: remaining key lifetime (sec): {sa.SecondsLeft}").Line("        Kilobyte Volume Rekey has been disabled");
        text.Line($"        IV size: {sa.IvSize} bytes");
        string window = detail && sa.ReplayWindow > 0 ? $"  replay window size: {sa.ReplayWindow}" : "";
        text.Line($"        replay detection support: {(sa.ReplayWindow > 0 ? "Y" : "N")}{window}");
        text.Line($"        Status: {(sa.Retired ? "RETIRED" : inbound || sa.Sending ? "ACTIVE" : "STANDBY")}(ACTIVE)");
    }

    private static string Spi(uint spi) => $"0x{spi:X}({spi})";
}
