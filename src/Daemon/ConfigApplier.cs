using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Logging;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Management.Config;
using Dmvpn.Pki;
using Dmvpn.Rib;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>
/// Takes configurations into use: the difference to the running one is computed, and only what is in it is touched. What can fail (making
/// devices) is done first, so that a configuration is applied as a whole or not at all. Control thread only.
/// </summary>
internal sealed class ConfigApplier(
    Engines engines, TunnelSet tunnels, EffectCarrier carrier, ITunnelDevices devices, IKernelPort kernel, ServerNames names, TrustpointStore trustpoints, int workers, RouterLog log, ILogger logger)
{
    /// <summary>The running configuration.</summary>
    public RouterConfig Running { get; private set; } = new();

    /// <summary>When it was loaded.</summary>
    public Instant LoadedAt { get; private set; }

    /// <summary>Takes a validated configuration into use.</summary>
    /// <returns>What changed, one line each; null with <paramref name="failure"/> when the kernel refused a device: nothing has changed then.</returns>
    public IReadOnlyList<string>? Apply(RouterConfig config, Instant now, out string failure)
    {
        failure = "";
        ConfigDiff diff = ConfigDiff.Compute(Running, config);
        if (!trustpoints.TryLoad(config.Crypto, out IReadOnlyDictionary<string, Trustpoint> loaded, out failure)) return null;
        if (!TryCreateDevices(diff, out List<ITunnelDevice> made, out failure))
        {
            trustpoints.Discard(loaded);
            return null;
        }
        SayGoodbyes(diff, now);
        IReadOnlyList<string> renewed = trustpoints.Use(config.Crypto, loaded, now);
        // BEFORE the tunnels: their protected sources name its profiles.
        engines.Ike.TryApply(config.Crypto, loaded, now, engines.IkeOut);
        foreach (TunnelId removed in diff.TunnelsRemoved) tunnels.Remove(removed, now);
        foreach (TunnelChange change in diff.TunnelsChanged) tunnels.Change(change, now);
        for (int i = 0; i < made.Count; i++) tunnels.Add(diff.TunnelsAdded[i], made[i], now);
        tunnels.ShareOutFlows(config.Crypto);
        Running = config;
        LoadedAt = now;
        engines.Rib.Apply(RibConfigOf(config), now, engines.RibOut);
        engines.Odr.Apply(config.ForOdr(ProductVersion.Text), now, engines.OdrOut);
        ConnectedPrefixes.Tell(engines, kernel, tunnels, now);
        names.Keep(config);
        if (diff.LoggingChanged) ApplyLogging(config.Logging);
        if (config.WorkersInForce != workers) DaemonLog.OtherWorkers(logger, config.WorkersInForce, workers);
        return [.. ConfigChanges.Describe(diff), .. renewed];
    }

    /// <summary>
    /// Tunnels that go, are shut down or get another protection say their last words by what they still have: these are sent BEFORE
    /// anything changes.
    /// </summary>
    private void SayGoodbyes(ConfigDiff diff, Instant now)
    {
        var leaving = new List<TunnelId>();
        foreach (TunnelId removed in diff.TunnelsRemoved)
        {
            if (tunnels.BeginGoodbye(removed, "removed")) leaving.Add(removed);
        }
        foreach (TunnelChange change in diff.TunnelsChanged)
        {
            if (GoodbyeReason(change) is { } reason && tunnels.BeginGoodbye(change.New.Id, reason)) leaving.Add(change.New.Id);
        }
        if (leaving.Count == 0) return;
        // Goodbyes of CDP go to the peers that NHRP forgets in the next step.
        foreach (TunnelId tunnel in leaving) engines.Odr.Withdraw(tunnel, engines.OdrOut);
        carrier.CarryOut(now);
        foreach (TunnelId tunnel in leaving) tunnels.SayGoodbye(tunnel, now);
        carrier.CarryOut(now);
    }

    private static string? GoodbyeReason(TunnelChange change) =>
        change.New.Shutdown && !change.Old.Shutdown ? SourceRule.AdministrativelyDown
        : (change.Aspects & TunnelAspects.Protection) != 0 ? "its protection changes"
        : null;

    private bool TryCreateDevices(ConfigDiff diff, out List<ITunnelDevice> made, out string failure)
    {
        made = [];
        failure = "";
        foreach (TunnelConfig tunnel in diff.TunnelsAdded)
        {
            try
            {
                made.Add(devices.Create(tunnel.Id));
            }
            catch (LinuxException e)
            {
                failure = $"interface {tunnel.Id} cannot be made: {e.Error}"
                    + (e.Error.Number == Errno.Busy ? "; another program has a device of that name, perhaps another dmvpn" : "");
                DaemonLog.KernelRefused(logger, $"make {tunnel.Id}", e.Error.ToString());
                foreach (ITunnelDevice device in made) devices.Discard(device);
                return false;
            }
        }
        return true;
    }

    private static RibConfig RibConfigOf(RouterConfig config)
    {
        var routes = new List<StaticRoute>();
        foreach (StaticRouteConfig route in config.StaticRoutes)
            routes.Add(new StaticRoute(route.Prefix, route.NextHop, route.Discards ? RibInterface.Null : RibInterface.Of(route.Tunnel), route.Distance, route.Name, route.Tag));
        return new RibConfig { StaticRoutes = [.. routes] };
    }

    private void ApplyLogging(LoggingConfig logging)
    {
        Severity? level = log.IsJournal ? logging.Journal : logging.Console;
        log.ConfigureLevels(ToLevel(level), ToLevel(logging.Buffered));
        log.Buffer.Resize(Math.Max(100, logging.BufferSize / AverageLineLength));
    }

    // The size is in bytes as on IOS; lines of DMVPN routers have about this length.
    private const int AverageLineLength = 128;

    private static LogLevel ToLevel(Severity? severity) => severity switch
    {
        null => LogLevel.None,
        <= Severity.Critical => LogLevel.Critical,
        Severity.Errors => LogLevel.Error,
        Severity.Warnings => LogLevel.Warning,
        Severity.Notifications or Severity.Informational => LogLevel.Information,
        _ => LogLevel.Debug,
    };
}
