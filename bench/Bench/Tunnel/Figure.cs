namespace Dmvpn.Bench.Tunnel;

/// <summary>One cell of one run.</summary>
/// <param name="Run">Which run, from 1.</param>
/// <param name="Subject">What was measured.</param>
/// <param name="Row">Which row.</param>
/// <param name="Value">The figure, in the row's unit.</param>
/// <param name="Lost">Percent of the offered packets that did not arrive; null where nothing is lost by itself.</param>
/// <param name="CpuPerGigabit">Seconds that the tunnel's processes computed for a gigabit delivered; null where the kernel is the tunnel.</param>
/// <param name="Load">The machine's load average at the end.</param>
internal sealed record Figure(int Run, string Subject, string Row, double Value, double? Lost, double? CpuPerGigabit, double Load);

/// <summary>One kind of measurement.</summary>
/// <param name="Name">What <c>--only</c> takes.</param>
/// <param name="Title">The table's words.</param>
/// <param name="Unit">Of its figures.</param>
/// <param name="Measure">Measures a subject.</param>
internal sealed record Row(string Name, string Title, string Unit, Func<Subjects.Subject, Traffic, Task<Sample>> Measure)
{
    /// <summary>Less is better.</summary>
    public bool IsCost => Unit == "ms";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Row> All { get; } =
    [
        new("tcp1", "TCP, 1 stream", "Gbit/s", (s, t) => t.TcpAsync(s, 1)),
        new("tcp4", "TCP, 4 streams", "Gbit/s", (s, t) => t.TcpAsync(s, 4)),
        new("udp64", "UDP 64 bytes, as many as go", "kpps", (s, t) => t.UdpAsync(s, 64, null)),
        new("udp64-offered", "UDP 64 bytes, offered", "kpps", (s, t) => t.UdpAsync(s, 64, t.Offer)),
        new("udp512", "UDP 512 bytes, as many as go", "kpps", (s, t) => t.UdpAsync(s, 512, null)),
        new("udp512-offered", "UDP 512 bytes, offered", "kpps", (s, t) => t.UdpAsync(s, 512, t.Offer)),
        new("udp1400", "UDP, packets of 1400 bytes, as many as go", "kpps", (s, t) => t.UdpAsync(s, TunnelLimits.LongestPayload, null)),
        new("udp1400-offered", "UDP, packets of 1400 bytes, offered", "kpps", (s, t) => t.UdpAsync(s, TunnelLimits.LongestPayload, t.Offer)),
        new("imix", "IMIX 7:4:1, offered", "kpps", (s, t) => t.ImixAsync(s)),
        new("ping", "ping, idle", "ms", (s, _) => Traffic.PingAsync(s)),
        new("ping-loaded", "ping, beside one TCP stream", "ms", (s, t) => t.LoadedPingAsync(s)),
    ];
}

/// <summary>What a measurement found.</summary>
/// <param name="Value">The figure.</param>
/// <param name="Bits">Payload bits that arrived; 0 where that means nothing.</param>
/// <param name="Lost">Percent lost.</param>
internal readonly record struct Sample(double Value, double Bits, double? Lost = null);
