using System.Text.RegularExpressions;
using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed partial class CryptoIkeScreenTests
{
    private static readonly CryptoIkeSa Sa = new()
    {
        Number = 1,
        Local = IpAddress.Parse("66.66.66.1"),
        LocalPort = 500,
        Remote = IpAddress.Parse("66.66.66.2"),
        RemotePort = 500,
        Status = CryptoIkeStatus.Ready,
        Encryption = "AES-CBC",
        KeySize = 128,
        Prf = "SHA1",
        Hash = "SHA96",
        Group = 16,
        AuthenticationLocal = "PSK",
        AuthenticationRemote = "PSK",
        LifetimeSeconds = 86400,
        ActiveSeconds = 735,
        RekeySeconds = 80000,
        LastHeardSeconds = 3,
        LocalSpi = "4CF87E32B25302C0",
        RemoteSpi = "96254131FD306002",
        LocalId = "66.66.66.1",
        RemoteId = "CN=spoke1, O=Example",
        Initiator = true,
        LocalMessageId = 3,
        RemoteMessageId = 1,
        LocalWindow = 5,
        RemoteWindow = 20,
        DpdSeconds = 30,
        DpdRetrySeconds = 5,
        Mobike = true,
        Ticket = true,
    };

    [Fact]
    public void Sa_OfIpv4_LooksLikeIos()
    {
        const string Expected =
            """
             IPv4 Crypto IKEv2  SA 

            Tunnel-id Local                 Remote                fvrf/ivrf            Status 
            1         66.66.66.1/500        66.66.66.2/500        none/none            READY  
                  Encr: AES-CBC, keysize: 128, PRF: SHA1, Hash: SHA96, DH Grp:16, Auth sign: PSK, Auth verify: PSK
                  Life/Active Time: 86400/735 sec

             IPv6 Crypto IKEv2  SA 


            """;
        Assert.Equal(Expected, CryptoIkeScreen.Render(State(Sa)));
    }

    [Fact]
    public void Sa_InDetail_LooksLikeIosAndSaysMore()
    {
        const string Expected =
            """
            Tunnel-id Local                 Remote                fvrf/ivrf            Status 
            1         66.66.66.1/500        66.66.66.2/500        INET/none            READY  
                  Encr: AES-CBC, keysize: 128, PRF: SHA1, Hash: SHA96, DH Grp:16, Auth sign: PSK, Auth verify: PSK
                  Life/Active Time: 86400/735 sec
                  CE id: 0, Session-id: 7
                  Local spi: 4CF87E32B25302C0       Remote spi: 96254131FD306002
                  Status Description: Negotiation done
                  Local id: 66.66.66.1
                  Remote id: CN=spoke1,O=Example
                  Local req msg id:  3              Remote req msg id:  1         
                  Local next msg id: 3              Remote next msg id: 1         
                  Local req queued:  3              Remote req queued:  1         
                  Local window:      5              Remote window:      20        
                  DPD configured for 30 seconds, retry 5
                  Fragmentation not  configured.
                  Dynamic Route Update: disabled
                  Extended Authentication not configured.
                  NAT-T is detected  outside
                  Cisco Trust Security SGT is disabled
                  Initiator of SA : Yes
                  MOBIKE: enabled, quick crash detection: disabled, session ticket: held
                  Rekey in 22:13:20, last heard 00:00:03 ago

            """;
        Assert.Contains(Expected, CryptoIkeScreen.Render(State(Sa with { Fvrf = "INET", NatOutside = true }), detail: true));
        Assert.Contains("IETF Std Fragmentation  configured.", CryptoIkeScreen.Render(State(Sa with { Fragmentation = true }), detail: true));
    }

    [Fact]
    public void Sa_OfIpv6_HasItsEndsOnLinesOfTheirOwn()
    {
        const string Expected =
            """
             IPv4 Crypto IKEv2  SA 

             IPv6 Crypto IKEv2  SA 

            Tunnel-id    fvrf/ivrf              Status    
            1          none/none             READY
            Local  2001:DB8:1101::131/500
            Remote  2001:DB8:1201::122/4500
                  Encr: AES-CBC, keysize: 128, PRF: SHA1, Hash: SHA96, DH Grp:16, Auth sign: PSK, Auth verify: PSK
                  Life/Active Time: 86400/735 sec


            """;
        CryptoIkeSa sa = Sa with { Local = IpAddress.Parse("2001:db8:1101::131"), Remote = IpAddress.Parse("2001:db8:1201::122"), RemotePort = 4500 };
        Assert.Equal(Expected, CryptoIkeScreen.Render(State(sa)));
    }

    [Fact]
    public void Stranger_BeforeThereAreKeys_IsShownInNegotiation()
    {
        var state = new CryptoState { Strangers = [new CryptoIkeSa { Number = 3, Local = Sa.Local, LocalPort = 500, Remote = Sa.Remote, RemotePort = 33333, Status = CryptoIkeStatus.Negotiating }] };
        string text = CryptoIkeScreen.Render(state, detail: true);
        Assert.Matches(@"(?m)^3         66\.66\.66\.1/500        66\.66\.66\.2/33333      none/none            IN-NEG $", text);
        Assert.Contains("Status Description: Responder waiting for the initiator", text);
        Assert.DoesNotContain("Encr:", text);
    }

    [Fact]
    public void Session_WithItsChild_LooksLikeIos()
    {
        const string Expected =
            """
             IPv4 Crypto IKEv2 Session 

            Session-id:7, Status:UP-ACTIVE, IKE count:1, CHILD count:1

            Tunnel-id Local                 Remote                fvrf/ivrf            Status 
            1         66.66.66.1/500        66.66.66.2/500        none/none            READY  
                  Encr: AES-CBC, keysize: 128, PRF: SHA1, Hash: SHA96, DH Grp:16, Auth sign: PSK, Auth verify: PSK
                  Life/Active Time: 86400/735 sec
            Child sa: local selector  10.19.3.2/0 - 10.19.3.2/65535
                      remote selector 10.18.1.2/0 - 10.18.1.2/65535
                      ESP spi in/out: 0xD15D45A2/0x3E664E59  

             IPv6 Crypto IKEv2 Session 


            """;
        Assert.Equal(Expected, CryptoIkeScreen.RenderSessions(State(Sa)));
        string detail = CryptoIkeScreen.RenderSessions(State(Sa), detail: true);
        Assert.Contains("          Encr: AES-GCM, keysize: 256, esp_hmac: None\n          ah_hmac: None, comp: IPCOMP_NONE, mode transport\n", detail);
    }

    [Fact]
    public void GenieParser_ReadsEveryLineOfTheDetail()
    {
        // Each pattern of genie's parsers for these screens finds its line, after trimming as genie does.
        List<string> lines = [.. CryptoIkeScreen.RenderSessions(State(Sa with { NatInside = true, Fragmentation = true, RemoteId = "spoke1" }), detail: true).Split('\n').Select(line => line.Trim())];
        foreach (string pattern in (string[])
        [
            @"^(\S+) Crypto IKEv2 Session$", @"^Session-id:(\d+),\s+Status:(\S+),\s+IKE count:(\d+),\s+CHILD count:(\d+)$",
            @"^(\d+)\s+(\S+)\/(\d+)\s+(\S+)\/(\d+)\s+(\S+)\/(\S+)\s+(\S+)$",
            @"^Encr:\s+(\S+),\s+keysize:\s+(\d+),\s+PRF:\s+(\S+),\s+Hash:\s+(\S+),\s+DH Grp:(\d+),\s+Auth sign:\s+(\S+),\s+Auth verify:\s+(\S+)$",
            @"^Life\/Active\s+Time:\s+(\d+)\/(\d+)\s+sec$", @"^CE\s+id:\s+(\d+),\s+Session-id:\s+(\d+)$", @"^Local spi:\s+(\S+)\s+Remote spi:\s+(\S+)$",
            @"^Status Description: ([\w\s]+)$", @"^Local id:\s+(\S+)$", @"^Remote id:\s+(\S+)$", @"^Local req msg id:\s+(\d+)\s+Remote req msg id:\s+(\d+)$",
            @"^Local next msg id:\s+(\d+)\s+Remote next msg id:\s+(\d+)$", @"^Local req queued:\s+(\d+)\s+Remote req queued:\s+(\d+)$",
            @"^Local window:\s+(\d+)\s+Remote window:\s+(\d+)$", @"^DPD\s+configured\s+for\s+(\d+)\s+seconds,\s+retry\s+(\d+)$", @"^IETF\s+Std\s+Fragmentation\s+configured\.$",
            @"^Dynamic\s+Route\s+Update:\s+(\S+)$", @"^NAT-T\s+is\s+detected\s+(\w+)$", @"^Cisco\s+Trust\s+Security\s+SGT\s+is\s+(\w+)$", @"^Initiator\s+of\s+SA\s+:\s+(\w+)$",
            @"^Child sa:\s+local\s+selector\s+([\S\s]+)$", @"^remote\s+selector\s+([\S\s]+)$", @"^ESP\s+spi\s+in\/out:\s+(\S+)\/(\S+)$", @"^AH\s+spi\s+in\/out:\s+(\S+)\/(\S+)$",
            @"^CPI\s+in\/out:\s+(\S+)\/(\S+)$", @"^Encr:\s+(\S+),\s+keysize:\s+(\d+),\s+esp_hmac:\s+(\S+)$", @"^ah_hmac:\s+([\S\s]*),\s+comp:\s+(\S+),\s+mode\s+(\S+)$",
        ])
        {
            Assert.True(lines.Exists(line => Regex.IsMatch(line, pattern)), pattern);
        }
    }

    [Fact]
    public void DmvpnDetail_WithACryptoSession_LooksLikeIos()
    {
        const string Expected =
            """
            Crypto Session Details: 
            --------------------------------------------------------------------------------

            Interface: Tunnel0
            Session: [0x00000007]
              Session ID: 7  
              IKEv2 SA: local 66.66.66.1/500 remote 66.66.66.2/500 Active 
                      Capabilities:D connid:1 lifetime:23:47:45
              Crypto Session Status: UP-ACTIVE     
              fvrf: (none),	Phase1_id: spoke1
              IPSEC FLOW: permit 47 host 10.19.3.2 host 10.18.1.2 
                    Active SAs: 2, origin: crypto map
                    Inbound:  #pkts dec'ed 38 drop 0 life (KB/Sec) 4321173/2744
                    Outbound: #pkts enc'ed 39 drop 0 life (KB/Sec) 4321172/2744
               Outbound SPI : 0x3E664E59, transform : esp-gcm 256 
                Socket State: Open

            Pending DMVPN Sessions:

            """;
        Assert.EndsWith(Expected + "\n", DmvpnScreen.Render(new DmvpnState { CryptoSessions = State(Sa).Sessions }, detail: true));
    }

    private static CryptoState State(CryptoIkeSa sa)
    {
        CryptoSelector local = new(IpAddress.Parse("10.19.3.2"), IpAddress.Parse("10.19.3.2"), 47), remote = new(IpAddress.Parse("10.18.1.2"), IpAddress.Parse("10.18.1.2"), 47);
        return new CryptoState
        {
            Sessions =
            [
                new CryptoSession
                {
                    Tunnels = [new TunnelId(0)], SessionId = 7, Peer = sa.Remote, Identity = "spoke1", Status = CryptoSessionStatus.UpActive, IkeSas = [sa],
                    IpsecSas =
                    [
                        new CryptoIpsecSa
                        {
                            Local = local.Start, Remote = remote.Start, LocalSelector = local, RemoteSelector = remote, InboundSpi = 0xD15D45A2, OutboundSpi = 0x3E664E59,
                            Transform = "esp-gcm 256", Encryption = "AES-GCM", KeySize = 256, Hash = "None", InboundPackets = 38, OutboundPackets = 39,
                            InboundKilobytesLeft = 4321173, OutboundKilobytesLeft = 4321172, SecondsLeft = 2744,
                        },
                    ],
                },
            ],
        };
    }
}
