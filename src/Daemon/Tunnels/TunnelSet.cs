using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Routing;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;
using Dmvpn.Rib;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// All tunnel interfaces: makes and removes their devices, follows their sources, decides whether their lines are up, and tells the engines
/// and the data path. Control thread only.
/// </summary>
internal sealed class TunnelSet(
    Engines engines, IKernelPort kernel, UnderlaySet underlays, Func<string?, LinkTable?> linksOf, ITunnelDevices devices, ProtectionSet protections, ILogger logger)
{
    // An address that is renewed is gone for a moment: nobody who hangs on the tunnel need notice.
    private static readonly TimeSpan SourceGrace = TimeSpan.FromSeconds(3);

    // Another IKE daemon that has the ports may be stopped at any time, and nothing tells us.
    private static readonly TimeSpan SourceRetry = TimeSpan.FromSeconds(10);

    private readonly SortedDictionary<TunnelId, TunnelInterface> _tunnels = [];

    // Sources that tunnels gave up in this round, with the last version of the snapshot that had them.
    private readonly List<(UnderlayKey Key, long Version)> _givenUp = [];

    public IEnumerable<TunnelInterface> All => _tunnels.Values;

    public bool TryGet(TunnelId id, [MaybeNullWhen(false)] out TunnelInterface tunnel) => _tunnels.TryGetValue(id, out tunnel);

    /// <summary>True when a tunnel's outer packets are routed by the table that its routes are in: not with a <c>tunnel vrf</c>.</summary>
    public bool SharesRoutes(TunnelId id) => _tunnels.TryGetValue(id, out TunnelInterface? tunnel) && tunnel.Config.UnderlayNamespace is null;

    /// <summary>The earliest keepalive, end of a grace time, or next try to open a source.</summary>
    public Instant NextDeadline
    {
        get
        {
            Instant next = Instant.Never;
            foreach (TunnelInterface tunnel in _tunnels.Values)
            {
                next = Instant.Min(next, Instant.Min(tunnel.SourceLostAt + SourceGrace, tunnel.Keepalive?.NextDeadline ?? Instant.Never));
                next = Instant.Min(next, tunnel.SourceRetryAt);
            }
            return next;
        }
    }

    public void OnDeadline(Instant now)
    {
        foreach (TunnelInterface tunnel in _tunnels.Values)
        {
            tunnel.Keepalive?.OnDeadline(now, engines.KeepaliveOut);
            if (now >= Instant.Min(tunnel.SourceLostAt + SourceGrace, tunnel.SourceRetryAt)) Evaluate(tunnel, now);
        }
    }

    /// <summary>Takes a device that was made for it into use.</summary>
    public void Add(TunnelConfig config, ITunnelDevice device, Instant now)
    {
        var tunnel = new TunnelInterface(config, device);
        _tunnels.Add(config.Id, tunnel);
        protections.Update(tunnel, now);
        devices.Configure(tunnel);
        ReadRelays(tunnel);
        HandToWorkers(tunnel, null);
        kernel.AddTunnel(config.Id, device.LinkIndex);
        devices.Start(device);
        ApplyKeepalive(tunnel, now);
        ApplyNhrp(tunnel, now);
        Evaluate(tunnel, now);
    }

    /// <summary>From now on the tunnel is about to go, or to be changed from the ground up. False when it has nothing to say.</summary>
    public bool BeginGoodbye(TunnelId id, string reason)
    {
        if (!_tunnels.TryGetValue(id, out TunnelInterface? tunnel)) return false;
        tunnel.Leaving = reason;
        return true;
    }

    /// <summary>
    /// Has the engines say their last words by the tunnel: what NHRP has learnt came by the present SAs, and is taken back by them. The
    /// effects must be carried out BEFORE <see cref="Remove"/> or <see cref="Change"/>, while the tunnel has its source.
    /// </summary>
    public void SayGoodbye(TunnelId id, Instant now)
    {
        if (_tunnels.TryGetValue(id, out TunnelInterface? tunnel) && tunnel.Leaving is { } reason) SetLine(tunnel, reason, now);
    }

    /// <summary>Takes a tunnel down with everything that hangs on it. It has said its goodbyes.</summary>
    public void Remove(TunnelId id, Instant now)
    {
        if (!_tunnels.Remove(id, out TunnelInterface? tunnel)) return;
        engines.Underlay.Remove(new UnderlayUse(id));
        SetLine(tunnel, "removed", now);
        engines.Nhrp.TryApply(new NhrpInterfaceKey(id, false), null, now, engines.NhrpOut);
        engines.Nhrp.TryApply(new NhrpInterfaceKey(id, true), null, now, engines.NhrpOut);
        protections.Remove(tunnel, now);
        ReleaseUnderlay(tunnel);
        engines.Forwarding.RemoveTunnel(id);
        kernel.RemoveTunnel(tunnel.Device.LinkIndex);
        devices.Retire(tunnel.Device, engines.Forwarding.Current.Version);
    }

    /// <summary>Takes a changed configuration over; only the aspects that differ are touched.</summary>
    public void Change(TunnelChange change, Instant now)
    {
        if (!_tunnels.TryGetValue(change.New.Id, out TunnelInterface? tunnel)) return;
        TunnelAspects aspects = change.Aspects;
        tunnel.Config = change.New;
        tunnel.Leaving = null;
        protections.Update(tunnel, now);
        const TunnelAspects device = TunnelAspects.Addresses | TunnelAspects.Mtu | TunnelAspects.Shutdown;
        if ((aspects & device) != 0) devices.Configure(tunnel);
        if ((aspects & (TunnelAspects.Keepalive | TunnelAspects.Transport)) != 0) ApplyKeepalive(tunnel, now);
        if ((aspects & (TunnelAspects.IpNhrp | TunnelAspects.Ipv6Nhrp)) != 0) ApplyNhrp(tunnel, now);
        if ((aspects & (TunnelAspects.Metadata | TunnelAspects.Cdp)) == aspects) return;
        ReadRelays(tunnel);
        HandToWorkers(tunnel, tunnel.Underlay?.Underlay);
        Evaluate(tunnel, now);
        TellNhrp(tunnel, now);
    }

    /// <summary>Whether all SAs of a protected source have a replay window of <see cref="SendingRule.LeastWindow"/> at least.</summary>
    public Func<ProtectionId, bool> WindowsAreWide { get; set; } = static _ => true;

    /// <summary>
    /// Decides by which tunnels several workers send. After a configuration is in use, and now and then: a window that was raised is so when the last SA of before is gone.
    /// </summary>
    public void ShareOutFlows(IkeConfig crypto)
    {
        foreach (TunnelInterface tunnel in _tunnels.Values)
        {
            bool spread = SendingRule.MaySpread(tunnel.Config, crypto);
            if (spread && !tunnel.Device.IsSpread && protections.Of(tunnel.Id) is { } protection) spread = WindowsAreWide(protection);
            if (devices.Spread(tunnel, spread)) HandToWorkers(tunnel, tunnel.Underlay?.Underlay);
        }
    }

    /// <summary>Links, their settings or addresses changed somewhere: sources may have moved, and the kernel may forward or not.</summary>
    public void OnLinksChanged(Instant now)
    {
        foreach (TunnelInterface tunnel in _tunnels.Values)
        {
            if (ReadRelays(tunnel)) HandToWorkers(tunnel, tunnel.Underlay?.Underlay);
            Evaluate(tunnel, now);
        }
    }

    /// <summary>A next hop server came or went (<c>if-state nhrp</c>).</summary>
    public void OnServersChanged(TunnelId id, Instant now)
    {
        if (_tunnels.TryGetValue(id, out TunnelInterface? tunnel) && tunnel.Config.IfStateNhrp) Evaluate(tunnel, now);
    }

    /// <summary>The other end of a point-to-point tunnel answers again, or no more.</summary>
    public void OnKeepalive(TunnelId id, bool up, Instant now)
    {
        if (!_tunnels.TryGetValue(id, out TunnelInterface? tunnel)) return;
        DaemonLog.Keepalive(logger, id, up ? "up" : "down");
        Evaluate(tunnel, now);
    }

    /// <summary>One of our keepalives came back.</summary>
    public void OnKeepaliveReturned(TunnelId id)
    {
        if (_tunnels.TryGetValue(id, out TunnelInterface? tunnel)) tunnel.Keepalive?.HandleReturned(engines.KeepaliveOut);
    }

    /// <summary>Closes the sources that nobody has any more: AFTER sending, for the last words leave by them.</summary>
    public void ReleaseSources()
    {
        foreach ((UnderlayKey key, long version) in _givenUp) underlays.Release(key, version);
        _givenUp.Clear();
    }

    private void Evaluate(TunnelInterface tunnel, Instant now)
    {
        if (tunnel.Leaving is not null) return;
        tunnel.SourceRetryAt = Instant.Never;
        IpAddress source = SourceRule.Find(tunnel.Config, linksOf(tunnel.Config.UnderlayNamespace), out string? reason);
        if (reason is null) reason = UseSource(tunnel, source, now);
        else if (tunnel.Underlay is not null || !tunnel.SourceLostAt.IsNever) reason = LoseSource(tunnel, reason, now);
        if (reason is null && tunnel.Keepalive is { IsUp: false }) reason = "no keepalive comes back";
        if (reason is null && tunnel.Config.IfStateNhrp && !HasServer(tunnel)) reason = TunnelInterface.NoServerReason;
        SetLine(tunnel, reason, now);
    }

    /// <summary>Returns why the line is down, or null while it may come back without anybody's notice.</summary>
    private string? LoseSource(TunnelInterface tunnel, string reason, Instant now)
    {
        if (tunnel.LineUp && !tunnel.Config.Shutdown)
        {
            if (tunnel.SourceLostAt.IsNever) tunnel.SourceLostAt = now;
            if (now < tunnel.SourceLostAt + SourceGrace)
            {
                ReleaseUnderlay(tunnel);
                HandToWorkers(tunnel, null);
                return null;
            }
        }
        DropSource(tunnel, now);
        return reason;
    }

    /// <summary>What is relayed past the kernel is what the kernel would forward. True when that is something else now.</summary>
    private static bool ReadRelays(TunnelInterface tunnel)
    {
        bool may(bool ipv6) => tunnel.Config.RelayBypassKernel && KernelSettings.Forwards(tunnel.Device.Name, ipv6);
        (bool, bool) before = tunnel.Relays;
        tunnel.Relays = (may(ipv6: false), may(ipv6: true));
        return tunnel.Relays != before;
    }

    // Protection that is configured and cannot be told (no source, say) is number 0, which no SA has: never clear text.
    private void HandToWorkers(TunnelInterface tunnel, Underlay? underlay) => engines.Forwarding.SetTunnel(
        tunnel.Forwarding(protections.Of(tunnel.Id)?.Number ?? (tunnel.Config.Protection is null ? null : 0)), underlay, tunnel.Device.ForForwarding);

    private bool HasServer(TunnelInterface tunnel) =>
        engines.Nhrp.TryGetServer(new NhrpInterfaceKey(tunnel.Id, false), out _, out _)
        || engines.Nhrp.TryGetServer(new NhrpInterfaceKey(tunnel.Id, true), out _, out _);

    private string? UseSource(TunnelInterface tunnel, IpAddress source, Instant now)
    {
        tunnel.SourceLostAt = Instant.Never;
        var key = new UnderlayKey(tunnel.Config.UnderlayNamespace, source);
        bool secured = tunnel.Config.Protection is not null;
        if (tunnel.Underlay is { } present && present.Key == key && (!secured || present.Underlay.Security is not null)) return null;
        Underlay underlay;
        try
        {
            underlay = underlays.Acquire(key, secured);
        }
        catch (LinuxException e)
        {
            DropSource(tunnel, now);
            tunnel.SourceRetryAt = now + SourceRetry;
            return $"source {source}: {e.Message}";
        }
        ReleaseUnderlay(tunnel);
        if (!tunnel.Source.IsNone && tunnel.Source != source) DaemonLog.TunnelSource(logger, tunnel.Id, source, tunnel.Source);
        tunnel.Source = source;
        tunnel.Underlay = (key, underlay);
        if (tunnel.Config.UnderlayNamespace is null && engines.Underlay.Set(new UnderlayUse(tunnel.Id), source)) engines.Odr.OnUnderlayAddress(source, now, engines.OdrOut);
        protections.Update(tunnel, now);
        HandToWorkers(tunnel, underlay);
        if (tunnel.LineUp) TellNhrp(tunnel, now);
        return null;
    }

    private void DropSource(TunnelInterface tunnel, Instant now)
    {
        engines.Underlay.Remove(new UnderlayUse(tunnel.Id));
        ReleaseUnderlay(tunnel);
        tunnel.Source = IpAddress.None;
        tunnel.SourceLostAt = Instant.Never;
        protections.Update(tunnel, now);
        HandToWorkers(tunnel, null);
    }

    private void ReleaseUnderlay(TunnelInterface tunnel)
    {
        if (tunnel.Underlay is { } old) _givenUp.Add((old.Key, engines.Forwarding.Current.Version));
        tunnel.Underlay = null;
    }

    private void SetLine(TunnelInterface tunnel, string? reason, Instant now)
    {
        bool wasUp = tunnel.LineUp, wasUpForNhrp = tunnel.LineUpForNhrp;
        if (tunnel.DownReason == reason) return;
        tunnel.DownReason = reason;
        if (tunnel.LineUpForNhrp != wasUpForNhrp) TellNhrp(tunnel, now);
        if (reason is not null) DaemonLog.TunnelDown(logger, tunnel.Id, reason);
        if (tunnel.LineUp == wasUp) return;
        if (tunnel.LineUp) DaemonLog.TunnelState(logger, tunnel.Id, "up");
        devices.SetCarrier(tunnel, tunnel.LineUp);
        kernel.OnLineChanged();
        engines.Rib.OnInterface(RibInterface.Of(tunnel.Id), tunnel.LineUp, now, engines.RibOut);
        engines.Odr.OnTunnel(tunnel.Id, tunnel.LineUp, now, engines.OdrOut);
    }

    private void ApplyKeepalive(TunnelInterface tunnel, Instant now)
    {
        if (tunnel.Config.Keepalive is not { } keepalive || tunnel.Config.IsMultipoint) tunnel.Keepalive = null;
        else if (tunnel.Keepalive is { } probe) probe.Apply(keepalive.Period, keepalive.Retries, now);
        else tunnel.Keepalive = new KeepaliveProbe(tunnel.Id, keepalive.Period, keepalive.Retries, now);
    }

    private void ApplyNhrp(TunnelInterface tunnel, Instant now)
    {
        TellNhrp(tunnel, now);
        engines.Nhrp.TryApply(new NhrpInterfaceKey(tunnel.Id, false), Enabled(tunnel.Config.IpNhrp), now, engines.NhrpOut);
        engines.Nhrp.TryApply(new NhrpInterfaceKey(tunnel.Id, true), Enabled(tunnel.Config.Ipv6Nhrp), now, engines.NhrpOut);
    }

    private static NhrpConfig? Enabled(NhrpConfig config) => config.NetworkId is null ? null : config;

    private void TellNhrp(TunnelInterface tunnel, Instant now)
    {
        foreach (bool ipv6 in (ReadOnlySpan<bool>)[false, true])
        {
            NhrpConfig config = ipv6 ? tunnel.Config.Ipv6Nhrp : tunnel.Config.IpNhrp;
            IpAddress responder = config.Responder is { } name ? kernel.Links.SourceOf(name, ipv6) : IpAddress.None;
            engines.Nhrp.OnInterfaceChanged(tunnel.NhrpFacts(ipv6, responder, protections.Of(tunnel.Id)?.Number ?? 0), now, engines.NhrpOut);
        }
    }
}
