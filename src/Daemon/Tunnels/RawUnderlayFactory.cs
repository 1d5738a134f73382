using Dmvpn.Dataplane;
using Dmvpn.Runtime;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// Opens the sockets of a tunnel source: raw GRE (protocol 47), and for protected tunnels raw ESP (protocol 50) and UDP 500 and 4500. Raw ones: one for each worker to receive and send
/// by, and one that only the control thread sends by. UDP ones are shared with the control thread: a second socket would take packets away.
/// </summary>
internal sealed class RawUnderlayFactory(WorkerPool workers) : IUnderlayFactory
{
    private const byte Gre = 47;
    private const byte Esp = 50;

    // For comparison, and for a kernel whose offloads are not to be trusted: datagrams one by one, as in the beginning.
    private const string OffloadVariable = "DMVPN_UDP_OFFLOADS";

    private static readonly bool WantsOffload = Environment.GetEnvironmentVariable(OffloadVariable) != "none";

    public (SecurityPorts Ports, Action Close) OpenSecurity(UnderlayKey key)
    {
        var opened = new List<SocketPort>();
        try
        {
            IDatagramPort[] esp = new IDatagramPort[workers.Count], ike = new IDatagramPort[workers.Count], nat = new IDatagramPort[workers.Count];
            for (int i = 0; i < workers.Count; i++)
            {
                esp[i] = Keep(RawPort.Open(Esp, key.Address, key.Vrf));
                ike[i] = Keep(UdpPort.Open(IkeSpec.Port, key.Address, key.Vrf));
                nat[i] = Keep(UdpPort.Open(IkeSpec.NatPort, key.Address, key.Vrf, offload: WantsOffload));
            }
            RawPort espControl = RawPort.OpenSendOnly(Esp, key.Address, key.Vrf);
            for (int i = 0; i < opened.Count; i++) workers.Watch(i / PortsOfWorker, opened[i]);
            return (new SecurityPorts([.. esp], ike[0], [.. nat], espControl, ike[0], nat[0]), () =>
            {
                for (int i = 0; i < opened.Count; i++)
                {
                    workers.Unwatch(i / PortsOfWorker, opened[i].Descriptor);
                    opened[i].Dispose();
                }
                espControl.Dispose();
            }
            );
        }
        catch (LinuxException)
        {
            foreach (SocketPort port in opened) port.Dispose();
            throw;
        }

        SocketPort Keep(SocketPort port)
        {
            opened.Add(port);
            return port;
        }
    }

    // ESP, 500 and 4500.
    private const int PortsOfWorker = 3;

    public OpenUnderlay Open(UnderlayKey key, int number)
    {
        var ports = new List<RawPort>();
        try
        {
            for (int i = 0; i < workers.Count; i++) ports.Add(RawPort.Open(Gre, key.Address, key.Vrf));
            RawPort control = RawPort.OpenSendOnly(Gre, key.Address, key.Vrf);
            for (int i = 0; i < workers.Count; i++) workers.Watch(i, ports[i]);
            return new OpenUnderlay(new Underlay(key.Address, [.. ports], control) { Number = number }, () =>
            {
                for (int i = 0; i < ports.Count; i++)
                {
                    workers.Unwatch(i, ports[i].Descriptor);
                    ports[i].Dispose();
                }
                control.Dispose();
            });
        }
        catch (LinuxException)
        {
            foreach (RawPort port in ports) port.Dispose();
            throw;
        }
    }
}
