using System.Globalization;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary>The part of <c>show platform</c> about the way of packets.</summary>
internal static class PlatformScreen
{
    public static void Forwarding(ScreenText text, PlatformState state)
    {
        if (state.Workers.Count > 0)
            text.Line().Line("Worker  Rounds        Tunnels: packets  in a batch  Underlay: packets  in a batch   Allocated");
        foreach (PlatformWorker worker in state.Workers)
        {
            text.Line($"{worker.Number,-7} {worker.Rounds,-13} {worker.DevicePackets,16}  {Mean(worker.DevicePackets, worker.DeviceBatches),10}  "
                + $"{worker.PortPackets,17}  {Mean(worker.PortPackets, worker.PortBatches),10}  {worker.AllocatedBytes,10}");
            if (worker.Queued > 0) text.Line($"        {worker.Queued} had to wait, at most {worker.MostQueuedBytes} bytes at once");
            foreach (DropEntry drop in worker.Drops) text.Line($"        {drop.Count} dropped, {drop.Reason}");
        }

        if (state.Ports.Count == 0) return;
        text.Line().Line("Worker  Port                             Sent  per message  per call  many in one        Received  per message  per call  many in one  Overruns");
        foreach (PlatformPort port in state.Ports)
        {
            text.Line($"{port.Worker,-7} {port.Name,-24} {port.PacketsOut,12}  {Mean(port.PacketsOut, port.MessagesOut),11}  {Mean(port.PacketsOut, port.SendCalls),8}  {port.SendOffload,-11}  "
                + $"{port.PacketsIn,14}  {Mean(port.PacketsIn, port.MessagesIn),11}  {Mean(port.PacketsIn, port.ReceiveCalls),8}  {port.ReceiveOffload,-11}  {port.Overruns,8}");
        }
    }

    internal static string Mean(long packets, long of) => of == 0 ? "-" : ((double)packets / of).ToString("0.0", CultureInfo.InvariantCulture);
}
