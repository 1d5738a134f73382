using Dmvpn.Core;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;

namespace Dmvpn.Management.Tests.Screens;

public sealed class TopScreenTests
{
    [Fact]
    public void TwoMoments_Shown_AreRatesAndMeans()
    {
        const string Expected =
            """
            Interface       Line      In Mbit/s       pkt/s   batch    Out Mbit/s       pkt/s   batch     drops/s
            Tunnel0         up             80.0        5000    20.0           0.0           0       -           3

            Worker         rounds/s  from tunnels pkt/s   batch  from underlay pkt/s   batch
            0                  1000                   0       -                 5000    20.0

            Port                       Worker    Out pkt/s  per message       In pkt/s  per message  overruns/s
            192.0.2.1 UDP 4500         0                 0            -           5000         40.0           1

               drops/s  Reason
                     3  dataplane InReplayed (Tunnel0)

            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), TopScreen.Render(At(10, 0), At(12, 1)));
    }

    [Fact]
    public void DaemonStartedAgain_CountsFromZero()
    {
        string text = TopScreen.Render(At(10, 5), At(12, 1));
        Assert.Contains("Tunnel0         up             80.0        5000    20.0 ", text);
        Assert.DoesNotContain("-5", text);
    }

    [Fact]
    public void WorkersAndPorts_ArePartOfShowPlatform()
    {
        string text = SystemScreens.Render(At(0, 1).Platform);
        Assert.Contains("0       2000                         0           -              10000        20.0           0\n", text);
        Assert.Contains("0       192.0.2.1 UDP 4500                  0            -         -  yes                   10000         40.0      20.0  refused             2\n", text);
    }

    private static TopSample At(double seconds, long times) => new(
        seconds,
        new InterfaceState
        {
            Interfaces =
            [
                new InterfaceEntry
                {
                    Name = "Tunnel0", LineUp = true, Tunnel = new TunnelParameters(),
                    Input = new TrafficCounters { Packets = 10_000 * times, Bytes = 20_000_000 * times, Batches = 500 * times, Dropped = 6 * times },
                },
                new InterfaceEntry { Name = "eth0" },
            ],
        },
        new PlatformState
        {
            Workers = [new PlatformWorker { Rounds = 2000 * times, PortBatches = 500 * times, PortPackets = 10_000 * times }],
            Ports =
            [
                new PlatformPort
                {
                    Name = "192.0.2.1 UDP 4500", SendOffload = "yes", ReceiveOffload = "refused",
                    ReceiveCalls = 500 * times, MessagesIn = 250 * times, PacketsIn = 10_000 * times, Overruns = 2 * times,
                },
            ],
        },
        new DropState { Drops = [new DropEntry { Engine = "dataplane", Tunnel = new TunnelId(0), Reason = "InReplayed", Count = 6 * times }] });
}
