using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// A tunnel's TUN device with a queue for each worker, which it reads and writes. With one worker it is a device of one queue. Control thread only, but for the queues themselves.
/// </summary>
internal sealed class TunnelDevice : ITunnelDevice, IDisposable
{
    private readonly TunDevice[] _queues;
    private TunnelDevice(TunDevice[] queues) => _queues = queues;

    public string Name => _queues[0].Name;

    public int LinkIndex => _queues[0].LinkIndex;

    public TunOffloads Offloads => _queues[0].Offloads;

    /// <summary>All workers take packets of the kernel.</summary>
    public bool IsSpread => Sender is null;

    /// <summary>The only worker that takes packets of the kernel; null when all do.</summary>
    public int? Sender { get; private set; }

    /// <summary>By worker.</summary>
    public ReadOnlySpan<TunDevice> Queues => _queues;

    /// <summary>For the data path, by worker.</summary>
    public ValueList<ITunDevice> ForForwarding => [.. _queues];

    /// <summary>Makes the device, down and without addresses.</summary>
    /// <exception cref="LinuxException">No permission, or the name is taken; nothing is left of it then.</exception>
    public static TunnelDevice Open(string name, int workers, TunOffloads offloads)
    {
        var queues = new List<TunDevice>();
        try
        {
            queues.Add(TunDevice.Open(name, multiQueue: workers > 1, offloads));
            while (queues.Count < workers) queues.Add(queues[0].OpenQueue());
            return new TunnelDevice([.. queues]);
        }
        catch (LinuxException)
        {
            foreach (TunDevice queue in queues) queue.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether all workers take packets of the kernel, each flow one, or <paramref name="sender"/> alone: where those of different flows must not overtake each other either. All write in any case.
    /// </summary>
    public LinuxError Spread(bool spread, int sender)
    {
        Sender = spread ? null : sender;
        for (int i = 0; i < _queues.Length; i++)
        {
            if (i != sender && _queues[i].SetReceiving(spread) is { IsNone: false } error) return error;
        }
        return LinuxError.None;
    }

    /// <summary>Whether the kernel and the routing programs see a carrier.</summary>
    public LinuxError SetCarrier(bool up) => _queues[0].SetCarrier(up);

    /// <summary>Closes all queues, and with them the device goes. No worker may be using it.</summary>
    public void Dispose()
    {
        foreach (TunDevice queue in _queues) queue.Dispose();
    }
}
