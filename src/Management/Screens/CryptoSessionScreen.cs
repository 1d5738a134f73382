using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto session [detail | brief]</c>, and the crypto part of <c>show dmvpn detail</c>.</summary>
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

    /// <summary>One line for each session.</summary>
    public static string RenderBrief(CryptoState state)
    {
        var text = new ScreenText()
            .Line("Status: A- Active, U - Up, D - Down, I - Idle, S - Standby, N - Negotiating")
            .Line("        K - No IKE")
            .Line("ivrf = (none)")
            .Line("           Peer       I/F          Username   Group/Phase1_id          Uptime Status");
        foreach (CryptoSession session in state.Sessions)
        {
            string tunnel = session.Tunnels.Count == 0 ? "" : session.Tunnels[0].Short();
            string status = session.Status switch
            {
                CryptoSessionStatus.UpActive => "UA",
                CryptoSessionStatus.UpIdle => "UI",
                CryptoSessionStatus.UpNoIke => "UK",
                CryptoSessionStatus.DownNegotiating => "DN",
                _ => "D",
            };
            text.Line($"{session.Peer.Text(),15}  {tunnel,8}                  {CryptoFormat.Identity(session.Identity),18} {(session.UpSeconds is { } up ? ScreenFormat.Age(up) : ""),15} {status,6}");
        }
        return text.ToString();
    }

    /// <summary>A block of "Crypto Session Details" in <c>show dmvpn detail</c>.</summary>
    internal static void Dmvpn(ScreenText text, CryptoSession session)
    {
        text.Line($"Interface: {Interface(session)}");
        // IOS prints the address of its session record here.
        text.Line($"Session: [0x{session.SessionId:X8}]");
        text.Line($"  Session ID: {session.SessionId}  ");
        foreach (CryptoIkeSa sa in session.IkeSas) IkeSa(text, sa, detail: true);
        text.Line($"  Crypto Session Status: {session.Status.Text(),-14}");
        text.Line($"  fvrf: {CryptoFormat.Vrf(session.Fvrf)},\tPhase1_id: {CryptoFormat.Identity(session.Identity)}");
        Flow(text, session, counters: true);
        if (session.IpsecSas.Count > 0) text.Line($"   Outbound SPI : 0x{session.IpsecSas[0].OutboundSpi,8:X}, transform : {session.IpsecSas[0].Transform} ");
        text.Line($"    Socket State: {(session.Status == CryptoSessionStatus.UpActive ? "Open" : "Opening")}");
    }

    private static void Session(ScreenText text, CryptoSession session, bool detail)
    {
        text.Line($"Interface: {Interface(session)}");
        if (session.Profile is { } profile) text.Line($"Profile: {profile}");
        if (detail && session.UpSeconds is { } up) text.Line($"Uptime: {ScreenFormat.Age(up)}");
        text.Line($"Session status: {session.Status.Text(),-14}");
        text.Line($"Peer: {session.Peer.Text()} port {session.Port} {(detail ? $"fvrf: {CryptoFormat.Vrf(session.Fvrf)} ivrf: (none)" : "")}");
        if (detail)
        {
            text.Line($"      Phase1_id: {CryptoFormat.Identity(session.Identity)}");
            // IOS's is a text of the configuration; nothing is more worth to be said here than why there is no session.
            text.Line($"      Desc: {(session.Status == CryptoSessionStatus.UpActive ? null : session.LastFailure) ?? "(none)"}");
        }
        foreach (CryptoIkeSa sa in session.IkeSas)
        {
            text.Line($"  Session ID: {session.SessionId}  ");
            IkeSa(text, sa, detail);
        }
        Flow(text, session, detail);
        text.Line();
    }

    private static void IkeSa(ScreenText text, CryptoIkeSa sa, bool detail)
    {
        string state = sa.Status == CryptoIkeStatus.Ready ? "Active" : "Inactive";
        if (sa.Local.IsIPv4) text.Line($"  IKEv2 SA: local {sa.Local.Text()}/{sa.LocalPort} remote {sa.Remote.Text()}/{sa.RemotePort} {state} ");
        else text.Line($"  IKEv2 SA: local {sa.Local.Text()}/{sa.LocalPort} ").Line($"          remote {sa.Remote.Text()}/{sa.RemotePort} {state} ");
        if (!detail) return;
        string letters = (sa.DpdSeconds > 0 ? "D" : "") + (sa.NatInside || sa.NatOutside ? "N" : "") + (sa.Fragmentation ? "F" : "");
        string lifetime = sa.Status == CryptoIkeStatus.Ready ? ScreenFormat.Age(Math.Max(0, sa.LifetimeSeconds - sa.ActiveSeconds)) : "0";
        text.Line($"          Capabilities:{(letters.Length == 0 ? "(none)" : letters)} connid:{sa.Number} lifetime:{lifetime}");
    }

    private static void Flow(ScreenText text, CryptoSession session, bool counters)
    {
        IReadOnlyList<CryptoIpsecSa> sas = session.IpsecSas;
        CryptoIpsecSa? current = sas.Count > 0 ? sas[0] : null;
        if (current is null && session.Local is null) return;
        CryptoSelector local = current?.LocalSelector ?? new CryptoSelector(session.Local!.Value, session.Local.Value, 47);
        CryptoSelector remote = current?.RemoteSelector ?? new CryptoSelector(session.Peer, session.Peer, 47);
        string protocol = local.Protocol != 0 ? local.Protocol.ToString() : local.Start.IsIPv4 ? "ip" : "ipv6";
        text.Line($"  IPSEC FLOW: permit {protocol} {CryptoFormat.Flow(local)} {CryptoFormat.Flow(remote)} ");
        text.Line($"        Active SAs: {2 * sas.Count}, origin: crypto map");
        if (!counters) return;
        string seconds = (current?.SecondsLeft ?? 0).ToString();
        text.Line($"        Inbound:  #pkts dec'ed {sas.Sum(sa => sa.InboundPackets)} drop {sas.Sum(sa => sa.Replayed + sa.Forged)} life (KB/Sec) {Kilobytes(current, current?.InboundKilobytesLeft)}/{seconds}");
        text.Line($"        Outbound: #pkts enc'ed {sas.Sum(sa => sa.OutboundPackets)} drop 0 life (KB/Sec) {Kilobytes(current, current?.OutboundKilobytesLeft)}/{seconds}");
    }

    private static string Kilobytes(CryptoIpsecSa? sa, long? left) => left?.ToString() ?? (sa is null ? "0" : "KB Vol Rekey Disabled");

    private static string Interface(CryptoSession session) => session.Tunnels.Count == 0 ? "(none)" : string.Join(' ', session.Tunnels);
}
