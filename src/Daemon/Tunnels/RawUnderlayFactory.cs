using Dmvpn.Dataplane;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// Opens raw GRE sockets (protocol 47) for a tunnel source: one for each worker to receive and send by, and one that only the control
/// thread sends by.
/// </summary>
internal sealed class RawUnderlayFactory(WorkerPool workers) : IUnderlayFactory
{
    private const byte Gre = 47;

    public OpenUnderlay Open(UnderlayKey key)
    {
        var ports = new List<RawPort>();
        try
        {
            for (int i = 0; i < workers.Count; i++) ports.Add(RawPort.Open(Gre, key.Address, key.Vrf));
            RawPort control = RawPort.OpenSendOnly(Gre, key.Address, key.Vrf);
            for (int i = 0; i < workers.Count; i++) workers.Watch(i, ports[i]);
            return new OpenUnderlay(new Underlay(key.Address, [.. ports], control), () =>
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
