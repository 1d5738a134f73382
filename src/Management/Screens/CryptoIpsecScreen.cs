using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto ipsec sa [detail]</c>.</summary>
public static class CryptoIpsecScreen
{
    /// <summary>The screen; <paramref name="detail"/> adds the counters of what was refused.</summary>
    public static string Render(CryptoState state, bool detail = false)
    {
        var text = new ScreenText();
        foreach (IGrouping<TunnelId, CryptoSession> tunnel in state.Sessions.Where(s => s.IpsecSas.Count > 0 && s.Tunnels.Count > 0).GroupBy(s => s.Tunnels[0]).OrderBy(g => g.Key))
        {
            text.Line().Line($"interface: {tunnel.Key}");
            text.Line($"    Crypto map tag: {tunnel.Key}-head-0, local addr {tunnel.First().IpsecSas[0].Local.Text()}").Line();
            foreach (CryptoSession session in tunnel) Peer(text, tunnel.Key, session, detail);
        }
        return text.ToString();
    }

    private static void Peer(ScreenText text, TunnelId tunnel, CryptoSession session, bool detail)
    {
        CryptoIpsecSa sa = session.IpsecSas.FirstOrDefault(s => s.IsSending) ?? session.IpsecSas[0];
        long packetsOut = session.IpsecSas.Sum(s => s.PacketsOut), packetsIn = session.IpsecSas.Sum(s => s.PacketsIn);
        long forged = session.IpsecSas.Sum(s => s.Forged), replayed = session.IpsecSas.Sum(s => s.Replayed);
        text.Line($"   protected vrf: {session.Vrf ?? "(none)"}");
        text.Line($"   local  ident (addr/mask/prot/port): ({Ident(sa.LocalIdent)}/47/0)");
        text.Line($"   remote ident (addr/mask/prot/port): ({Ident(sa.RemoteIdent)}/47/0)");
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
        text.Line($"     local crypto endpt.: {sa.Local.Text()}, remote crypto endpt.: {sa.Remote.Text()}");
        text.Line($"     plaintext mtu {sa.PlaintextMtu}, path mtu 1500, ip mtu 1500, ip mtu idb {tunnel}");
        text.Line($"     current outbound spi: 0x{sa.OutboundSpi:X}({sa.OutboundSpi})");
        text.Line($"     PFS (Y/N): {(sa.PfsGroup is null ? "N" : "Y")}, DH group: {(sa.PfsGroup is { } group ? $"group{group}" : "none")}").Line();
        text.Line("     inbound esp sas:");
        foreach (CryptoIpsecSa one in session.IpsecSas) Sa(text, tunnel, session, one, inbound: true);
        text.Line().Line("     inbound ah sas:").Line().Line("     inbound pcp sas:").Line();
        text.Line("     outbound esp sas:");
        foreach (CryptoIpsecSa one in session.IpsecSas) Sa(text, tunnel, session, one, inbound: false);
        text.Line().Line("     outbound ah sas:").Line().Line("     outbound pcp sas:").Line();
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

    private static void Sa(ScreenText text, TunnelId tunnel, CryptoSession session, CryptoIpsecSa sa, bool inbound)
    {
        uint spi = inbound ? sa.InboundSpi : sa.OutboundSpi;
        long? kilobytes = inbound ? sa.KilobytesLeftIn : sa.KilobytesLeftOut;
        text.Line($"      spi: 0x{spi:X}({spi})");
        text.Line($"        transform: {sa.Transform} ,");
        text.Line($"        in use settings ={{{(sa.TunnelMode ? "Tunnel" : "Transport")}{(sa.UdpEncapsulation ? " UDP-Encaps" : "")}, {(sa.Esn ? "esn " : "")}}}");
        text.Line($"        conn id: {session.Association}, flow_id: SW:{session.Association}, sibling_flags 80000000, crypto map: {tunnel}-head-0");
        text.Line(kilobytes is { } left
            ? $"        sa timing: remaining key lifetime (k/sec): ({left}/{sa.SecondsLeft})"
            : $"        sa timing: remaining key lifetime (sec): ({sa.SecondsLeft})");
        text.Line($"        IV size: {sa.IvLength} bytes");
        text.Line(sa.ReplayWindow > 0 ? $"        replay detection support: Y  replay window size: {sa.ReplayWindow}" : "        replay detection support: N");
        text.Line($"        Status: {(sa.IsSending ? "ACTIVE(ACTIVE)" : "RETIRED(ACTIVE)")}");
    }

    private static string Ident(IpAddress address) => address.IsIPv4 ? $"{address}/255.255.255.255" : $"{address.Text()}/128";
}
