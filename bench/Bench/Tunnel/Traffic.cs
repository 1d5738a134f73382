using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dmvpn.Bench.Tunnel.Subjects;
using Dmvpn.Lab.Hosts;

namespace Dmvpn.Bench.Tunnel;

/// <summary>What is sent through a subject, by iperf3 and ping, from its left to its right namespace.</summary>
/// <param name="seconds">How long each measurement takes.</param>
/// <param name="offer">Packets a second where a fixed rate is offered, in thousands.</param>
internal sealed partial class Traffic(int seconds, double offer)
{
    private const int FirstPort = 5201;
    private static readonly TimeSpan LoadedInterval = TimeSpan.FromMilliseconds(20);

    private TimeSpan Patience => TimeSpan.FromSeconds(seconds + 30);

    /// <summary>Thousands of packets a second.</summary>
    public double Offer => offer;

    /// <summary>Why nothing can be sent on this machine; null when it can.</summary>
    public static string? Obstacle => Subject.Find("iperf3") is null ? "no iperf3: apt-get install --no-install-recommends iperf3" : null;

    /// <summary>Starts the servers in the right namespace.</summary>
    public static async Task ServeAsync(Subject subject)
    {
        for (int i = 0; i < TunnelLimits.Imix.Length; i++)
        {
            LabProcess server = subject.Pair.Start(subject.Pair.Right, $"iperf3-{i}", "iperf3", "-s", "-p", Port(i), "--forceflush");
            if (!await Poll.UntilAsync(() => server.Log.Contains("listening", StringComparison.Ordinal), Host.Patience).ConfigureAwait(false))
                throw new CommandFailedException("iperf3 does not listen: " + server.Log);
        }
    }

    /// <param name="back">From the right end to the left one.</param>
    public async Task<Sample> TcpAsync(Subject subject, int streams, bool back = false)
    {
        JsonElement end = await IperfAsync(subject, 0, ["-P", $"{streams}", .. back ? ["-R"] : Array.Empty<string>()]).ConfigureAwait(false);
        JsonElement sum = end.GetProperty("sum_received");
        return new Sample(sum.GetProperty("bits_per_second").GetDouble() / 1e9, sum.GetProperty("bytes").GetDouble() * 8);
    }

    /// <param name="kpps">Thousands of packets a second offered; null: as many as iperf3 can.</param>
    public async Task<Sample> UdpAsync(Subject subject, int payload, double? kpps) => Sum([await UdpAsync(subject, 0, payload, kpps).ConfigureAwait(false)]);

    public async Task<Sample> ImixAsync(Subject subject)
    {
        int shares = TunnelLimits.Imix.Sum(i => i.Share);
        return Sum(await Task.WhenAll(TunnelLimits.Imix.Select((i, place) => UdpAsync(subject, place, i.Payload, offer * i.Share / shares))).ConfigureAwait(false));
    }

    public static async Task<Sample> PingAsync(Subject subject) =>
        Ping(await subject.Pair.Left.RunAsync("ping", "-n", "-q", "-c", $"{TunnelLimits.IdlePings}", "-i", "0.002", subject.Target).ConfigureAwait(false));

    public async Task<Sample> LoadedPingAsync(Subject subject)
    {
        Task<Sample> stream = TcpAsync(subject, 1);
        // Its first second is slow start.
        int count = (int)(TimeSpan.FromSeconds(seconds) / LoadedInterval * 3 / 4);
        await Task.Delay(TimeSpan.FromSeconds(seconds) / 8).ConfigureAwait(false);
        CommandResult pings = await subject.Pair.Left.TryRunAsync(Patience, "ping", "-n", "-q", "-c", $"{count}",
            "-i", LoadedInterval.TotalSeconds.ToString(CultureInfo.InvariantCulture), subject.Target).ConfigureAwait(false);
        await stream.ConfigureAwait(false);
        return Ping(pings.Output);
    }

    private async Task<(double Sent, double Arrived, double Bytes, double Seconds)> UdpAsync(Subject subject, int place, int payload, double? kpps)
    {
        string rate = kpps is { } offered ? ((long)(offered * 1000 * payload * 8)).ToString(CultureInfo.InvariantCulture) : "0";
        JsonElement sum = (await IperfAsync(subject, place, "-u", "-l", $"{payload}", "-b", rate).ConfigureAwait(false)).GetProperty("sum");
        double sent = sum.GetProperty("packets").GetDouble(), arrived = sent - sum.GetProperty("lost_packets").GetDouble();
        return (sent, arrived, arrived * payload, sum.GetProperty("seconds").GetDouble());
    }

    private static Sample Sum((double Sent, double Arrived, double Bytes, double Seconds)[] flows)
    {
        double sent = flows.Sum(f => f.Sent), arrived = flows.Sum(f => f.Arrived);
        return new Sample(flows.Sum(f => f.Arrived / f.Seconds) / 1000, flows.Sum(f => f.Bytes) * 8, sent == 0 ? 100 : 100 * (sent - arrived) / sent);
    }

    private async Task<JsonElement> IperfAsync(Subject subject, int place, params string[] options)
    {
        string[] command = ["iperf3", "-c", subject.Target, "-p", Port(place), "-t", $"{seconds}", "-J", .. options];
        for (int attempt = 1; ; attempt++)
        {
            CommandResult result = await subject.Pair.Left.TryRunAsync(Patience, command).ConfigureAwait(false);
            // The server of the measurement before may not be ready for the next one.
            if (!result.Succeeded && attempt < 4)
            {
                await Task.Delay(300).ConfigureAwait(false);
                continue;
            }
            if (!result.Succeeded) throw Host.Failure(command[0], command[1..], result);
            using JsonDocument document = JsonDocument.Parse(result.Output);
            return document.RootElement.GetProperty("end").Clone();
        }
    }

    private static Sample Ping(string text)
    {
        Match times = Times().Match(text), lost = Loss().Match(text);
        if (!times.Success || !lost.Success) throw new CommandFailedException("no echo was answered: " + text);
        return new Sample(double.Parse(times.Groups[1].Value, CultureInfo.InvariantCulture), 0, double.Parse(lost.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private static string Port(int place) => (FirstPort + place).ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"= [0-9.]+/([0-9.]+)/")]
    private static partial Regex Times();

    [GeneratedRegex(@"([0-9.]+)% packet loss")]
    private static partial Regex Loss();
}
