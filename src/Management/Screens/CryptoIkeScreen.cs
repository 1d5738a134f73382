using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show crypto ikev2 sa [detail]</c> and <c>show crypto ikev2 session [detail]</c>.</summary>
public static class CryptoIkeScreen
{
    /// <summary>All IKE SAs.</summary>
    public static string Render(CryptoState state, bool detail = false) => Render(state, detail, withChildren: false);

    /// <summary>All IKE SAs, each with its ESP SAs.</summary>
    public static string RenderSessions(CryptoState state, bool detail = false) => Render(state, detail, withChildren: true);

    private static string Render(CryptoState state, bool detail, bool withChildren)
    {
        var text = new ScreenText();
        Family(text, state, ipv4: true, detail, withChildren);
        Family(text, state, ipv4: false, detail, withChildren);
        return text.ToString();
    }

    private static void Family(ScreenText text, CryptoState state, bool ipv4, bool detail, bool withChildren)
    {
        text.Line(withChildren ? $" {(ipv4 ? "IPv4" : "IPv6")} Crypto IKEv2 Session " : $" {(ipv4 ? "IPv4" : "IPv6")} Crypto IKEv2  SA ").Line();
        foreach (CryptoSession session in state.Sessions)
        {
            if (session.Peer.IsIPv4 != ipv4 || session.IkeSas.Count == 0) continue;
            if (withChildren)
            {
                string status = session.IsUp ? "UP-ACTIVE" : session.IsNegotiating ? "DOWN-NEGOTIATING" : "DOWN";
                text.Line($"Session-id:{session.Association}, Status:{status}, IKE count:{session.IkeSas.Count}, CHILD count:{session.IpsecSas.Count}").Line();
            }
            foreach (CryptoIkeSa sa in session.IkeSas)
            {
                text.Line("Tunnel-id Local                 Remote                fvrf/ivrf            Status ");
                text.Line($"{sa.Number,-9} {End(sa.Local, sa.LocalPort),-21} {End(sa.Remote, sa.RemotePort),-21} {$"{session.Vrf ?? "none"}/none",-20} {sa.Status,-7}");
                if (sa.Encryption.Length > 0) Algorithms(text, sa);
                if (detail) Detail(text, sa, session);
            }
            if (withChildren)
            {
                foreach (CryptoIpsecSa child in session.IpsecSas)
                {
                    text.Line($"Child sa: local selector  {child.LocalIdent.Text()}/0 - {child.LocalIdent.Text()}/65535");
                    text.Line($"          remote selector {child.RemoteIdent.Text()}/0 - {child.RemoteIdent.Text()}/65535");
                    text.Line($"          ESP spi in/out: 0x{child.InboundSpi:X}/0x{child.OutboundSpi:X}  ");
                }
            }
            text.Line();
        }
    }

    private static void Algorithms(ScreenText text, CryptoIkeSa sa)
    {
        string keySize = sa.KeyBits == 0 ? "" : $", keysize: {sa.KeyBits}";
        text.Line($"      Encr: {sa.Encryption}{keySize}, PRF: {sa.Prf}, Hash: {sa.Hash}, DH Grp:{sa.Group}, Auth sign: {sa.AuthenticationLocal}, Auth verify: {sa.AuthenticationRemote}");
        text.Line($"      Life/Active Time: {sa.LifetimeSeconds}/{sa.ActiveSeconds} sec");
    }

    private static void Detail(ScreenText text, CryptoIkeSa sa, CryptoSession session)
    {
        text.Line($"      CE id: 0, Session-id: {session.Association}");
        text.Line($"      Local spi: {sa.LocalSpi}       Remote spi: {sa.RemoteSpi}");
        text.Line($"      Status Description: {(sa.Status == "READY" ? "Negotiation done" : sa.Status == "IN-NEG" ? "Negotiation in progress" : "Deletion in progress")}");
        text.Line($"      Local id: {sa.LocalId}");
        text.Line($"      Remote id: {sa.RemoteId}");
        text.Line($"      Local req msg id:  {sa.LocalMessageId,-14} Remote req msg id:  {sa.RemoteMessageId,-10}");
        text.Line($"      Local next msg id: {sa.LocalMessageId,-14} Remote next msg id: {sa.RemoteMessageId,-10}");
        text.Line($"      Local window:      {sa.LocalWindow,-14} Remote window:      {sa.RemoteWindow,-10}");
        text.Line($"      DPD configured for {sa.DpdSeconds} seconds, retry {sa.DpdRetrySeconds}");
        text.Line($"      Fragmentation {(sa.Fragmentation ? "" : "not ")} configured.");
        text.Line("      Dynamic Route Update: disabled");
        text.Line("      Extended Authentication not configured.");
        text.Line(sa.NatLocal || sa.NatRemote ? $"      NAT-T is detected {(sa.NatLocal && sa.NatRemote ? "" : sa.NatLocal ? "inside" : "outside")}" : "      NAT-T is not detected  ");
        text.Line("      Cisco Trust Security SGT is disabled");
        text.Line($"      Initiator of SA : {(sa.IsInitiator ? "Yes" : "No")}");
        text.Line($"      MOBIKE: {(sa.Mobike ? "enabled" : "disabled")}, resumed by ticket: {(sa.Resumed ? "yes" : "no")}");
    }

    private static string End(IpAddress address, int port) => $"{address.Text()}/{port}";
}
