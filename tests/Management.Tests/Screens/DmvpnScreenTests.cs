using System.Text.RegularExpressions;
using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed partial class DmvpnScreenTests
{
    private static readonly DmvpnState Spoke = new()
    {
        Tunnels =
        [
            new DmvpnTunnel
            {
                Tunnel = new TunnelId(90),
                Role = DmvpnRole.Spoke,
                Peers =
                [
                    Peer("172.29.0.1", Entry("172.30.90.1", DmvpnSessionState.Ike, Weeks(3) + Days(5), DmvpnAttribute.Static)),
                    Peer("172.29.134.1",
                        Entry("172.30.72.72", DmvpnSessionState.Up, 1780, DmvpnAttribute.Dynamic, DmvpnAttribute.NexthopOverride),
                        Entry("172.30.72.72", DmvpnSessionState.Up, 1780, DmvpnAttribute.Dynamic, DmvpnAttribute.RouteInstalled)),
                    Peer("2001:db8:1201::122", Entry("192.2.1.122", DmvpnSessionState.Up, 139, DmvpnAttribute.Dynamic)),
                ],
            },
        ],
    };

    [Fact]
    public void Spoke_WithAllKindsOfPeers_LooksLikeIos()
    {
        const string Expected =
            """
            Interface: Tunnel90, IPv4 NHRP Details 
            Type:Spoke, NHRP Peers:3, 

             # Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb
             ----- --------------- --------------- ----- -------- -----
                 1 172.29.0.1          172.30.90.1   IKE     3w5d     S
                 2 172.29.134.1       172.30.72.72    UP 00:29:40   DT2
                                      172.30.72.72    UP 00:29:40   DT1
                 1 2001:DB8:1201::122
                                       192.2.1.122    UP 00:02:19     D


            """;
        string text = DmvpnScreen.Render(Spoke);
        Assert.StartsWith("Legend: Attrb --> S - Static, D - Dynamic, I - Incomplete\n\tN - NATed, L - Local, X - No Socket\n", text);
        Assert.EndsWith("==========================================================================\n\n" + Expected, text);
    }

    [Fact]
    public void RealSample_ExpressedAsState_RendersTheSameLines()
    {
        string sample = SharedData.ReadIosScreen("show_dmvpn", "cisco_ios_show_dmvpn.raw");
        var state = new DmvpnState
        {
            Tunnels =
            [
                new DmvpnTunnel
                {
                    Tunnel = new TunnelId(100),
                    Role = DmvpnRole.Spoke,
                    Peers =
                    [
                        Peer("10.200.0.3", Entry("10.253.0.1", DmvpnSessionState.Up, 3 * 3600 + 19 * 60 + 46, DmvpnAttribute.Static)),
                        Peer("10.202.0.170", Entry("10.253.0.2", DmvpnSessionState.Nhrp, Weeks(48), DmvpnAttribute.Static)),
                    ],
                },
            ],
        };

        string text = DmvpnScreen.Render(state);
        Assert.Equal(Body(sample), Body(text));
        Assert.Equal(UserParsers.Dmvpn(sample), UserParsers.Dmvpn(text));
        Assert.Equal(2, UserParsers.Dmvpn(text).Count);

        static string Body(string screen) => screen[screen.IndexOf("Interface:", StringComparison.Ordinal)..].ReplaceLineEndings("\n");
    }

    [Fact]
    public void Ipv6Tunnel_Shown_IsABlockForEachEntry()
    {
        var state = new DmvpnState
        {
            Tunnels =
            [
                new DmvpnTunnel
                {
                    Tunnel = new TunnelId(100),
                    Family = AddressFamily.Ipv6,
                    Role = DmvpnRole.Hub,
                    Peers = [Peer("3.3.3.3", Entry("dead:beef:cafe:ffff::2", DmvpnSessionState.Up, 620, DmvpnAttribute.Dynamic), Entry("fe80::2", DmvpnSessionState.Up, 620, DmvpnAttribute.Dynamic))],
                },
            ],
        };
        const string Expected =
            """
            Interface: Tunnel100, IPv6 NHRP Details 
            Type:Hub, Total NBMA Peers (v4/v6): 1
                1.Peer NBMA Address: 3.3.3.3
                    Tunnel IPv6 Address: DEAD:BEEF:CAFE:FFFF::2
                    IPv6 Target Network: DEAD:BEEF:CAFE:FFFF::2/128
                    # Ent: 2, Status: UP, UpDn Time: 00:10:20, Cache Attrib: D
                2.Peer NBMA Address: 3.3.3.3
                    Tunnel IPv6 Address: FE80::2
                    IPv6 Target Network: FE80::2/128
                    # Ent: 0, Status: UP, UpDn Time: 00:10:20, Cache Attrib: D


            """;
        Assert.EndsWith(Expected, DmvpnScreen.Render(state));
    }

    [Fact]
    public void Detail_OfSpoke_LooksLikeIos()
    {
        var state = new DmvpnState
        {
            Tunnels =
            [
                new DmvpnTunnel
                {
                    Tunnel = new TunnelId(0),
                    Role = DmvpnRole.Spoke,
                    AdministrativelyUp = true,
                    LineUp = true,
                    Address = IpAddress.Parse("10.0.0.2"),
                    Source = IpAddress.Parse("172.17.0.2"),
                    Mode = TunnelMode.GreMultipoint,
                    Protection = "PROF",
                    Servers = [new NhsEntry { Address = IpAddress.Parse("10.0.0.1"), Responding = true, ExpectingReplies = true }],
                    Peers = [Peer("172.17.0.1", Entry("10.0.0.1", DmvpnSessionState.Up, 518, DmvpnAttribute.Static))],
                },
            ],
        };
        const string Expected =
            """
            Interface Tunnel0 is up/up, Addr. is 10.0.0.2, VRF "" 
               Tunnel Src./Dest. addr: 172.17.0.2/Multipoint, Tunnel VRF ""
               Protocol/Transport: "multi-GRE/IP", Protect "PROF" 
               Interface State Control: Disabled
               nhrp event-publisher : Disabled

            IPv4 NHS: 
            10.0.0.1  RE  priority = 0 cluster = 0
            Type:Spoke, Total NBMA Peers (v4/v6): 1

            # Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb    Target Network
            ----- --------------- --------------- ----- -------- ----- -----------------
                1 172.17.0.1             10.0.0.1    UP 00:08:38     S       10.0.0.1/32

            Crypto Session Details: 
            """;
        Assert.Contains(Expected, DmvpnScreen.Render(state, detail: true));
    }

    [Fact]
    public void GenieParser_ReadsEveryEntryLine()
    {
        // genie takes the entry lines apart after trimming; the NBMA address is optional there.
        List<string> lines = [.. DmvpnScreen.Render(Spoke).Split('\n').Select(line => line.Trim()).Where(line => GenieEntry().IsMatch(line))];
        Assert.Equal(4, lines.Count);
        Assert.Matches(@"^Interface: +\S+,", DmvpnScreen.Render(Spoke).Split('\n').First(line => line.StartsWith("Interface", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"^((\d+) +([A-Fa-f0-9.:]+) +)?([A-Fa-f0-9.:]+) +([A-Z]+) +((\d+\w)+|never|[0-9:]+) +\w+$")]
    private static partial Regex GenieEntry();

    private static DmvpnPeer Peer(string nbma, params DmvpnEntry[] entries) => new() { Nbma = IpAddress.Parse(nbma), Entries = entries };

    private static DmvpnEntry Entry(string tunnel, DmvpnSessionState state, long? age, params DmvpnAttribute[] attributes) => new()
    {
        Tunnel = IpAddress.Parse(tunnel),
        Target = IpPrefix.Host(IpAddress.Parse(tunnel)),
        State = state,
        UpDownSeconds = age,
        Attributes = attributes,
    };

    private static long Weeks(int number) => number * 7 * 86400L;

    private static long Days(int number) => number * 86400L;
}
