using System.Globalization;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary>What <c>dmvpn top</c> asked for at one moment.</summary>
/// <param name="Seconds">When, from any beginning.</param>
/// <param name="Interfaces">The interfaces.</param>
/// <param name="Platform">Workers and ports.</param>
/// <param name="Drops">All drops.</param>
public sealed record TopSample(double Seconds, InterfaceState Interfaces, PlatformState Platform, DropState Drops);

/// <summary><c>dmvpn top</c>: what the router did between two moments.</summary>
public static class TopScreen
{
    private const int MostDrops = 8;

    /// <summary>The screen. Counters that went back (cleared, or of a daemon that was started again) count from zero.</summary>
    public static string Render(TopSample before, TopSample now)
    {
        double seconds = Math.Max(now.Seconds - before.Seconds, 0.001);
        var text = new ScreenText();
        Interfaces(text, before, now, seconds);
        Workers(text, before.Platform, now.Platform, seconds);
        Ports(text, before.Platform, now.Platform, seconds);
        Drops(text, before.Drops, now.Drops, seconds);
        return text.ToString();
    }

    private static void Interfaces(ScreenText text, TopSample before, TopSample now, double seconds)
    {
        text.Line("Interface       Line      In Mbit/s       pkt/s   batch    Out Mbit/s       pkt/s   batch     drops/s");
        foreach (InterfaceEntry entry in now.Interfaces.Interfaces.Where(entry => entry.Tunnel is not null))
        {
            InterfaceEntry? old = before.Interfaces.Interfaces.FirstOrDefault(other => other.Name == entry.Name);
            text.Line($"{entry.Name,-15} {(entry.LineUp ? "up" : "down"),-5} {Traffic(old?.Input, entry.Input, seconds)} {Traffic(old?.Output, entry.Output, seconds)} "
                + $"{Rate(old is null ? 0 : old.Input.Dropped + old.Output.Dropped, entry.Input.Dropped + entry.Output.Dropped, seconds),11}");
        }
    }

    private static string Traffic(TrafficCounters? old, TrafficCounters now, double seconds)
    {
        double megabits = Since(old?.Bytes ?? 0, now.Bytes) * 8 / seconds / 1e6;
        long packets = Since(old?.Packets ?? 0, now.Packets), batches = Since(old?.Batches ?? 0, now.Batches);
        return $"{megabits.ToString("0.0", CultureInfo.InvariantCulture),13} {Rate(old?.Packets ?? 0, now.Packets, seconds),11} {PlatformScreen.Mean(packets, batches),7}";
    }

    private static void Workers(ScreenText text, PlatformState before, PlatformState now, double seconds)
    {
        text.Line().Line("Worker         rounds/s  from tunnels pkt/s   batch  from underlay pkt/s   batch");
        foreach (PlatformWorker worker in now.Workers)
        {
            PlatformWorker old = before.Workers.FirstOrDefault(other => other.Number == worker.Number) ?? new PlatformWorker();
            text.Line($"{worker.Number,-10} {Rate(old.Rounds, worker.Rounds, seconds),12} {Rate(old.DevicePackets, worker.DevicePackets, seconds),19} "
                + $"{PlatformScreen.Mean(Since(old.DevicePackets, worker.DevicePackets), Since(old.DeviceBatches, worker.DeviceBatches)),7} "
                + $"{Rate(old.PortPackets, worker.PortPackets, seconds),20} {PlatformScreen.Mean(Since(old.PortPackets, worker.PortPackets), Since(old.PortBatches, worker.PortBatches)),7}");
        }
    }

    private static void Ports(ScreenText text, PlatformState before, PlatformState now, double seconds)
    {
        text.Line().Line("Port                       Worker    Out pkt/s  per message       In pkt/s  per message  overruns/s");
        foreach (PlatformPort port in now.Ports)
        {
            PlatformPort old = before.Ports.FirstOrDefault(other => other.Worker == port.Worker && other.Name == port.Name) ?? new PlatformPort();
            text.Line($"{port.Name,-26} {port.Worker,-6} {Rate(old.PacketsOut, port.PacketsOut, seconds),12} {PlatformScreen.Mean(Since(old.PacketsOut, port.PacketsOut), Since(old.MessagesOut, port.MessagesOut)),12} "
                + $"{Rate(old.PacketsIn, port.PacketsIn, seconds),14} {PlatformScreen.Mean(Since(old.PacketsIn, port.PacketsIn), Since(old.MessagesIn, port.MessagesIn)),12} {Rate(old.Overruns, port.Overruns, seconds),11}");
        }
    }

    private static void Drops(ScreenText text, DropState before, DropState now, double seconds)
    {
        var falling = new List<(DropEntry Drop, long Count)>();
        foreach (DropEntry drop in now.Drops)
        {
            long old = before.Drops.FirstOrDefault(other => other.Engine == drop.Engine && other.Tunnel == drop.Tunnel && other.Reason == drop.Reason)?.Count ?? 0;
            if (Since(old, drop.Count) is > 0 and var count) falling.Add((drop, count));
        }
        if (falling.Count == 0) return;
        text.Line().Line("   drops/s  Reason");
        foreach ((DropEntry drop, long count) in falling.OrderByDescending(static d => d.Count).Take(MostDrops))
            text.Line($"{Rate(0, count, seconds),10}  {drop.Engine} {drop.Reason}{(drop.Tunnel is { } tunnel ? $" ({tunnel})" : "")}");
    }

    private static long Since(long before, long now) => now >= before ? now - before : now;

    private static string Rate(long before, long now, double seconds) => (Since(before, now) / seconds).ToString("0", CultureInfo.InvariantCulture);
}
