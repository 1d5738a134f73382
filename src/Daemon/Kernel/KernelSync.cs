using Dmvpn.Core;
using Dmvpn.Daemon.Routing;
using Dmvpn.Rib;
using Dmvpn.Runtime;
using Dmvpn.Runtime.Netlink;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Kernel;

/// <summary>
/// Between the kernel's tables and the engines: what netlink tells goes to the link table, the RIB and the workers' mirror; what the RIB
/// wants goes to the kernel. Control thread only.
/// </summary>
internal sealed class KernelSync : IKernelPort, INetlinkObserver, IDisposable
{
    private readonly Engines _engines;
    private readonly ForwardingMirror _mirror;
    private readonly ILogger _logger;
    private readonly Rtnetlink _netlink = new();
    private readonly NetlinkMonitor _monitor = new();
    private readonly Dictionary<int, TunnelId> _tunnels = [];
    private readonly HashSet<int> _leaving = [];
    private readonly List<RouteCommand> _commands = [];
    private LinuxError[] _results = new LinuxError[64];
    private ResyncReason? _resync;

    public KernelSync(Engines engines, ILogger logger)
    {
        _engines = engines;
        _logger = logger;
        _mirror = new ForwardingMirror(engines.Rib.Mirror, engines.Forwarding);
    }

    /// <summary>Links and addresses of the daemon's own namespace.</summary>
    public LinkTable Links { get; } = new();

    /// <summary>Readable when the kernel has something to tell.</summary>
    public int Descriptor => _monitor.Descriptor;

    /// <summary>The socket for requests; control thread only.</summary>
    public Rtnetlink Netlink => _netlink;

    /// <summary>Told of every prefix of the main and local tables that a route came to, or went from.</summary>
    public Action<IpPrefix> RouteChanged { get; set; } = static _ => { };

    /// <summary>Set when links, their settings or addresses changed: sources and connected prefixes want another look. The reader clears it.</summary>
    public bool LinksChanged { get; set; }

    /// <summary>Reads links and addresses: at start, before the configuration is applied (tunnel sources).</summary>
    public void ReadLinks(Instant now)
    {
        Links.Read(_netlink);
        LinksChanged = true;
        foreach (LinuxLink link in Links.Links)
        {
            if (!IsTunnel(link.Index)) _engines.Rib.OnInterface(RibInterface.Of(link.Name), link.IsUp, now, _engines.RibOut);
        }
    }

    /// <summary>
    /// Reads the routes too: at start, AFTER the configuration was applied, for then what a crashed predecessor left can be told from what is wanted.
    /// </summary>
    public void Start(Instant now) => Dump(ResyncReason.Overrun, now);

    /// <summary>A device of ours exists now.</summary>
    public void AddTunnel(TunnelId tunnel, int index)
    {
        _tunnels[index] = tunnel;
        if (_netlink.FindLink(index) is { } link) Links.Apply(link, removed: false);
        _mirror.Restore(tunnel);
        _resync ??= ResyncReason.LinkState;
    }

    /// <summary>A device of ours is about to go.</summary>
    public void RemoveTunnel(int index)
    {
        _tunnels.Remove(index);
        _leaving.Add(index);
        _resync ??= ResyncReason.LinkState;
    }

    /// <summary>
    /// The line of a tunnel changed: the RIB forgot or wants the routes by it, and the kernel, which keeps them, will not tell them again.
    /// </summary>
    public void OnLineChanged() => _resync ??= ResyncReason.LinkState;

    /// <summary>True when the next round has tables to read again.</summary>
    public bool WantsResync => _resync is not null;

    /// <summary>True when this link is one of our tunnels.</summary>
    public bool IsTunnel(int index) => _tunnels.ContainsKey(index);

    /// <summary>Reads what the kernel tells.</summary>
    public void OnReady(Instant now)
    {
        _now = now;
        _monitor.Read(this);
        ResyncIfNeeded(now);
    }

    /// <summary>Dumps again when something was lost or changed in silence.</summary>
    public void ResyncIfNeeded(Instant now)
    {
        if (_resync is not { } reason) return;
        _resync = null;
        Dump(reason, now);
    }

    void INetlinkObserver.OnLink(LinuxLink link, bool removed)
    {
        Links.Apply(link, removed);
        LinksChanged = true;
        if (removed ? _leaving.Remove(link.Index) : _leaving.Contains(link.Index)) return;
        if (!IsTunnel(link.Index)) _engines.Rib.OnInterface(RibInterface.Of(link.Name), !removed && link.IsUp, _now, _engines.RibOut);
    }

