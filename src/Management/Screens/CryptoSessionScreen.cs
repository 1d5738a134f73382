using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto session [detail]</c>, and the crypto part of <c>show dmvpn detail</c>.</summary>
public static class CryptoSessionScreen
{
    private const string Codes =
        """
        Code: C - IKE Configuration mode, D - Dead Peer Detection     
        K - Keepalives, N - NAT-traversal, T - cTCP encapsulation     
        X - IKE Extended Authentication, F - IKE Fragmentation
        R - IKE Auto Reconnect, U - IKE Dynamic Route Update
        S - SIP VPN

        """;

    /// <summary>The screen.</summary>
    public static string Render(CryptoState state, bool detail = false)
    {
        var text = new ScreenText().Line("Crypto session current status").Line();
        if (detail) text.Block(Codes);
        foreach (CryptoSession session in state.Sessions) Session(text, session, detail);
        return text.ToString();
    }

    /// <summary>The part at the end of <c>show dmvpn detail</c>.</summary>
    internal static void Dmvpn(ScreenText text, CryptoSession session)
    {
        text.Line($"Interface: {Interface(session)}");
        text.Line($"Session: [0x{session.Association:X8}]");
        text.Line($"  Session ID: {session.Association}  ");
        foreach (CryptoIkeSa sa in session.IkeSas) IkeSa(text, sa);
        text.Line($"  Crypto Session Status: {Status(session)}     ");
        text.Line($"  fvrf: {session.Vrf ?? "(none)"},\tPhase1_id: {session.Identity ?? "(none)"}");
        Flows(text, session, lead: "  ");
        foreach (CryptoIpsecSa sa in session.IpsecSas)
            if (sa.IsSending) text.Line($"   Outbound SPI : 0x{sa.OutboundSpi:X8}, transform : {sa.Transform} ");
        text.Line($"    Socket State: {(session.IsUp ? "Open" : "Opening")}").Line();
    }

    private static void Session(ScreenText text, CryptoSession session, bool detail)
    {
        text.Line($"Interface: {Interface(session)}");
        if (session.Profile.Length > 0) text.Line($"Profile: {session.Profile}");
        if (detail && session.UpSeconds is { } up) text.Line($"Uptime: {ScreenFormat.Age(up)}");
        text.Line($"Session status: {Status(session),-13}");
        text.Line(detail ? $"Peer: {session.Peer.Text()} port {session.Port} fvrf: {session.Vrf ?? "(none)"} ivrf: (none)" : $"Peer: {session.Peer.Text()} port {session.Port} ");
        if (detail)
        {
            text.Line($"      Phase1_id: {session.Identity ?? "(none)"}");
            text.Line($"      Desc: {session.LastFailure ?? "(none)"}");
        }
        foreach (CryptoIkeSa sa in session.IkeSas)
        {
            text.Line($"  Session ID: {session.Association}  ");
            if (detail) IkeSa(text, sa);
            else text.Line($"  IKEv2 SA: local {sa.Local.Text()}/{sa.LocalPort} remote {sa.Remote.Text()}/{sa.RemotePort} {State(sa)} ");
        }
        if (detail)
        {
            Flows(text, session, lead: "  ");
        }
        else
        {
            foreach (CryptoIpsecSa sa in session.IpsecSas)
            {
                if (!sa.IsSending) continue;
                text.Line($"  IPSEC FLOW: permit 47 host {sa.LocalIdent.Text()} host {sa.RemoteIdent.Text()} ");
                text.Line($"        Active SAs: {2 * session.IpsecSas.Count}, origin: crypto map");
            }
        }
        text.Line();
    }

    private static void IkeSa(ScreenText text, CryptoIkeSa sa)
    {
        string letters = (sa.DpdSeconds > 0 ? "D" : "") + (sa.NatLocal || sa.NatRemote ? "N" : "") + (sa.Fragmentation ? "F" : "");
        text.Line($"  IKEv2 SA: local {sa.Local.Text()}/{sa.LocalPort} remote {sa.Remote.Text()}/{sa.RemotePort} {State(sa)} ");
        text.Line($"          Capabilities:{(letters.Length == 0 ? "(none)" : letters)} connid:{sa.Number} lifetime:{ScreenFormat.Age(Math.Max(0, sa.LifetimeSeconds - sa.ActiveSeconds))}");
    }

    private static void Flows(ScreenText text, CryptoSession session, string lead)
    {
        if (session.IpsecSas.Count == 0) return;
        CryptoIpsecSa current = session.IpsecSas.FirstOrDefault(sa => sa.IsSending) ?? session.IpsecSas[0];
        text.Line($"{lead}IPSEC FLOW: permit 47 host {current.LocalIdent.Text()} host {current.RemoteIdent.Text()} ");
        text.Line($"        Active SAs: {2 * session.IpsecSas.Count}, origin: crypto map");
        text.Line($"        Inbound:  #pkts dec'ed {session.IpsecSas.Sum(sa => sa.PacketsIn)} drop {session.IpsecSas.Sum(sa => sa.Replayed + sa.Forged)} life (KB/Sec) {Kilobytes(current.KilobytesLeftIn)}/{current.SecondsLeft}");
        text.Line($"        Outbound: #pkts enc'ed {session.IpsecSas.Sum(sa => sa.PacketsOut)} drop 0 life (KB/Sec) {Kilobytes(current.KilobytesLeftOut)}/{current.SecondsLeft}");
    }

    private static string Kilobytes(long? left) => left is { } kilobytes ? kilobytes.ToString() : "KB Vol Rekey Disabled";

    private static string Interface(CryptoSession session) => session.Tunnels.Count == 0 ? "(none)" : string.Join(' ', session.Tunnels);

    private static string Status(CryptoSession session) =>
        session.IsUp ? "UP-ACTIVE" : session.IkeSas.Any(sa => sa.Status == "READY") ? "UP-IDLE" : session.IsNegotiating ? "DOWN-NEGOTIATING" : "DOWN";

    private static string State(CryptoIkeSa sa) => sa.Status == "READY" ? "Active" : "Inactive";
}
