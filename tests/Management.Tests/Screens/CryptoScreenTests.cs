using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed partial class CryptoScreenTests
{
    [Theory]
    [InlineData("cisco_ios_show_crypto_ipsec_sa_detail")]
    [InlineData("cisco_ios_show_crypto_ipsec_sa_detail_2")]
    [InlineData("cisco_ios_show_crypto_ipsec_sa_detail_3")]
    public void IpsecTemplate_OfItsOwnSample_ReadsWhatItSays(string sample) => Assert.Equal(
        CryptoParsers.Expected(SharedData.ReadIosScreen("show_crypto_ipsec_sa_detail", sample + ".yml")),
        CryptoParsers.IpsecSas(SharedData.ReadIosScreen("show_crypto_ipsec_sa_detail", sample + ".raw")));

    [Fact]
    public void IpsecSas_OfTheSampleAsState_AreReadAsTheSample()
    {
        string sample = SharedData.ReadIosScreen("show_crypto_ipsec_sa_detail", "cisco_ios_show_crypto_ipsec_sa_detail.raw");
        var state = new CryptoState
        {
            Sessions =
            [
                Session(1, "2.2.2.2", Sa("2.2.2.2", 0xABCD1234, 0x1234ABCD, 4112421, 4981028, 4332650, 4332649, 3205, replayed: 0)),
                Session(2, "3.3.3.3", Sa("3.3.3.3", 0x1234DCBA, 0x4321DCBA, 12013064, 13133657, 4272028, 4272026, 2813, replayed: 1)),
            ],
        };
        string text = CryptoIpsecScreen.Render(state, detail: true);
        List<SortedDictionary<string, string>> theirs = CryptoParsers.IpsecSas(sample), ours = CryptoParsers.IpsecSas(text);
        foreach (SortedDictionary<string, string> row in theirs.Concat(ours))
        {
            // Numbers of their hardware; and whoever made their addresses and SPIs unrecognisable did not keep to the arithmetic.
            foreach (string field in (string[])["sa_conn_id", "sa_flow_id", "sa_spi_dec", "current_outbound_spi_dec"]) row.Remove(field);
        }
        Assert.Equal(theirs, ours);
        Assert.Equal(Lines(sample), Lines(text));

        static List<string> Lines(string screen) => [.. screen.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())
            .Where(line => line.Length > 0 && !line.Contains("conn id") && !line.Contains("spi: 0x"))];

        static CryptoIpsecSa Sa(string peer, uint inbound, uint outbound, long packetsIn, long packetsOut, long leftIn, long leftOut, long seconds, long replayed) => new()
        {
            Local = IpAddress.Parse("1.2.3.4"),
            Remote = IpAddress.Parse(peer),
            RemotePort = 4500,
            LocalSelector = Gre("1.2.3.4"),
            RemoteSelector = Gre(peer),
            InboundSpi = inbound,
            OutboundSpi = outbound,
            Transform = "esp-256-aes esp-sha-hmac",
            UdpEncapsulation = true,
            Sending = true,
            IvSize = 16,
            ReplayWindow = 1024,
            PlaintextMtu = 1442,
            PathMtu = 1500,
            Device = "GigabitEthernet8",
            InboundPackets = packetsIn,
            OutboundPackets = packetsOut,
            InboundKilobytesLeft = leftIn,
            OutboundKilobytesLeft = leftOut,
            SecondsLeft = seconds,
            Replayed = replayed,
        };
    }

    [Fact]
    public void IpsecSas_OfIpv6WithoutVolumeLimit_LookLikeIos()
    {
        const string Expected =
            """

            interface: Tunnel1
                Crypto map tag: Tunnel1-head-0, local addr 2001:DB8:1101::131

               protected vrf: (none)
               local  ident (addr/mask/prot/port): (2001:DB8:1101::131/128/47/0)
               remote ident (addr/mask/prot/port): (2001:DB8:1202::123/128/47/0)
               current_peer 2001:DB8:1202::123 port 500
                 PERMIT, flags={origin_is_acl,}
                #pkts encaps: 196, #pkts encrypt: 196, #pkts digest: 196
                #pkts decaps: 195, #pkts decrypt: 195, #pkts verify: 195
                #pkts compressed: 0, #pkts decompressed: 0
                #pkts not compressed: 0, #pkts compr. failed: 0
                #pkts not decompressed: 0, #pkts decompress failed: 0
                #send errors 0, #recv errors 3

                 local crypto endpt.: 2001:DB8:1101::131,
                 remote crypto endpt.: 2001:DB8:1202::123
                 plaintext mtu 1446, path mtu 1500, ipv6 mtu 1500, ipv6 mtu idb eth1
                 current outbound spi: 0x6064CAD7(1617218263)
                 PFS (Y/N): Y, DH group: group19

                 inbound esp sas:
                  spi: 0x7D6FAAB9(2104470201)
                    transform: esp-256-aes esp-sha256-hmac ,
                    in use settings ={Transport, }
                    conn id: 1, flow_id: SW:1, sibling_flags 80000000, crypto map: Tunnel1-head-0
                    sa timing: remaining key lifetime (sec): 148
                    Kilobyte Volume Rekey has been disabled
                    IV size: 16 bytes
                    replay detection support: Y
                    Status: ACTIVE(ACTIVE)

                 inbound ah sas:

                 inbound pcp sas:

                 outbound esp sas:
                  spi: 0x6064CAD7(1617218263)
                    transform: esp-256-aes esp-sha256-hmac ,
                    in use settings ={Transport, }
                    conn id: 2, flow_id: SW:2, sibling_flags 80000000, crypto map: Tunnel1-head-0
                    sa timing: remaining key lifetime (sec): 148
                    Kilobyte Volume Rekey has been disabled
                    IV size: 16 bytes
                    replay detection support: Y
                    Status: ACTIVE(ACTIVE)

                 outbound ah sas:

                 outbound pcp sas:

            """;
        CryptoIpsecSa sa = new()
        {
            Local = IpAddress.Parse("2001:db8:1101::131"),
            Remote = IpAddress.Parse("2001:db8:1202::123"),
            RemotePort = 500,
            LocalSelector = Gre("2001:db8:1101::131"),
            RemoteSelector = Gre("2001:db8:1202::123"),
            InboundSpi = 0x7D6FAAB9,
            OutboundSpi = 0x6064CAD7,
            Transform = "esp-256-aes esp-sha256-hmac",
            Sending = true,
            IvSize = 16,
            ReplayWindow = 64,
            PlaintextMtu = 1446,
            PathMtu = 1500,
            Device = "eth1",
            PfsGroup = 19,
            SecondsLeft = 148,
            InboundPackets = 195,
            OutboundPackets = 196,
            Replayed = 2,
            Forged = 1,
        };
        Assert.Equal(Expected, CryptoIpsecScreen.Render(new CryptoState { Sessions = [Session(1, "2001:db8:1202::123", sa)] }));
    }

    [Theory]
    [InlineData("cisco_ios_show_crypto_session_detail")]
    [InlineData("cisco_ios_show_crypto_session_detail_ikev2")]
    public void SessionTemplate_OfItsOwnSample_ReadsWhatItSays(string sample) => Assert.Equal(
        CryptoParsers.Expected(SharedData.ReadIosScreen("show_crypto_session_detail", sample + ".yml")),
        CryptoParsers.Sessions(SharedData.ReadIosScreen("show_crypto_session_detail", sample + ".raw")));

    [Fact]
    public void Sessions_OfTheIkev2SampleAsState_RenderTheSameLines()
    {
        string sample = SharedData.ReadIosScreen("show_crypto_session_detail", "cisco_ios_show_crypto_session_detail_ikev2.raw");
        var any = new CryptoSelector(IpAddress.Parse("0.0.0.0"), IpAddress.Parse("255.255.255.255"), 0);
        var state = new CryptoState
        {
            Sessions =
            [
                new CryptoSession
                {
                    Tunnels = [new TunnelId(11)],
                    SessionId = 70,
                    Peer = IpAddress.Parse("21.16.95.23"),
                    Port = 4500,
                    Fvrf = "INET",
                    Identity = "10.25.20.2",
                    Profile = "IKEV2_PFL_AES_GCM256",
                    Status = CryptoSessionStatus.UpActive,
                    UpSeconds = 11 * 3600 + 12 * 60 + 24,
                    IkeSas = [Ike(4, "18.81.19.19", "21.61.95.23", 4500) with { NatOutside = true, DpdSeconds = 10, ActiveSeconds = 86400 - (12 * 3600 + 47 * 60 + 36) }],
                    IpsecSas =
                    [
                        new CryptoIpsecSa
                        {
                            Local = IpAddress.Parse("18.81.19.19"), Remote = IpAddress.Parse("21.61.95.23"), LocalSelector = any, RemoteSelector = any, Transform = "esp-gcm 256",
                            InboundPackets = 4033155813, OutboundPackets = 1326659675, Replayed = 33920, InboundKilobytesLeft = 4607363, OutboundKilobytesLeft = 4606628, SecondsLeft = 2513,
                        },
                    ],
                },
            ],
        };
        string text = CryptoSessionScreen.Render(state, detail: true);
        Assert.Equal(Lines(sample), Lines(text));
        Assert.Equal(CryptoParsers.Sessions(sample), CryptoParsers.Sessions(text));
    }

    [Fact]
    public void Sessions_OfTheIkev1SampleAsState_RenderTheSameLinesButTheVersion()
    {
        string sample = SharedData.ReadIosScreen("show_crypto_session_detail", "cisco_ios_show_crypto_session_detail.raw").Replace("IKEv1", "IKEv2");
        var state = new CryptoState { Sessions = [Negotiating(1201, "10.161.255.14"), Up(), Negotiating(2201, "10.163.255.14")] };
        string text = CryptoSessionScreen.Render(state, detail: true);
        Assert.Equal(CryptoParsers.Sessions(sample), CryptoParsers.Sessions(text));
        Assert.Equal(Lines(sample).Order(), Lines(text).Where(line => line is not "S - SIP VPN").Select(line => line.Replace(", U - IKE Dynamic Route Update", "")).Order());

        static CryptoSession Negotiating(int tunnel, string peer)
        {
            CryptoIkeSa sa = Ike(0, "10.175.200.116", peer, 500) with { Status = CryptoIkeStatus.Negotiating };
            return new CryptoSession
            {
                Tunnels = [new TunnelId(tunnel)],
                Local = IpAddress.Parse("10.175.200.116"),
                Peer = IpAddress.Parse(peer),
                Port = 500,
                Status = CryptoSessionStatus.DownNegotiating,
                IkeSas = [sa, sa],
            };
        }

        static CryptoSession Up() => new()
        {
            Tunnels = [new TunnelId(1101)],
            Peer = IpAddress.Parse("192.168.0.1"),
            Port = 4500,
            Identity = "SOME_DEVICE1234.1pc.com",
            Status = CryptoSessionStatus.UpActive,
            UpSeconds = 7 * 7 * 86400,
            IkeSas = [Ike(2913, "169.0.1.1", "192.168.0.1", 4500) with { NatInside = true, DpdSeconds = 30, ActiveSeconds = 86400 - (9 * 3600 + 3 * 60 + 41) }],
            IpsecSas =
            [
                new CryptoIpsecSa
                {
                    Local = IpAddress.Parse("169.0.1.1"), Remote = IpAddress.Parse("192.168.0.1"), LocalSelector = Gre("169.0.1.1"), RemoteSelector = Gre("192.168.0.1"), Transform = "esp-aes",
                    InboundPackets = 15344097, OutboundPackets = 18074395, InboundKilobytesLeft = 4236992, OutboundKilobytesLeft = 4236962, SecondsLeft = 615,
                },
            ],
        };
    }

    [Fact]
    public void Sessions_WithoutVolumeLimitOrPeer_SayWhy()
    {
        var state = new CryptoState
        {
            Sessions =
            [
                Session(1, "192.0.2.2", new CryptoIpsecSa { Local = IpAddress.Parse("192.0.2.1"), Remote = IpAddress.Parse("192.0.2.2"), LocalSelector = Gre("192.0.2.1"), RemoteSelector = Gre("192.0.2.2"), Transform = "esp-gcm 256", SecondsLeft = 9 }),
                new CryptoSession { Tunnels = [new TunnelId(1)], Peer = IpAddress.Parse("192.0.2.9"), Local = IpAddress.Parse("192.0.2.1"), Port = 500, LastFailure = "the pre-shared key is another" },
            ],
        };
        string text = CryptoSessionScreen.Render(state, detail: true);
        Assert.Contains("life (KB/Sec) KB Vol Rekey Disabled/9\n", text);
        Assert.Contains("Session status: DOWN          \n", text);
        Assert.Contains("      Desc: the pre-shared key is another\n", text);
        Assert.Equal(2, CryptoParsers.Sessions(text).Count);
        string brief = CryptoSessionScreen.RenderBrief(state);
        Assert.Matches(@"(?m)^ +192\.0\.2\.2 +Tu1 +.* UA$", brief);
        Assert.Matches(@"(?m)^ +192\.0\.2\.9 +Tu1 +\(none\) +D$", brief);
    }

    private static CryptoSession Session(int tunnel, string peer, CryptoIpsecSa sa) => new()
    {
        Tunnels = [new TunnelId(tunnel)],
        SessionId = tunnel,
        Peer = IpAddress.Parse(peer),
        Port = sa.RemotePort,
        Identity = "spoke.example.net",
        Profile = "PR",
        Status = CryptoSessionStatus.UpActive,
        UpSeconds = 1780,
        IpsecSas = [sa],
    };

    private static CryptoIkeSa Ike(int number, string local, string remote, int port) => new()
    {
        Number = number,
        Local = IpAddress.Parse(local),
        LocalPort = port,
        Remote = IpAddress.Parse(remote),
        RemotePort = port,
        Status = CryptoIkeStatus.Ready,
        LifetimeSeconds = 86400,
    };

    private static CryptoSelector Gre(string address) => new(IpAddress.Parse(address), IpAddress.Parse(address), 47);

    private static List<string> Lines(string screen) => [.. screen.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
}
