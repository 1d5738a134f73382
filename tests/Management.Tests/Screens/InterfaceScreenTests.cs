using System.Text.RegularExpressions;
using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed class InterfaceScreenTests
{
    private static readonly InterfaceState State = new()
    {
        Interfaces =
        [
            new InterfaceEntry
            {
                Name = "Tunnel1",
                AdministrativelyUp = true,
                LineUp = true,
                Description = "to the hubs",
                Addresses = [new InterfaceAddress(IpAddress.Parse("10.0.0.2"), 24), new InterfaceAddress(IpAddress.Parse("2001:db8::2"), 64)],
                Mtu = 1400,
                BandwidthKilobits = 1000,
                DelayMicroseconds = 50000,
                LastInputSeconds = 1,
                Input = new TrafficCounters { Packets = 12, Bytes = 1200, Multicasts = 3, BitsPerSecond = 500_000, PacketsPerSecond = 7 },
                Output = new TrafficCounters { Packets = 5, Bytes = 500, Dropped = 2 },
                Drops = [new DropEntry { Engine = "dataplane", Tunnel = new TunnelId(1), Reason = "NoAdjacency", Count = 2 }],
                Tunnel = new TunnelParameters { Mode = TunnelMode.GreMultipoint, Source = IpAddress.Parse("172.17.0.2"), SourceInterface = "eth0", Key = 100, TransportMtu = 1472, NetworkId = 100 },
            },
            new InterfaceEntry { Name = "eth0", AdministrativelyUp = false, Mtu = 1500 },
        ],
    };

    [Fact]
    public void Tunnel_Shown_LooksLikeIos()
    {
        const string Expected =
            """
            Tunnel1 is up, line protocol is up
              Hardware is Tunnel
              Description: to the hubs
              Internet address is 10.0.0.2/24
              IPv6 address is 2001:DB8::2/64
              MTU 1400 bytes, BW 1000 Kbit/sec, DLY 50000 usec,
                 reliability 255/255, txload 1/255, rxload 127/255
              Encapsulation TUNNEL, loopback not set
              Keepalive not set
              Tunnel linestate evaluation up
              Tunnel source 172.17.0.2 (eth0)
              Tunnel protocol/transport multi-GRE/IP
                Key 0x64, sequencing disabled
                Checksumming of packets disabled
              Tunnel TTL 255
              Path MTU Discovery disabled
              Tunnel transport MTU 1472 bytes
              NHRP network-id 100
            """;
        Assert.StartsWith(Expected, string.Join('\n', InterfaceScreen.Render(State).Split('\n').Select(line => line.TrimEnd())));
    }

    [Theory]
    [InlineData(@"^(\S+)\s+is\s+(.+?),\s+line\s+protocol\s+is\s+(.+?)\s*$", "Tunnel1", "up", "up")]
    [InlineData(@"^\s+Internet\s+address\s+is\s+(\d+\.\d+\.\d+\.\d+/\d+)\s*$", "10.0.0.2/24")]
    [InlineData(@"^\s+MTU\s+(\d+).*BW\s+(\d+\s+\w+).*DLY\s+(\d+\s+\S+),\s*$", "1400", "1000 Kbit", "50000 usec")]
    [InlineData(@"^\s+Encapsulation\s+(.+?),.+$", "TUNNEL")]
    [InlineData(@"^\s+Last\s+input\s+(.+?),\s+output\s+(.+?),\s+output\s+hang\s+(.+?)\s*$", "00:00:01", "never", "never")]
    [InlineData(@"^.*input\s+rate\s+(\d+)\s+\w+/sec,\s+(\d+)\s+packets.+$", "500000", "7")]
    [InlineData(@"^\s+(\d+)\s+packets\s+input,\s+(\d+)\s+bytes,\s+\d+\s+no\s+buffer\s*$", "12", "1200")]
    [InlineData(@"^\s+(\d+)\s+packets\s+output,\s+(\d+)\s+bytes,\s+\d+\s+underruns\s*$", "5", "500")]
    [InlineData(@"^\s+(\d+)\s+input\s+errors,\s+\d+\s+CRC,\s+\d+\s+frame,\s+\d+\s+overrun,\s+\d+\s+ignored,\s+\d+\s+abort\s*$", "0")]
    public void UsersParser_FindsTheField(string pattern, params string[] values)
    {
        Match match = InterfaceScreen.Render(State).Split('\n').Select(line => Regex.Match(line, pattern)).First(match => match.Success);
        Assert.Equal(values, match.Groups.Values.Skip(1).Select(group => group.Value));
    }

    [Theory]
    [InlineData(true, true, "IPv4 and IPv6")]
    [InlineData(true, false, "IPv4")]
    [InlineData(false, true, "IPv6")]
    [InlineData(false, false, "nothing (the kernel does not forward)")]
    public void Relay_Configured_ShownWithWhatItRelays(bool ipv4, bool ipv6, string what)
    {
        InterfaceEntry entry = State.Interfaces[0];
        entry = entry with { Relayed = 9, Tunnel = entry.Tunnel! with { RelayBypassKernel = true, RelaysIPv4 = ipv4, RelaysIPv6 = ipv6 } };
        Assert.Contains($"\n  Relay between tunnels bypasses the kernel for {what}, 9 packets relayed\n", InterfaceScreen.Render(new InterfaceState { Interfaces = [entry] }));
        Assert.DoesNotContain("Relay", InterfaceScreen.Render(State));
    }

    [Fact]
    public void Drops_Shown_AreNamed() => Assert.Contains("     2 dropped, dataplane NoAdjacency\n", InterfaceScreen.Render(State));

    [Fact]
    public void Brief_Shown_LooksLikeIos()
    {
        const string Expected =
            """
            Interface              IP-Address      OK? Method Status                Protocol
            Tunnel1                10.0.0.2        YES manual up                    up
            eth0                   unassigned      YES other  administratively down down
            """;
        Assert.Equal(Expected.Split('\n'), InterfaceScreen.RenderBrief(State).TrimEnd().Split('\n').Select(line => line.TrimEnd()));
    }

    [Fact]
    public void Adjacency_Shown_LooksLikeIos()
    {
        var state = new AdjacencyState
        {
            Entries =
            [
                new AdjacencyEntry { Tunnel = new TunnelId(0), Address = IpAddress.Parse("10.0.0.2"), Nbma = IpAddress.Parse("172.17.0.2"), References = 12, OutputPackets = 5, OutputBytes = 500 },
                new AdjacencyEntry { Tunnel = new TunnelId(0), Address = IpAddress.Parse("2001:db8::3"), References = 1 },
            ],
        };
        Assert.Equal(
            "Protocol Interface                 Address\n"
            + "IP       Tunnel0                   10.0.0.2(12)\n"
            + "IPV6     Tunnel0                   2001:DB8::3(1) (incomplete)\n",
            AdjacencyScreen.Render(state));
        Assert.Contains("\n                                   5 packets, 500 bytes\n", AdjacencyScreen.Render(state, detail: true));
        Assert.Contains("\n                                   NBMA address 172.17.0.2\n", AdjacencyScreen.Render(state, detail: true));
    }
}
