using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// One tunnel source: a local address in one network namespace, and the ports bound to it. Tunnels with the same source share one
/// (and are told apart by key). The ports belong to whoever made them, who disposes of them after the last snapshot that
/// uses them is gone (<see cref="ForwardingWorker.SeenVersion"/>).
/// </summary>
/// <param name="localAddress">The local address, not unspecified.</param>
/// <param name="workerPorts">One port for each worker; it alone uses it.</param>
/// <param name="controlPort">The control thread's port, for sending only. May be a worker's port when that worker runs on the control thread.</param>
public sealed class Underlay(IpAddress localAddress, ValueList<IDatagramPort> workerPorts, IDatagramPort controlPort)
{
    /// <summary>The local address.</summary>
    public IpAddress LocalAddress { get; } = localAddress;

    /// <summary>The workers' ports, by worker.</summary>
    public ValueList<IDatagramPort> WorkerPorts { get; } = workerPorts;

    /// <summary>The control thread's port.</summary>
    public IDatagramPort ControlPort { get; } = controlPort;

    /// <summary>Its number, for messages about it; given by who made it.</summary>
    public int Number { get; init; }

    /// <summary>The ports for IKE and ESP; null while no tunnel of this source is protected. Set by the control thread, once.</summary>
    public SecurityPorts? Security
    {
        get => Volatile.Read(ref _security);
        set => Volatile.Write(ref _security, value);
    }

    private SecurityPorts? _security;

    /// <summary>Packets that arrived here and belong to no tunnel, by reason.</summary>
    public DropCounters<DataplaneDrop> Drops { get; } = new();

    /// <summary>Bytes of the outer IP header (no options, no extension headers).</summary>
    public int OuterHeaderLength => LocalAddress.IsIPv4 ? 20 : 40;
}
