using Dmvpn.Dataplane;
using Dmvpn.Runtime;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// Opens the sockets of a tunnel source: raw GRE (protocol 47), and for protected tunnels raw ESP (protocol 50) and UDP 500 and 4500. One for each worker to receive and
/// send by, among which the kernel shares out what comes; but UDP 500 is the first worker's alone. Raw ones have one more that only the control thread sends by; the first worker's UDP ones are shared with it: a further socket would take packets away.
/// </summary>
internal sealed class RawUnderlayFactory(WorkerPool workers, EgressTable? egress = null) : IUnderlayFactory
{
    private const byte Gre = 47;
    private const byte Esp = 50;

    // For comparison, and for a kernel whose offloads are not to be trusted: datagrams one by one, as in the beginning.
    private const string OffloadVariable = "DMVPN_UDP_OFFLOADS";

    private static readonly bool WantsOffload = Environment.GetEnvironmentVariable(OffloadVariable) != "none";

    public (SecurityPorts Ports, Action Close) OpenSecurity(UnderlayKey key)
    {
        var opened = new List<(int Worker, SocketPort Port)>();
        try
        {
            // FIRST, for it is nobody's but ours: a group of sockets could be joined by another dmvpn.
            UdpPort ike = Keep(0, UdpPort.Open(IkeSpec.Port, key.Address, key.Namespace));
            RawPort[] esp = OpenRaw(Esp, key, Keep);
            UdpPort[] nat = UdpPort.OpenForWorkers(workers.Count, IkeSpec.NatPort, key.Address, key.Namespace, offload: WantsOffload);
            for (int i = 0; i < nat.Length; i++) Keep(i, nat[i]);
            RawPort espControl = RawPort.OpenSendOnly(Esp, key.Address, key.Namespace);
            KeepOutOfTunnels(key, opened, espControl);
            foreach ((int worker, SocketPort port) in opened) workers.Watch(worker, port);
            return (new SecurityPorts([.. esp], ike, [.. nat], espControl, ike, nat[0]), () => Close(opened, espControl));
        }
        catch (LinuxException)
        {
            foreach ((_, SocketPort port) in opened) port.Dispose();
            throw;
        }

        T Keep<T>(int worker, T port)
            where T : SocketPort
        {
            opened.Add((worker, port));
            return port;
        }
    }

    public OpenUnderlay Open(UnderlayKey key, int number)
    {
        var opened = new List<(int Worker, SocketPort Port)>();
        try
        {
            RawPort[] ports = OpenRaw(Gre, key, Keep);
            RawPort control = RawPort.OpenSendOnly(Gre, key.Address, key.Namespace);
            KeepOutOfTunnels(key, opened, control);
            foreach ((int worker, SocketPort port) in opened) workers.Watch(worker, port);
            return new OpenUnderlay(new Underlay(key.Address, [.. ports], control) { Number = number }, () => Close(opened, control));
        }
        catch (LinuxException)
        {
            foreach ((_, SocketPort port) in opened) port.Dispose();
            throw;
        }

        RawPort Keep(int worker, RawPort port)
        {
            opened.Add((worker, port));
            return port;
        }
    }

    // In another namespace the tunnels' routes are not.
    private void KeepOutOfTunnels(UnderlayKey key, List<(int Worker, SocketPort Port)> opened, RawPort control)
    {
        if (key.Namespace is not null) return;
        foreach ((_, SocketPort port) in opened) port.Egress = egress;
        control.Egress = egress;
    }

    private RawPort[] OpenRaw(byte protocol, UnderlayKey key, Func<int, RawPort, RawPort> keep)
    {
        var ports = new RawPort[workers.Count];
        for (int i = 0; i < ports.Length; i++) ports[i] = keep(i, RawPort.Open(protocol, key.Address, key.Namespace, share: new WorkerShare(i, ports.Length)));
        return ports;
    }

    private void Close(List<(int Worker, SocketPort Port)> opened, RawPort control)
    {
        foreach ((int worker, SocketPort port) in opened)
        {
            workers.Unwatch(worker, port.Descriptor);
            port.Dispose();
        }
        control.Dispose();
    }
}