    void INetlinkObserver.OnAddress(in LinuxAddress address, bool removed)
    {
        Links.Apply(address, removed);
        LinksChanged = true;
    }

    void INetlinkObserver.OnRoute(LinuxRoute route, LinuxRouteChange change) => Take(route, change, _now);

    void INetlinkObserver.OnSettings() => LinksChanged = true;

    void INetlinkObserver.OnResync(ResyncReason reason)
    {
        if (reason == ResyncReason.Overrun) DaemonLog.NetlinkOverrun(_logger);
        if (_resync is null || reason == ResyncReason.Overrun) _resync = reason;
    }

    /// <summary>Does to the kernel what the RIB wants, in as few system calls as possible, and empties the outbox.</summary>
    public void Apply(Outbox<RibEffect> outbox)
    {
        if (outbox.IsEmpty) return;
        _commands.Clear();
        foreach (ref readonly RibEffect effect in outbox.Effects)
        {
            if (RouteTranslation.ToKernel(effect, IndexOf) is { } command) _commands.Add(command);
        }
        outbox.Clear();
        if (_results.Length < _commands.Count) _results = new LinuxError[_commands.Count];
        _netlink.Apply(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_commands), _results);
        for (int i = 0; i < _commands.Count; i++)
        {
            if (_results[i].IsNone || _commands[i].Kind == RouteCommandKind.Delete && _results[i].Number == Errno.NoSuchProcess) continue;
            DaemonLog.KernelRefused(_logger, $"{_commands[i].Kind} route {_commands[i].Route.Prefix}", _results[i].ToString());
        }
    }

    public void Dispose()
    {
        _monitor.Dispose();
        _netlink.Dispose();
    }

    private Instant _now;

    private void Dump(ResyncReason reason, Instant now)
    {
        if (reason == ResyncReason.Overrun) ReadLinks(now);
        // What is still on its way to the kernel would be missing in its tables, or stale there a second time.
        Apply(_engines.RibOut);
        _engines.Rib.OnDumpStarted();
        _mirror.ForgetOthers();
        foreach (LinuxRoute route in _netlink.Routes())
        {
            if (RouteTranslation.FromKernel(route, InterfaceOf) is { } kernelRoute)
                _engines.Rib.OnKernelRoute(kernelRoute, KernelChange.Added, now, _engines.RibOut);
            else TakeOther(route, LinuxRouteChange.Added);
        }
        _engines.Rib.OnDumpEnded(now, _engines.RibOut);
        RouteChanged(IpPrefix.DefaultIPv4);
        RouteChanged(IpPrefix.DefaultIPv6);
        _mirror.UpdateAll(prefix => _engines.Nhrp.OnRouteChanged(prefix, now, _engines.NhrpOut));
    }

    private void Take(LinuxRoute route, LinuxRouteChange change, Instant now)
    {
        if (RouteTranslation.FromKernel(route, InterfaceOf) is not { } kernelRoute)
        {
            TakeOther(route, change);
            return;
        }
        _engines.Rib.OnKernelRoute(kernelRoute, (KernelChange)change, now, _engines.RibOut);
        if (_mirror.Update(kernelRoute.Prefix)) _engines.Nhrp.OnRouteChanged(kernelRoute.Prefix, now, _engines.NhrpOut);
        RouteChanged(kernelRoute.Prefix);
    }

    /// <summary>A table that only policy rules name: what it sends into a tunnel goes on by its next hops.</summary>
    private void TakeOther(LinuxRoute route, LinuxRouteChange change)
    {
        if (route.Type != LinuxRouteType.Unicast || route.Table is LinuxRoute.MainTable or LinuxRoute.LocalTable || route.TypeOfService != 0) return;
        KernelRoute? present = change == LinuxRouteChange.Removed ? null : RouteTranslation.FromKernel(route with { Table = LinuxRoute.MainTable }, InterfaceOf);
        _mirror.UpdateOther(route.Prefix, route.Table, present);
    }

    private RibInterface InterfaceOf(int index) =>
        _tunnels.TryGetValue(index, out TunnelId tunnel) ? RibInterface.Of(tunnel) : RibInterface.Of(Links.Link(index)?.Name ?? $"if{index}");

    private int IndexOf(RibInterface @interface)
    {
        if (@interface.Tunnel is not { } tunnel) return Links.Link(@interface.Name ?? "")?.Index ?? 0;
        foreach ((int index, TunnelId candidate) in _tunnels)
        {
            if (candidate == tunnel) return index;
        }
        return 0;
    }
}
