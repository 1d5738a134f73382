using Dmvpn.Core;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Logging;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Routing;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Management.Config;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>
/// The composition: engines, tunnels, kernel and workers of one router, driven by the control loop. One round is
/// <code>
/// descriptors, posted work → mailboxes of the workers → deadlines → links that changed → effects are carried out
/// </code>
/// Control thread only.
/// </summary>
internal sealed class Router : IControlWork, IDisposable
{
    private const ulong NetlinkToken = 1;

    // A flood of control packets must not keep the loop from its timers.
    private const int MessagesPerRound = 4096;

    // Nor must a flood of first messages of IKE, each of which may cost a Diffie-Hellman, keep it from NHRP.
    private const int IkeMessagesPerRound = 256;

    private static readonly TimeSpan Housekeeping = InterfaceRates.Sampling;

    private readonly ControlLoop _loop;
    private readonly WorkerPool _workers;
    private readonly UnderlaySet _underlays;
    private readonly NamespaceSet _namespaces;
    private readonly DeviceSet _devices;
    private readonly ServerNames _names;
    private readonly MailReader _mail;
    private readonly PathMtuTable _pathMtus;
    private readonly RevocationFetch _fetch;
    private readonly UnderlayRoutes _egress;
    private readonly DefaultRouteWatch _defaults;
    private Instant _housekeepingAt;
    private Instant _lastUsePoll;
    private int _connectedVersion;
    private int _underlayVersion;

    /// <summary>A router without tunnels.</summary>
    /// <param name="loop">What drives it.</param>
    /// <param name="secrets">Of IKE, the same over restarts.</param>
    /// <param name="workers">How many threads forward packets, for its life.</param>
    /// <param name="log">Where messages go.</param>
    public Router(ControlLoop loop, IkeSecrets secrets, int workers, RouterLog log)
    {
        _loop = loop;
        ILogger tunnelLog = log.CreateLogger(EventBlock.Tunnel.Category), routerLog = log.CreateLogger(EventBlock.Daemon.Category);
        var forwarding = new ForwardingTable();
        _workers = new WorkerPool(workers, forwarding, loop, routerLog);
        // Behind the workers' numbers comes the control thread's.
        var children = new ChildSaSet(forwarding, workers + 1, _workers.Wake) { Logger = log.CreateLogger(EventBlock.Ipsec.Category) };
        Engines = new Engines(forwarding, secrets, children, SystemWallClock.Instance, SystemRandom.Instance, log, workers);
        Kernel = new KernelSync(Engines, routerLog);
        _egress = new UnderlayRoutes(Engines, Kernel, tunnelLog);
        Kernel.RouteChanged = _egress.OnRoute;
        _defaults = new DefaultRouteWatch(Engines, tunnelLog);
        _underlays = new UnderlaySet(new RawUnderlayFactory(_workers, _egress.Table));
        Protection = new ProtectionParts(Engines, children, _underlays, loop);
        Protection.Transport.Expect = _egress.Expect;
        Protection.Paths.Logger = tunnelLog;
        _namespaces = new NamespaceSet(Kernel, loop.Poller);
        _devices = new DeviceSet(_workers, Kernel.Netlink, tunnelLog);
        Tunnels = new TunnelSet(Engines, Kernel, _underlays, _namespaces.Links, _devices, Protection.Sources, tunnelLog);
        _names = new ServerNames(Engines, Tunnels, loop.Post, routerLog);
        Carrier = new EffectCarrier(Engines, Tunnels, Kernel, _names, Protection, workers);
        Tunnels.WindowsAreWide = protection => children.HaveWindow(protection, SendingRule.LeastWindow);
        _pathMtus = new PathMtuTable(loop.Post, Engines.Forwarding, id => Tunnels.TryGet(id, out TunnelInterface? tunnel) ? tunnel.Config.PathMtuDiscovery : null);
        _workers.PathMtuChanged = _pathMtus.Report;
        _mail = new MailReader(Engines, Tunnels, Carrier, Protection.Peers, _underlays);
        _mail.Refused.Logger = tunnelLog;
        ILogger pkiLog = log.CreateLogger(EventBlock.Pki.Category);
        _fetch = new RevocationFetch();
        Trustpoints = new TrustpointStore
        {
            Logger = pkiLog,
            Revocation = new RevocationRefresh(loop.Post, SystemWallClock.Instance, SystemRandom.Instance, _fetch.GetAsync)
            {
                Logger = pkiLog,
                Changed = now => Engines.Ike.OnRevocationListsChanged(now, Engines.IkeOut),
            },
        };
        Deadlines = WatchDeadlines(routerLog);
        Stalls = new StallWatch(loop.Progress, routerLog);
        Configuration = new ConfigApplier(Engines, Tunnels, Carrier, _devices, Kernel, _names, Trustpoints, workers, log, routerLog);
    }

