using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Rib;
using Dmvpn.Runtime;
using Dmvpn.Runtime.Netlink;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Routing;

/// <summary>
/// Keeps outer packets out of the tunnels: a peer that the routing table reaches by a tunnel of ours (a default route into the
/// tunnel, a prefix learnt over it) is sent to by the best route that is no tunnel's. Of two providers' routes
/// to one prefix a tunnel takes the one by the interface of its source, unless a policy rule says otherwise.
/// What the kernel would send elsewhere is its own choice. Control thread only.
/// </summary>
internal sealed class UnderlayRoutes(Engines engines, KernelSync kernel, ILogger logger)
{
    // Peers that IKE answers and NHRP does not know yet; a flood of them must not fill the memory.
    private const int MostStrangers = 256;

    // A routing table that changes all the time must not keep a hub busy with its peers.
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LogSpacing = TimeSpan.FromSeconds(30);

    private readonly Queue<(IpAddress Local, IpAddress Remote)> _strangers = new();
    private readonly Reminders<IpPrefix> _logged = new(MostStrangers, LogSpacing);
    private readonly HashSet<(IpAddress Local, IpPrefix Prefix)> _ownLinks = [];
    private bool _changed;
    private Instant _computedAt;

    /// <summary>What the sockets ask.</summary>
    public EgressTable Table { get; } = new();

    /// <summary>When <see cref="OnDeadline"/> has something to do.</summary>
    public Instant NextDeadline => _changed ? _computedAt + Spacing : Instant.Never;

    /// <summary>A route to the prefix came, changed or went.</summary>
    public void OnRoute(IpPrefix prefix) => _changed |= _strangers.Count > 0 || engines.Underlay.TryFindWithin(prefix, out _);

    /// <summary>Links changed.</summary>
    public void OnLinks() => _changed = true;

    /// <summary>Peers or sources changed. A hub with 100,000 spokes, none of which is reached by a tunnel, looks at the new ones only.</summary>
    public void OnPeers()
    {
        _changed |= Table.Count > 0;
        RouteMirror mirror = engines.Rib.Mirror;
        foreach (IpAddress address in engines.Underlay.TakeNew())
            _changed |= mirror.LeadsByTunnel(address) || mirror.HasRivals(address);
    }

    /// <summary>A message is about to go to an address that perhaps nobody has named yet: an answer to a peer that is new.</summary>
    public void Expect(IpAddress local, IpAddress remote)
    {
        if (!engines.Rib.Mirror.LeadsByTunnel(remote) || Table.LinkFor(local, remote) != 0) return;
        if (Choose(local, remote) == 0) return;
        if (_strangers.Count >= MostStrangers) _strangers.Dequeue();
        _strangers.Enqueue((local, remote));
        Compute(_computedAt);
    }

    /// <summary>Chooses anew where something changed.</summary>
    public void OnDeadline(Instant now)
    {
        if (now < NextDeadline) return;
        (_changed, _computedAt) = (false, now);
        Compute(now);
    }

    private void Compute(Instant now)
    {
        var links = new Dictionary<(IpAddress, IpAddress), int>();
        var chosen = new Dictionary<(IpAddress, IpPrefix), bool>();
        foreach ((IpAddress local, IpAddress remote) in engines.Underlay.Pairs()) AddOwn(links, chosen, local, remote);
        _ownLinks.RemoveWhere(pair => !chosen.ContainsKey(pair));
        foreach ((IpAddress local, IpAddress remote) in engines.Underlay.Pairs()) Add(links, local, remote, now);
        foreach ((IpAddress local, IpAddress remote) in _strangers) Add(links, local, remote, now);
        Table.Publish(links);
    }

    /// <summary>The link of the source itself, where the kernel would take another provider's.</summary>
    private void AddOwn(
        Dictionary<(IpAddress, IpAddress), int> links, Dictionary<(IpAddress, IpPrefix), bool> chosen,
        IpAddress local, IpAddress remote)
    {
        RouteMirror mirror = engines.Rib.Mirror;
        if (!mirror.HasRivals(remote) || mirror.LeadsByTunnel(remote)) return;
        if (kernel.Links.LinkWith(local) is not { } own) return;
        if (!mirror.HasRivalBy(remote, own.Name, out IpPrefix prefix)) return;
        if (!chosen.TryGetValue((local, prefix), out bool isOurs))
            chosen[(local, prefix)] = isOurs = !IsByRule(local, remote, own);
        if (!isOurs) return;
        links[(local, remote)] = own.Index;
        if (_ownLinks.Add((local, prefix))) DaemonLog.OwnUplink(logger, local, own.Name, prefix);
    }

    /// <summary>A policy rule of the kernel has packets with this source leave by its own table.</summary>
    private bool IsByRule(IpAddress local, IpAddress remote, LinuxLink own)
    {
        if (!kernel.Netlink.LookUpRoute(remote, local, out LinuxRoute? route).IsNone) return true;
        if (route is not { NextHops.Count: > 0 } || route.Table != LinuxRoute.MainTable) return true;
        return route.NextHops.Count == 1 && route.NextHops[0].LinkIndex == own.Index;
    }

    private void Add(Dictionary<(IpAddress, IpAddress), int> links, IpAddress local, IpAddress remote, Instant now)
    {
        if (Choose(local, remote) is not (> 0 and int link)) return;
        links[(local, remote)] = link;
        if (!engines.Rib.Mirror.TryLookup(remote, withShortcuts: true, out RouteView view)) return;
        if (!_logged.IsNew(view.Prefix, now)) return;
        DaemonLog.RecursiveRoute(logger, view.Prefix, view.Tunnel?.ToString() ?? "a tunnel", remote, kernel.Links.Link(link)?.Name ?? "another interface");
    }

    /// <summary>The link to send by; 0: the kernel's choice is no tunnel.</summary>
    private int Choose(IpAddress local, IpAddress remote)
    {
        RouteMirror mirror = engines.Rib.Mirror;
        if (!mirror.LeadsByTunnel(remote)) return 0;
        // The main table says a tunnel; a policy rule may say otherwise for this source.
        bool isAnswered = kernel.Netlink.LookUpRoute(remote, local, out LinuxRoute? chosen).IsNone && chosen is { NextHops.Count: > 0 };
        if (isAnswered && chosen!.Table != LinuxRoute.MainTable && !kernel.IsTunnel(chosen.NextHops[0].LinkIndex)) return 0;
        if (mirror.TryLookupBesideTunnels(remote, out RibNextHop way) && kernel.Links.Link(way.Interface.Name ?? "") is { } link) return link.Index;
        // No other way: rather nowhere than into the tunnel.
        return kernel.Links.LinkWith(local) is { } own && !kernel.IsTunnel(own.Index) ? own.Index : 0;
    }
}
