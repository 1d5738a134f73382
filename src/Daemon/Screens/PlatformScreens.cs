using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Management.Api;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Screens;

/// <summary>What workers and ports have done, for <c>show platform</c>. Control thread only.</summary>
internal static class PlatformScreens
{
    private const byte Gre = 47;

    public static IReadOnlyList<PlatformWorker> Workers(WorkerPool pool)
    {
        var workers = new List<PlatformWorker>();
        foreach ((WorkerCounters counters, DropCounters<DataplaneDrop> drops) in pool.Counters)
        {
            workers.Add(new PlatformWorker
            {
                Number = workers.Count,
                Rounds = counters.Rounds,
                DeviceBatches = counters.DeviceBatches,
                DevicePackets = counters.DevicePackets,
                Queued = counters.Queued,
                MostQueuedBytes = counters.MostQueued,
                PortBatches = counters.PortBatches,
                PortPackets = counters.PortPackets,
                Drops = [.. drops.NonZero().Select(static d => new DropEntry { Engine = "dataplane", Reason = d.Key, Count = d.Value })],
            });
        }
        return workers;
    }

    public static IReadOnlyList<PlatformPort> Ports(WorkerPool pool)
    {
        var ports = new List<PlatformPort>();
        foreach ((int worker, SocketPort port) in pool.Ports)
        {
            PortCounters counters = port.Counters;
            ports.Add(new PlatformPort
            {
                Worker = worker,
                Name = $"{port.LocalAddress} {Protocol(port)}",
                SendOffload = Word(port.SendOffload),
                ReceiveOffload = Word(port.ReceiveOffload),
                SendCalls = counters.SendCalls,
                MessagesOut = counters.MessagesOut,
                PacketsOut = counters.PacketsOut,
                ReceiveCalls = counters.ReceiveCalls,
                MessagesIn = counters.MessagesIn,
                PacketsIn = counters.PacketsIn,
                Overruns = port.Overruns,
            });
        }
        ports.Sort(static (a, b) => a.Worker != b.Worker ? a.Worker.CompareTo(b.Worker) : string.CompareOrdinal(a.Name, b.Name));
        return ports;
    }

    private static string Protocol(SocketPort port) => port switch
    {
        UdpPort udp => $"UDP {udp.Port}",
        RawPort { Protocol: Gre } => "GRE",
        _ => "ESP",
    };

    private static string Word(SegmentOffload offload) => offload switch
    {
        SegmentOffload.Active => "yes",
        SegmentOffload.Unsupported => "unsupported",
        SegmentOffload.Refused => "refused",
        _ => "no",
    };
}