    public Engines Engines { get; }

    public KernelSync Kernel { get; }

    public TunnelSet Tunnels { get; }

    public EffectCarrier Carrier { get; }

    /// <summary>IKE's peers and SAs.</summary>
    public ProtectionParts Protection { get; }

    public ConfigApplier Configuration { get; }

    /// <summary>The deadlines of all parts, and how often a part did not keep to them.</summary>
    public DeadlineWatch Deadlines { get; }

    /// <summary>Looks whether the control thread goes on.</summary>
    public StallWatch Stalls { get; }

    /// <summary>The certificates in use.</summary>
    public TrustpointStore Trustpoints { get; }

    /// <summary>The file that all keys are written to; null unless the operator asked for it.</summary>
    public KeyLogFile? KeyLog
    {
        get;
        set
        {
            field = value;
            Engines.Ike.SetKeyLog(value);
        }
    }

    /// <summary>When the daemon was started.</summary>
    public Instant Started { get; private set; }

    /// <summary>The threads that forward packets, for the screens.</summary>
    public WorkerPool WorkerPool => _workers;

    public IEnumerable<Underlay> Underlays => _underlays.Underlays;

    public Instant NextDeadline
    {
        get
        {
            foreach (ControlMailbox mailbox in _workers.Mailboxes.Concat(_workers.IkeMailboxes).Append(Carrier.Events))
            {
                if (!mailbox.IsEmpty) return Instant.Zero;
            }
            return Kernel.WantsResync ? Instant.Zero : Deadlines.NextDeadline;
        }
    }

    /// <summary>Starts workers and netlink. The configuration is applied next, then <see cref="KernelSync.Start"/> reads the kernel's tables.</summary>
    public void Start(Instant now)
    {
        Started = now;
        Kernel.ReadLinks(now);
        _loop.Poller.Add(Kernel.Descriptor, NetlinkToken);
        _workers.Start();
    }

    public void OnReady(ulong token, Instant now)
    {
        if (token == NetlinkToken) Kernel.OnReady(now);
        else if (token >= NamespaceSet.FirstToken) _namespaces.OnReady(token);
    }

    public void OnDeadline(Instant now) => Deadlines.OnDeadline(now);

    public void OnRoundEnd(Instant now)
    {
        bool linksChanged = Kernel.LinksChanged || _namespaces.LinksChanged;
        Kernel.LinksChanged = _namespaces.LinksChanged = false;
        if (linksChanged)
        {
            Tunnels.OnLinksChanged(now);
            _names.OnLinksChanged();
        }
        Kernel.ResyncIfNeeded(now);
        if (linksChanged || _connectedVersion != Engines.Rib.Mirror.ConnectedVersion)
        {
            _connectedVersion = Engines.Rib.Mirror.ConnectedVersion;
            ConnectedPrefixes.Tell(Engines, Kernel, Tunnels, now);
        }
        _defaults.Look(now);
        if (linksChanged) _egress.OnLinks();
        if (_underlayVersion != Engines.Underlay.Version)
        {
            _underlayVersion = Engines.Underlay.Version;
            _egress.OnPeers();
        }
        Carrier.CarryOut(now);
        _workers.BeginWatching();
        SecurityTable security = Engines.Forwarding.Security;
        if (!_devices.HasRetired && !_underlays.HasRetired && !security.HasRetired) return;
        _workers.Wake();
        long seen = _workers.SeenVersion;
        security.FreeRetired(seen);
        _devices.CloseRetired(seen);
        _underlays.CloseRetired(seen);
        _housekeepingAt = Instant.Min(_housekeepingAt, now + TimeSpan.FromMilliseconds(10));
    }

