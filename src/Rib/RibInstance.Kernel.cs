using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>The kernel's side: what netlink says goes into the mirror, and what is not as installed is put right.</summary>
public sealed partial class RibInstance
{
    private readonly HashSet<IpPrefix> _suspects = [];
    private Instant _reconcileAt = Instant.Never;
    private bool _isDumping;

    /// <summary>When <see cref="OnDeadline"/> is to be called next, or <see cref="Instant.Never"/>.</summary>
    public Instant NextDeadline => _reconcileAt;

    /// <summary>
    /// Netlink says a route of the main or local table, ours included (its echo is how we know that it arrived). Foreign ones can carry
    /// next hops; a route of ours that another program removed comes back after <see cref="RibLimits.ReconcileDelay"/>.
    /// </summary>
    public void OnKernelRoute(KernelRoute route, KernelChange change, Instant now, Outbox<RibEffect> outbox)
    {
        if (!Mirror.Apply(route, change, now)) return;
        if (_isDumping) return;
        if (RibKernel.IsOurs(route))
        {
            Suspect(route.Prefix, now);
            return;
        }
        EnqueueDependents(route.Prefix);
        Evaluate(now, outbox);
    }

    /// <summary>
    /// A full dump of the kernel's tables begins, at start or after netlink lost messages (ENOBUFS). Its routes follow as
    /// <see cref="OnKernelRoute"/> with <see cref="KernelChange.Added"/>.
    /// </summary>
    public void OnDumpStarted()
    {
        _isDumping = true;
        Mirror.BeginDump();
    }

    /// <summary>
    /// The dump is complete: what it did not say is gone. Routes of ours that are missing are installed again, and what a
    /// crashed predecessor left (our protocol numbers, not installed by us) is removed, at once. So at start: apply the configuration, then dump.
    /// </summary>
    public void OnDumpEnded(Instant now, Outbox<RibEffect> outbox)
    {
        _isDumping = false;
        var gone = new List<IpPrefix>();
        Mirror.EndDump(gone);
        EnqueueDependents(IpPrefix.DefaultIPv4);
        EnqueueDependents(IpPrefix.DefaultIPv6);
        Evaluate(now, outbox);
        foreach (RouteEntry entry in _entries.Values)
        {
            entry.Attempts = 0;
            _suspects.Add(entry.Prefix);
        }
        foreach (MirrorRoute route in Mirror.Routes())
        {
            if (RibKernel.IsOurs(route.Route)) _suspects.Add(route.Route.Prefix);
        }
        Reconcile(now, outbox);
    }

    /// <summary>The clock has come to <see cref="NextDeadline"/>; a call too many does nothing.</summary>
    public void OnDeadline(Instant now, Outbox<RibEffect> outbox)
    {
        if (now >= _reconcileAt) Reconcile(now, outbox);
    }

    private void Suspect(IpPrefix prefix, Instant now)
    {
        _suspects.Add(prefix);
        if (_reconcileAt.IsNever) _reconcileAt = now + RibLimits.ReconcileDelay;
    }

    private void Reconcile(Instant now, Outbox<RibEffect> outbox)
    {
        _reconcileAt = Instant.Never;
        IpPrefix[] suspects = [.. _suspects];
        _suspects.Clear();
        foreach (IpPrefix prefix in suspects)
        {
            _entries.TryGetValue(prefix, out RouteEntry? entry);
            bool isMissing = entry is not null && (IsMissing(prefix, entry.Best) | IsMissing(prefix, entry.Shortcut));
            if (isMissing) InstallAgain(entry!, now, outbox);
            else if (entry is not null) entry.Attempts = 0;
            RemoveStale(prefix, entry, outbox);
        }
    }

    private bool IsMissing(IpPrefix prefix, InstalledRoute? installed)
    {
        if (installed is null) return false;
        foreach (MirrorRoute route in Mirror.RoutesTo(prefix))
        {
            if (IsSame(route.Route, installed)) return false;
        }
        return true;
    }

    private void InstallAgain(RouteEntry entry, Instant now, Outbox<RibEffect> outbox)
    {
        if (entry.Attempts >= RibLimits.InstallAttempts) return;
        if (++entry.Attempts == RibLimits.InstallAttempts)
        {
            Drops.Count(RibDrop.GivenUp);
            RibLog.GivenUp(_logger, entry.Prefix, (entry.Shortcut ?? entry.Best)!.Source);
            return;
        }
        foreach (InstalledRoute? installed in (ReadOnlySpan<InstalledRoute?>)[entry.Best, entry.Shortcut])
        {
            if (installed is null || !IsMissing(entry.Prefix, installed)) continue;
            Drops.Count(RibDrop.Reinstalled);
            RibLog.Reinstalled(_logger, entry.Prefix, installed.Source);
            outbox.Add(new RibEffect(RibEffectKind.InstallRoute, entry.Prefix, installed.NextHops, installed.Protocol, installed.Metric));
        }
        Suspect(entry.Prefix, now);
    }

    private void RemoveStale(IpPrefix prefix, RouteEntry? entry, Outbox<RibEffect> outbox)
    {
        foreach (MirrorRoute mirrored in Mirror.RoutesTo(prefix))
        {
            KernelRoute route = mirrored.Route;
            // What has the metric of an installed route is replaced by it, not removed.
            if (!RibKernel.IsOurs(route) || route.Metric == entry?.Best?.Metric || route.Metric == entry?.Shortcut?.Metric) continue;
            Drops.Count(RibDrop.StaleRemoved);
            RibLog.StaleRemoved(_logger, prefix, route.Protocol, route.Metric);
            outbox.Add(new RibEffect(RibEffectKind.RemoveRoute, prefix, route.NextHops, route.Protocol, route.Metric));
        }
    }

    /// <summary>The kernel gives the next hops of a multipath route in its own order.</summary>
    private static bool IsSame(KernelRoute route, InstalledRoute installed)
    {
        if (route.Protocol != installed.Protocol || route.Metric != installed.Metric) return false;
        if (route.Type == KernelRouteType.Discard) return installed.NextHops[0].Interface.IsNull;
        if (route.NextHops.Count != installed.NextHops.Count) return false;
        foreach (RibNextHop nextHop in installed.NextHops.AsSpan())
        {
            if (!route.NextHops.AsSpan().Contains(nextHop)) return false;
        }
        return true;
    }
}
