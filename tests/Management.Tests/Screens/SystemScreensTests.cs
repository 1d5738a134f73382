using System.Text.Json;
using System.Text.RegularExpressions;
using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed class SystemScreensTests
{
    private static readonly CdpNeighborState Neighbors = new()
    {
        Neighbors =
        [
            new CdpNeighbor
            {
                DeviceId = "spoke1",
                Tunnel = new TunnelId(1),
                Addresses = [IpAddress.Parse("10.0.0.2")],
                PortId = "Tunnel1",
                Platform = "Linux",
                Capabilities = 0x21,
                SoftwareVersion = "OpenDMVPN Software (dmvpn), Version 0.1.0",
                HoldTimeSeconds = 155,
                OdrPrefixes = [IpPrefix.Parse("192.168.1.0/24")],
            },
            new CdpNeighbor { DeviceId = "a-spoke-with-a-long-name", Tunnel = new TunnelId(1), PortId = "eth0", Platform = "cisco C8000V", Capabilities = 1, HoldTimeSeconds = 7 },
        ],
    };

    [Theory]
    [InlineData(null, "never")]
    [InlineData(0L, "00:00:00")]
    [InlineData(86399L, "23:59:59")]
    [InlineData(86400L, "1d00h")]
    [InlineData(6 * 86400L + 12 * 3600L, "6d12h")]
    [InlineData(26 * 86400L, "3w5d")]
    [InlineData(48 * 7 * 86400L, "48w0d")]
    [InlineData(365 * 86400L + 15 * 7 * 86400L, "1y15w")]
    public void Age_Shown_AsIosDoes(long? seconds, string expected) => Assert.Equal(expected, ScreenFormat.Age(seconds));

    [Fact]
    public void CdpNeighbors_Shown_AreReadByUsersParser()
    {
        const string Line = @"^(?:(\S+)\s+|\s*)(\S+(?:\s\S+)?)\s+\d+\s+((?:\w\s)*\w)\s+(\S+)\s+(.+?)\s*$";
        string[] lines = CdpScreen.Render(Neighbors).Split('\n');
        int header = Array.FindIndex(lines, line => line.StartsWith("Device ID", StringComparison.Ordinal));
        Match first = Regex.Match(lines[header + 1], Line);
        Assert.Equal(["spoke1", "Tun 1", "R I", "Linux", "Tun 1"], first.Groups.Values.Skip(1).Select(group => group.Value));
        Assert.Equal("a-spoke-with-a-long-name", lines[header + 2]);
        Assert.Equal(["", "Tun 1", "R", "cisco", "eth0"], Regex.Match(lines[header + 3], Line).Groups.Values.Skip(1).Select(group => group.Value));
        Assert.Contains("Total cdp entries displayed : 2", lines);
    }

    [Fact]
    public void CdpNeighborDetail_Shown_LooksLikeIos()
    {
        const string Expected =
            """
            -------------------------
            Device ID: spoke1
            Entry address(es):
              IP address: 10.0.0.2
              IP prefix: 192.168.1.0/24
            Platform: Linux,  Capabilities: Router IGMP
            Interface: Tunnel1,  Port ID (outgoing port): Tunnel1
            Holdtime : 155 sec

            Version :
            OpenDMVPN Software (dmvpn), Version 0.1.0

            advertisement version: 2

            """;
        Assert.StartsWith(Expected, string.Join('\n', CdpScreen.RenderDetail(Neighbors).Split('\n').Select(line => line.TrimEnd())));
    }

    [Fact]
    public void Version_Shown_IsReadByUsersParser()
    {
        string text = SystemScreens.Render(new VersionState { Version = "0.1.0", HostName = "hub", UptimeSeconds = 3900 + 86400, Tunnels = 1, Processors = 2 });
        Match software = Regex.Match(text.Split('\n')[0], @"^.*Software,*\s+\((\S+)\),\sVersion\s(.+?),*\s+RELEASE.*\((\S+)\)");
        Assert.Equal(["dmvpn", "0.1.0", "native"], software.Groups.Values.Skip(1).Select(group => group.Value));
        Assert.Contains("\nhub uptime is 1 day, 1 hour, 5 minutes\n", text);
        Assert.Contains("\n1 Tunnel interface\n", text);
    }

    [Fact]
    public void Log_Shown_HasIosLines()
    {
        var state = new LogState
        {
            Capacity = 1000,
            Lines = [new LogLine { Time = new DateTimeOffset(2026, 3, 1, 1, 2, 3, 45, TimeSpan.FromHours(1)), Severity = LogSeverity.Notifications, Facility = "DMVPN", Mnemonic = "NHS_UP", Text = "10.0.0.1 answers" }],
        };
        Assert.EndsWith("\nMar  1 00:02:03.045: %DMVPN-5-NHS_UP: 10.0.0.1 answers\n", SystemScreens.Render(state));
    }

    [Fact]
    public void Drops_Shown_WithTotal()
    {
        var state = new DropState { Drops = [new DropEntry { Engine = "nhrp", Tunnel = new TunnelId(1), Reason = "BadAuthentication", Count = 12 }, new DropEntry { Engine = "gre", Reason = "UnknownKey", Count = 3 }] };
        Assert.Contains("nhrp        Tunnel1      12           BadAuthentication\ngre         -            3            UnknownKey\n", SystemScreens.Render(state));
        Assert.EndsWith("Total packets dropped: 15\n", SystemScreens.Render(state));
    }

    [Fact]
    public void State_AsJsonAndBack_IsTheSameScreen()
    {
        string json = JsonSerializer.Serialize(Neighbors, ApiJson.Default.CdpNeighborState);
        Assert.Contains("\"tunnel\":\"Tunnel1\"", json);
        Assert.Contains("\"odrPrefixes\":[\"192.168.1.0/24\"]", json);
        CdpNeighborState again = JsonSerializer.Deserialize(json, ApiJson.Default.CdpNeighborState)!;
        Assert.Equal(CdpScreen.RenderDetail(Neighbors), CdpScreen.RenderDetail(again));
    }

    [Fact]
    public void Enums_AsJson_AreCamelCaseWords()
    {
        var state = new NhrpCacheState { Entries = [new NhrpCacheEntry { Tunnel = new TunnelId(1), Target = IpPrefix.Parse("10.0.0.1/32"), Type = NhrpEntryType.Dynamic, Flags = [NhrpFlag.Unique, NhrpFlag.Nho] }] };
        string json = JsonSerializer.Serialize(state, ApiJson.Default.NhrpCacheState);
        Assert.Contains("\"type\":\"dynamic\",\"flags\":[\"unique\",\"nho\"]", json);
        Assert.DoesNotContain("nbma", json);
    }

    [Fact]
    public void Query_AsTextAndBack_IsTheSame()
    {
        var query = new ScreenQuery { Family = AddressFamily.Ipv6, Tunnel = new TunnelId(7), Address = IpAddress.Parse("2001:db8::1"), Filter = "dynamic", Name = "A b", Detail = true };
        Assert.Equal("?family=ipv6&tunnel=7&address=2001%3Adb8%3A%3A1&filter=dynamic&name=A%20b&detail=true", query.ToQueryString());
        Dictionary<string, string> values = query.ToQueryString()[1..].Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        Assert.True(ScreenQuery.TryRead(values.GetValueOrDefault, out ScreenQuery again, out _));
        Assert.Equal(query, again);
        Assert.False(ScreenQuery.TryRead(name => name == "tunnel" ? "x" : null, out _, out string error));
        Assert.Equal("tunnel: not a number", error);
    }
}