    /// <summary>The orderly end: purges, goodbyes, and all routes taken back.</summary>
    public void Stop(Instant now)
    {
        // FIRST: goodbyes go to the peers that NHRP forgets next.
        Engines.Odr.Withdraw(Engines.OdrOut);
        Carrier.CarryOut(now);
        Engines.Nhrp.Stop(now, Engines.NhrpOut);
        Carrier.CarryOut(now);
        Engines.Rib.Withdraw(Engines.RibOut);
        Carrier.CarryOut(now);
        // LAST: purges and goodbyes go by the SAs that end now.
        Engines.Ike.Stop(now, Engines.IkeOut);
        Carrier.CarryOut(now);
    }

    public void Dispose()
    {
        Stalls.Dispose();
        _names.Dispose();
        Protection.Dispose();
        Trustpoints.Dispose();
        _fetch.Dispose();
        _workers.Stop();
        _namespaces.Dispose();
        _underlays.Dispose();
        _devices.Dispose();
        _workers.Dispose();
        Carrier.Dispose();
        Kernel.Dispose();
    }

    private DeadlineWatch WatchDeadlines(ILogger logger)
    {
        var watch = new DeadlineWatch(_loop.Progress, logger);
        watch.Add("packets", null, now =>
        {
            foreach (ControlMailbox mailbox in _workers.Mailboxes) _mail.Read(mailbox, MessagesPerRound, now);
        });
        watch.Add("IKE messages", null, now =>
        {
            foreach (ControlMailbox mailbox in _workers.IkeMailboxes) _mail.Read(mailbox, IkeMessagesPerRound, now);
        });
        watch.Add("events of SAs", null, now => _mail.Read(Carrier.Events, MessagesPerRound, now));
        Engines.AddTo(watch);
        watch.Add("peers wanted for one packet", () => Protection.Wants.NextDeadline, Protection.Wants.OnDeadline);
        watch.Add("paths in use", () => Protection.Paths.NextDeadline, Protection.Paths.OnDeadline);
        watch.Add("revocation lists", () => Trustpoints.NextDeadline, Trustpoints.OnDeadline);
        watch.Add("tunnels", () => Tunnels.NextDeadline, Tunnels.OnDeadline);
        watch.Add("ways of outer packets", () => _egress.NextDeadline, _egress.OnDeadline);
        watch.Add("path MTUs", () => _pathMtus.NextDeadline, _pathMtus.OnDeadline);
        watch.Add("housekeeping", () => _housekeepingAt, DoHousekeeping);
        return watch;
    }

    private void DoHousekeeping(Instant now)
    {
        if (now < _housekeepingAt) return;
        foreach (TunnelInterface tunnel in Tunnels.All)
        {
            if (Engines.Forwarding.TryGetCounters(tunnel.Id, out TunnelCounters? counters)) tunnel.Rates.Add(counters, now);
        }
        if (now.Since(_lastUsePoll) >= Housekeeping)
        {
            _mail.ReportUse(_lastUsePoll, now);
            _lastUsePoll = now;
            Tunnels.ShareOutFlows(Configuration.Running.Crypto);
        }
        _housekeepingAt = now + Housekeeping;
    }
}
