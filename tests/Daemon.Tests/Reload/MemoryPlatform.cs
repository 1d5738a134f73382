using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Rib;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon.Tests.Reload;

/// <summary>A kernel that obeys at once and has its links in memory.</summary>
internal sealed class MemoryKernel : IKernelPort
{
    private readonly SortedDictionary<(IpPrefix, uint), KernelRoute> _routes = [];

    public Engines Engines { get; set; } = null!;

    public Instant Now { get; set; }

    public LinkTable Links { get; } = new();

    /// <summary>The routes that the router has put in.</summary>
    public IEnumerable<KernelRoute> Routes => _routes.Values;

    public void AddLink(int index, string name, params IpAddress[] addresses)
    {
        Links.Apply(new LinuxLink(index, name, LinkFlags.Up | LinkFlags.LowerUp, 1500, 1000, LinkState.Up, 1, 0, null), removed: false);
        foreach (IpAddress address in addresses)
        {
            Links.Apply(new LinuxAddress(index, address, 24), removed: false);
            var connected = new KernelRoute(new IpPrefix(address, 24), KernelRouteType.Unicast, 2, 0, [new RibNextHop(IpAddress.None, RibInterface.Of(name))]);
            Tell(connected, KernelChange.Added);
        }
    }

    public void AddTunnel(TunnelId tunnel, int index)
    {
    }

    public void RemoveTunnel(int index)
    {
    }

    public void OnLineChanged()
    {
    }

    public void Apply(Outbox<RibEffect> outbox)
    {
        while (!outbox.IsEmpty)
        {
            RibEffect[] effects = outbox.Effects.ToArray();
            outbox.Clear();
            foreach (RibEffect effect in effects)
            {
                KernelRouteType type = effect.IsDiscard ? KernelRouteType.Discard : KernelRouteType.Unicast;
                var route = new KernelRoute(effect.Prefix, type, effect.Protocol, effect.Metric, effect.IsDiscard ? [] : effect.NextHops);
                bool installed = effect.Kind == RibEffectKind.InstallRoute;
                if (installed) _routes[(effect.Prefix, effect.Metric)] = route;
                else _routes.Remove((effect.Prefix, effect.Metric));
                Tell(route, installed ? KernelChange.Replaced : KernelChange.Removed);
            }
        }
    }

    /// <summary>A tunnel's subnet, as the kernel has it while the device has its address.</summary>
    public void Connect(TunnelId tunnel, IpPrefix subnet, IpAddress own)
    {
        Tell(new KernelRoute(subnet, KernelRouteType.Unicast, 2, 0, [new RibNextHop(IpAddress.None, RibInterface.Of(tunnel))]), KernelChange.Added);
        Tell(new KernelRoute(IpPrefix.Host(own), KernelRouteType.Local, 2, 0, [new RibNextHop(IpAddress.None, RibInterface.Of(tunnel))]), KernelChange.Added);
    }

    private void Tell(KernelRoute route, KernelChange change)
    {
        Engines.Rib.OnKernelRoute(route, change, Now, Engines.RibOut);
        Engines.Nhrp.OnRouteChanged(route.Prefix, Now, Engines.NhrpOut);
    }
}

/// <summary>Devices that nobody reads.</summary>
internal sealed class MemoryDevices : ITunnelDevices
{
    private int _last = 100;

    /// <summary>The names of those that are there.</summary>
    public HashSet<string> Open { get; } = [];

    public ITunnelDevice Create(TunnelId tunnel)
    {
        Open.Add(tunnel.ToString());
        return new Device(tunnel.ToString(), ++_last);
    }

    public void Configure(TunnelInterface tunnel)
    {
    }

    public void Start(ITunnelDevice device)
    {
    }

    public void SetCarrier(TunnelInterface tunnel, bool up)
    {
    }

    public bool Spread(TunnelInterface tunnel, bool spread) => false;

    public void Retire(ITunnelDevice device, long version) => Open.Remove(device.Name);

    public void Discard(ITunnelDevice device) => Open.Remove(device.Name);

    private sealed record Device(string Name, int LinkIndex) : ITunnelDevice
    {
        public bool IsSpread => false;

        public int? Sender => 0;

        public ValueList<ITunDevice> ForForwarding => [];
    }
}

/// <summary>Sources whose ports give their packets to a network in memory.</summary>
internal sealed class MemoryUnderlays(Action<IpAddress, IpAddress, byte[]> send) : IUnderlayFactory
{
    /// <summary>The sources that are open.</summary>
    public List<UnderlayKey> Open { get; } = [];

    OpenUnderlay IUnderlayFactory.Open(UnderlayKey key, int number)
    {
        Open.Add(key);
        var port = new Port(key.Address, send);
        return new OpenUnderlay(new Underlay(key.Address, [port], port) { Number = number }, () => Open.Remove(key));
    }

    (SecurityPorts Ports, Action Close) IUnderlayFactory.OpenSecurity(UnderlayKey key)
    {
        var silent = new Port(key.Address, static (_, _, _) => { });
        return (new SecurityPorts([silent], silent, [silent], silent, silent, silent), static () => { });
    }

    private sealed unsafe class Port(IpAddress local, Action<IpAddress, IpAddress, byte[]> send) : IDatagramPort
    {
        public IpAddress LocalAddress => local;

        public int Receive(PacketBatch batch) => batch.Count = 0;

        public void Send(Span<OutgoingPacket> packets)
        {
            foreach (ref OutgoingPacket packet in packets)
            {
                packet.Outcome = SendOutcome.Sent;
                send(local, packet.Destination, new ReadOnlySpan<byte>(packet.Data, packet.Length).ToArray());
            }
        }
    }
}
