using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto ikev2 sa [detailed]</c> and <c>show crypto ikev2 session [detailed]</c>: IPv4 and IPv6 of the underlay apart, as on IOS.</summary>
public static class CryptoIkeScreen
{
    /// <summary>All IKE SAs.</summary>
    public static string Render(CryptoState state, bool detail = false)
    {
        var text = new ScreenText();
        foreach (bool ipv4 in (ReadOnlySpan<bool>)[true, false])
        {
            text.Line($" {Family(ipv4)} Crypto IKEv2  SA ").Line();
            foreach (CryptoSession session in state.Sessions)
            {
                foreach (CryptoIkeSa sa in session.IkeSas) Sa(text, sa, session.SessionId, ipv4, detail);
            }
            foreach (CryptoIkeSa sa in state.Strangers) Sa(text, sa, 0, ipv4, detail);
        }
        return text.ToString();
    }

    /// <summary>All IKE SAs, by peer, each with its ESP SAs.</summary>
    public static string RenderSessions(CryptoState state, bool detail = false)
    {
        var text = new ScreenText();
        foreach (bool ipv4 in (ReadOnlySpan<bool>)[true, false])
        {
            text.Line($" {Family(ipv4)} Crypto IKEv2 Session ").Line();
            foreach (CryptoSession session in state.Sessions)
            {
                if (session.Peer.IsIPv4 == ipv4 && session.IkeSas.Count > 0) Session(text, session, detail);
            }
        }
        return text.ToString();
    }

    private static void Session(ScreenText text, CryptoSession session, bool detail)
    {
        text.Line($"Session-id:{session.SessionId}, Status:{session.Status.Text()}, IKE count:{session.IkeSas.Count}, CHILD count:{session.IpsecSas.Count}").Line();
        foreach (CryptoIkeSa sa in session.IkeSas) Lines(text, sa, session.SessionId, detail);
        foreach (CryptoIpsecSa child in session.IpsecSas)
        {
            text.Line($"Child sa: local selector  {CryptoFormat.Range(child.LocalSelector)}");
            text.Line($"          remote selector {CryptoFormat.Range(child.RemoteSelector)}");
            text.Line($"          ESP spi in/out: 0x{child.InboundSpi:X}/0x{child.OutboundSpi:X}  ");
            if (!detail) continue;
            text.Line("          AH spi in/out: 0x0/0x0  ");
            text.Line("          CPI in/out: 0x0/0x0  ");
            text.Line($"          Encr: {child.Encryption}, keysize: {child.KeySize}, esp_hmac: {child.Hash}");
            text.Line($"          ah_hmac: None, comp: IPCOMP_NONE, mode {(child.TunnelMode ? "tunnel" : "transport")}");
        }
        text.Line();
    }

    private static void Sa(ScreenText text, CryptoIkeSa sa, int session, bool ipv4, bool detail)
    {
        if (sa.Remote.IsIPv4 != ipv4) return;
        Lines(text, sa, session, detail);
        text.Line();
    }

    private static void Lines(ScreenText text, CryptoIkeSa sa, int session, bool detail)
    {
        string vrf = $"{(sa.Fvrf.Length == 0 ? "none" : sa.Fvrf)}/none";
        if (sa.Remote.IsIPv4)
        {
            text.Line("Tunnel-id Local                 Remote                fvrf/ivrf            Status ");
            text.Line($"{sa.Number,-9} {$"{sa.Local.Text()}/{sa.LocalPort}",-21} {$"{sa.Remote.Text()}/{sa.RemotePort}",-21} {vrf,-20} {sa.Status.Text(),-7}");
        }
        else
        {
            text.Line("Tunnel-id    fvrf/ivrf              Status    ");
            text.Line($"{sa.Number,-10} {vrf,-21} {sa.Status.Text()}");
            text.Line($"Local  {sa.Local.Text()}/{sa.LocalPort}").Line($"Remote  {sa.Remote.Text()}/{sa.RemotePort}");
        }

        if (sa.Encryption is not null)
        {
            text.Line(
                $"      Encr: {sa.Encryption}, keysize: {sa.KeySize}, PRF: {sa.Prf}, Hash: {sa.Hash}, DH Grp:{sa.Group}, "
                + $"Auth sign: {sa.AuthenticationLocal ?? "None"}, Auth verify: {sa.AuthenticationRemote ?? "None"}");
        }
        text.Line($"      Life/Active Time: {sa.LifetimeSeconds}/{sa.ActiveSeconds} sec");
        if (detail) Detail(text, sa, session);
    }

