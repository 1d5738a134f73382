using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dmvpn.Bench.Tunnel.Subjects;
using Dmvpn.Lab.Daemons;

namespace Dmvpn.Bench.Tunnel;

/// <summary>What the daemons of a subject took from their garbage collectors while a TCP stream went through them.</summary>
/// <param name="Subject">Which.</param>
/// <param name="Seconds">How long.</param>
/// <param name="Gigabits">What arrived.</param>
/// <param name="Packets">Packets that the workers passed, both directions and all daemons: a super-packet of the TUN device is one.</param>
/// <param name="Collections">Garbage collections of generations 0, 1 and 2, all daemons together.</param>
/// <param name="PauseMilliseconds">How long those stopped all threads.</param>
/// <param name="WorkerBytes">Bytes that the forwarding threads took: to the byte.</param>
/// <param name="BytesPerSecond">Bytes that all threads took each second, without what asking for these figures takes; in steps of some kilobytes.</param>
internal sealed record AllocationFigure(
    string Subject, double Seconds, double Gigabits, long Packets, IReadOnlyList<int> Collections, double PauseMilliseconds, long WorkerBytes, double BytesPerSecond);

/// <summary>Issue 4: no allocation for a packet, and no garbage collection in 60 seconds, as the real program says itself (<c>show platform</c>).</summary>
internal static class AllocationBench
{
    public static async Task<AllocationFigure> RunAsync(DmvpnSubject subject, Traffic traffic)
    {
        // The first packets of a flow, and the first answers, are not what it does all the time.
        await Traffic.PingAsync(subject).ConfigureAwait(false);
        await AskAsync(subject).ConfigureAwait(false);
        Account first = await AskAsync(subject).ConfigureAwait(false), before = await AskAsync(subject).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        Sample sample = await traffic.TcpAsync(subject, 1).ConfigureAwait(false);
        double seconds = watch.Elapsed.TotalSeconds;
        Account after = await AskAsync(subject).ConfigureAwait(false);
        long asking = before.Bytes - first.Bytes;
        return new AllocationFigure(subject.Name, seconds, sample.Bits / 1e9, after.Packets - before.Packets,
            [.. after.Collections.Zip(before.Collections, (a, b) => a - b)], (after.PauseMicroseconds - before.PauseMicroseconds) / 1000.0,
            after.WorkerBytes - before.WorkerBytes, Math.Max(after.Bytes - before.Bytes - asking, 0) / seconds);
    }

    public static void Print(TextWriter to, IReadOnlyList<AllocationFigure> figures)
    {
        if (figures.Count == 0) return;
        List<string[]> lines = [["", .. figures.Select(f => f.Subject)]];
        void Add(string title, Func<AllocationFigure, FormattableString> cell) => lines.Add([title, .. figures.Select(f => FormattableString.Invariant(cell(f)))]);
        Add("TCP, 1 stream: seconds", f => $"{f.Seconds:0.0}");
        Add("  Gbit", f => $"{f.Gigabits:0.0}");
        Add("  packets through the workers", f => $"{f.Packets}");
        Add("garbage collections, generations 0/1/2", f => $"{string.Join('/', f.Collections)}");
        Add("  pauses, ms", f => $"{f.PauseMilliseconds:0.0}");
        Add("bytes allocated by forwarding threads", f => $"{f.WorkerBytes}");
        Add("bytes a second by all threads", f => $"{f.BytesPerSecond:0}");
        TunnelReport.Table(to, lines);
        foreach (AllocationFigure f in figures)
        {
            TunnelReport.Verdict(to, $"{f.Subject}, allocated for a packet", (double)f.WorkerBytes / Math.Max(f.Packets, 1), 0, false, f.WorkerBytes == 0, "bytes");
            TunnelReport.Verdict(to, string.Create(CultureInfo.InvariantCulture, $"{f.Subject}, garbage collections in {f.Seconds:0} s"), f.Collections[0], 0, false, f.Collections[0] == 0, "times");
        }
        to.WriteLine();
    }

    private static async Task<Account> AskAsync(DmvpnSubject subject)
    {
        var sum = new Account(0, 0, 0, 0, [0, 0, 0]);
        foreach (DmvpnDaemon daemon in subject.Daemons)
        {
            JsonElement state = await daemon.ShowJsonAsync("platform").ConfigureAwait(false);
            JsonElement.ArrayEnumerator workers = state.GetProperty("workers").EnumerateArray();
            sum = new Account(
                sum.Bytes + Number(state, "allocatedBytes"), sum.WorkerBytes + workers.Sum(w => Number(w, "allocatedBytes")),
                sum.Packets + workers.Sum(w => Number(w, "devicePackets") + Number(w, "portPackets")), sum.PauseMicroseconds + Number(state, "collectionPauseMicroseconds"),
                [.. sum.Collections.Zip(state.GetProperty("collections").EnumerateArray(), (a, b) => a + b.GetInt32())]);
        }
        return sum;
    }

    private static long Number(JsonElement of, string name) => of.GetProperty(name).GetInt64();

    private sealed record Account(long Bytes, long WorkerBytes, long Packets, long PauseMicroseconds, int[] Collections);
}
