using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed class NhrpScreenTests
{
    private static readonly NhrpCacheState Cache = new()
    {
        Entries =
        [
            new NhrpCacheEntry
            {
                Tunnel = new TunnelId(100),
                Target = IpPrefix.Parse("123.1.1.0/24"),
                NextHop = IpAddress.Parse("100.0.0.2"),
                Type = NhrpEntryType.Dynamic,
                Flags = [NhrpFlag.Router, NhrpFlag.Rib],
                CreatedSeconds = 32,
                ExpireSeconds = 147,
                Nbma = IpAddress.Parse("103.1.1.1"),
                ClaimedNbma = IpAddress.Parse("10.1.1.1"),
            },
            new NhrpCacheEntry
            {
                Tunnel = new TunnelId(100),
                Target = IpPrefix.Parse("100.0.0.1/32"),
                NextHop = IpAddress.Parse("100.0.0.1"),
                Type = NhrpEntryType.Dynamic,
                Flags = [NhrpFlag.Router, NhrpFlag.Unique, NhrpFlag.Local],
                CreatedSeconds = 42,
                ExpireSeconds = 139,
                Nbma = IpAddress.Parse("102.1.1.1"),
                NoSocket = true,
                Requesters = [new NhrpRequester(IpAddress.Parse("100.0.0.2"), 97)],
            },
            new NhrpCacheEntry
            {
                Tunnel = new TunnelId(1),
                Target = IpPrefix.Parse("10.1.1.4/32"),
                Type = NhrpEntryType.Incomplete,
                Flags = [NhrpFlag.Negative],
                CreatedSeconds = 7,
                ExpireSeconds = 177,
                CacheHits = 4,
            },
            new NhrpCacheEntry
            {
                Tunnel = new TunnelId(100),
                Target = IpPrefix.Parse("100.0.0.100/32"),
                NextHop = IpAddress.Parse("100.0.0.100"),
                Type = NhrpEntryType.Static,
                CreatedSeconds = 72 * 86400,
                Nbma = IpAddress.Parse("101.1.1.1"),
            },
        ],
    };

    [Fact]
    public void Cache_Shown_LooksLikeIos() => AssertScreen(
        """
        123.1.1.0/24 via 100.0.0.2
           Tunnel100 created 00:00:32, expire 00:02:27
           Type: dynamic, Flags: router rib
           NBMA address: 103.1.1.1
            (Claimed NBMA address: 10.1.1.1)
        100.0.0.1/32 via 100.0.0.1
           Tunnel100 created 00:00:42, expire 00:02:19
           Type: dynamic, Flags: router unique local
           NBMA address: 102.1.1.1
            (no-socket)
        10.1.1.4/32
           Tunnel1 created 00:00:07, expire 00:02:57
           Type: incomplete, Flags: negative
           Cache hits: 4
        100.0.0.100/32 via 100.0.0.100
           Tunnel100 created 10w2d, never expire
           Type: static, Flags:
           NBMA address: 101.1.1.1

        """, NhrpCacheScreen.Render(Cache));

    [Fact]
    public void CacheDetail_Shown_AddsPreferenceAndRequesters()
    {
        string text = Trimmed(NhrpCacheScreen.Render(new NhrpCacheState { Entries = [Cache.Entries[1]] }, detail: true));
        Assert.EndsWith("   NBMA address: 102.1.1.1\n   Preference: 255\n    (no-socket)\n  Requester: 100.0.0.2 Request ID: 97\n", text);
    }

    [Fact]
    public void Brief_Shown_IsOneLinePerEntry() => AssertScreen(
        """
           Target             Via             NBMA            Mode   Intfc   Claimed
                123.1.1.0/24 100.0.0.2       103.1.1.1       dynamic  Tu100   < 10.1.1.1 >
                100.0.0.1/32 100.0.0.1       102.1.1.1       dynamic  Tu100   <   >
                 10.1.1.4/32 -               -               incomplete Tu1     <   >
              100.0.0.100/32 100.0.0.100     101.1.1.1       static   Tu100   <   >

        """, NhrpCacheScreen.RenderBrief(Cache));

    [Fact]
    public void NhsDetail_Shown_LooksLikeIos()
    {
        var state = new NhsState
        {
            Tunnels =
            [
                new NhsTunnel
                {
                    Tunnel = new TunnelId(100),
                    Servers =
                    [
                        new NhsEntry
                        {
                            Address = IpAddress.Parse("100.0.0.100"),
                            Nbma = IpAddress.Parse("101.1.1.1"),
                            Responding = true,
                            ExpectingReplies = true,
                            RequestsSent = 105434,
                            RepliesReceived = 105434,
                            LastReplySeconds = 49,
                            NextRegistrationSeconds = 151,
                            RequestId = 35914,
                            AcknowledgedRequestId = 35914,
                        },
                        new NhsEntry { Address = IpAddress.Parse("172.16.0.1"), ExpectingReplies = true, RequestsSent = 124174, RequestId = 35915 },
                    ],
                },
            ],
            Pending = [new PendingRegistration { Tunnel = new TunnelId(111), Nhs = IpAddress.Parse("111.0.0.100"), RequestId = 16248, RetrySeconds = 64 }],
        };
        AssertScreen(
            """
            Legend: E=Expecting replies, R=Responding, W=Waiting, D=Dynamic
            Tunnel100:
            100.0.0.100  RE  NBMA Address: 101.1.1.1 priority = 0 cluster = 0  req-sent 105434  req-failed 0  repl-recv 105434 (00:00:49 ago)
             Current Request ID: 35914 (Ack: 35914)
             Protection Socket Requested: FALSE
             Next registration in 00:02:31
            172.16.0.1   E  priority = 0 cluster = 0  req-sent 124174  req-failed 0  repl-recv 0
             Current Request ID: 35915
             Protection Socket Requested: FALSE


            Pending Registration Requests:
            Registration Request: Reqid 16248, Ret 64  NHS 111.0.0.100 expired (Tu111)

            """, NhsScreen.Render(state, detail: true));
    }

    [Fact]
    public void Traffic_Shown_LooksLikeIos()
    {
        var state = new NhrpTrafficState
        {
            Tunnels =
            [
                new NhrpTraffic
                {
                    Tunnel = new TunnelId(100),
                    MaxSendPackets = 10000,
                    MaxSendSeconds = 10,
                    Sent = new NhrpMessageCounts { ResolutionRequest = 69, ResolutionReply = 73, RegistrationRequest = 5083, PurgeRequest = 41 },
                    Received = new NhrpMessageCounts { ResolutionRequest = 73, ResolutionReply = 41, RegistrationReply = 5055, PurgeRequest = 41, TrafficIndication = 41 },
                },
            ],
        };
        AssertScreen(
            """
            Tunnel100: Max-send limit:10000Pkts/10Sec, Usage:0%
               Sent: Total 5266
                     69 Resolution Request  73 Resolution Reply  5083 Registration Request
                     0 Registration Reply  41 Purge Request  0 Purge Reply
                     0 Error Indication  0 Traffic Indication  0 Redirect Suppress
               Rcvd: Total 5251
                     73 Resolution Request  41 Resolution Reply  0 Registration Request
                     5055 Registration Reply  41 Purge Request  0 Purge Reply
                     0 Error Indication  41 Traffic Indication  0 Redirect Suppress

            """, NhrpCountersScreen.Render(state));
    }

    [Fact]
    public void Summary_OfEmptyCache_LooksLikeIos() => AssertScreen(
        """
        IP NHRP cache 0 entries, 0 bytes
            0 static   0 dynamic    0 incomplete
        0 Remote
            0 static   0 dynamic    0 incomplete
            0 nhop     0 bfd
            0 default  0 temporary
            0 route
                0 rib (0 H    0 nho)
                0 bgp
            0 lfib
        0 Local
            0 static   0 dynamic    0 incomplete
            0 lfib


        """, NhrpCountersScreen.Render(new NhrpSummaryState { Families = [new NhrpSummary()] }));

    [Fact]
    public void Summary_OfOneEntry_SaysEntry() => Assert.StartsWith(
        "IP NHRP cache 1 entry, 784 bytes\n    1 static   0 dynamic    0 incomplete\n1 Remote\n",
        NhrpCountersScreen.Render(new NhrpSummaryState { Families = [new NhrpSummary { Bytes = 784, Remote = new NhrpEntryCounts(Static: 1) }] }));

    private static void AssertScreen(string expected, string actual) => Assert.Equal(expected, Trimmed(actual));

    /// <summary>IOS ends many lines with a blank; nobody's parser cares, and editors remove them from the expectations.</summary>
    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd()));
}