    private static void Detail(ScreenText text, CryptoIkeSa sa, int session)
    {
        string status = sa.Status switch
        {
            CryptoIkeStatus.Ready => "Negotiation done",
            CryptoIkeStatus.Negotiating => sa.Initiator ? "Initiator waiting for the responder" : "Responder waiting for the initiator",
            _ => "Deletion in progress",
        };
        text.Line($"      CE id: 0, Session-id: {session}");
        text.Line($"      Local spi: {sa.LocalSpi}       Remote spi: {sa.RemoteSpi}");
        text.Line($"      Status Description: {status}");
        text.Line($"      Local id: {CryptoFormat.Identity(sa.LocalId)}");
        text.Line($"      Remote id: {CryptoFormat.Identity(sa.RemoteId)}");
        text.Line($"      Local req msg id:  {sa.LocalMessageId,-14} Remote req msg id:  {sa.RemoteMessageId,-10}");
        text.Line($"      Local next msg id: {sa.LocalMessageId,-14} Remote next msg id: {sa.RemoteMessageId,-10}");
        text.Line($"      Local req queued:  {sa.LocalMessageId,-14} Remote req queued:  {sa.RemoteMessageId,-10}");
        text.Line($"      Local window:      {sa.LocalWindow,-14} Remote window:      {sa.RemoteWindow,-10}");
        text.Line($"      DPD configured for {sa.DpdSeconds} seconds, retry {sa.DpdRetrySeconds}");
        text.Line(sa.Fragmentation ? "      IETF Std Fragmentation  configured." : "      Fragmentation not  configured.");
        text.Line("      Dynamic Route Update: disabled");
        text.Line("      Extended Authentication not configured.");
        text.Line(sa.NatInside ? "      NAT-T is detected  inside" : sa.NatOutside ? "      NAT-T is detected  outside" : "      NAT-T is not detected  ");
        text.Line("      Cisco Trust Security SGT is disabled");
        text.Line($"      Initiator of SA : {(sa.Initiator ? "Yes" : "No")}");
        Ours(text, sa);
    }

    /// <summary>What IOS does not have, behind what it has.</summary>
    private static void Ours(ScreenText text, CryptoIkeSa sa)
    {
        text.Line($"      MOBIKE: {Enabled(sa.Mobike)}, quick crash detection: {Enabled(sa.QuickCrashDetection)}, session ticket: {(sa.Ticket ? "held" : "none")}{(sa.Resumed ? ", resumed" : "")}");
        string times = sa.RekeySeconds is { } rekey ? $"Rekey in {ScreenFormat.Age(rekey)}" : "No rekey";
        if (sa.ReauthenticateSeconds is { } again) times += $", authentication again in {ScreenFormat.Age(again)}";
        if (sa.LastHeardSeconds is { } heard) times += $", last heard {ScreenFormat.Age(heard)} ago";
        text.Line("      " + times);
        if (sa.PeerCertificateEnds is { } end) text.Line($"      Peer certificate valid until {CryptoFormat.Date(end)}");
    }

    private static string Enabled(bool enabled) => enabled ? "enabled" : "disabled";

    private static string Family(bool ipv4) => ipv4 ? "IPv4" : "IPv6";
}
