using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>
/// The names of next hop servers (<c>nhs … nbma NAME</c>): each is looked up in the network namespace of its tunnel's source, NHRP hears
/// of every result, and the log of what changes: a name that has no address, and its addresses when it has. Control thread only.
/// </summary>
internal sealed class ServerNames : IDisposable
{
    private readonly Engines _engines;
    private readonly TunnelSet _tunnels;
    private readonly ILogger _logger;
    private readonly NameResolver _resolver;
    private readonly Dictionary<(TunnelId Tunnel, string Name), string> _said = [];
    private HashSet<WatchedName> _watched = [];

    /// <summary>Names are looked up by the system's resolver.</summary>
    public ServerNames(Engines engines, TunnelSet tunnels, Action<Action<Instant>> post, ILogger logger)
        : this(engines, tunnels, logger, deliver => new NameResolver(result => post(now => deliver(result, now))))
    {
    }

    /// <summary>The same with another resolver, which is given what takes its results.</summary>
    public ServerNames(Engines engines, TunnelSet tunnels, ILogger logger, Func<Action<NameResolution, Instant>, NameResolver> makeResolver)
    {
        (_engines, _tunnels, _logger) = (engines, tunnels, logger);
        _resolver = makeResolver(OnResolved);
    }

    /// <summary>NHRP wants the addresses of a name for a tunnel.</summary>
    public void Ask(TunnelId tunnel, string name)
    {
        var wanted = new WatchedName(_tunnels.TryGet(tunnel, out TunnelInterface? there) ? there.Config.UnderlayNamespace : null, name);
        _watched.Add(wanted);
        _resolver.Watch(wanted);
    }

    /// <summary>Looks up no more what the configuration does not name any more.</summary>
    public void Keep(RouterConfig config)
    {
        var wanted = new HashSet<WatchedName>();
        var said = new HashSet<(TunnelId, string)>();
        foreach (TunnelConfig tunnel in config.Tunnels)
        {
            foreach (NhsConfig nhs in tunnel.IpNhrp.Nhss.Concat(tunnel.Ipv6Nhrp.Nhss))
            {
                if (nhs.NbmaName is not { } name) continue;
                wanted.Add(new WatchedName(tunnel.UnderlayNamespace, name));
                said.Add((tunnel.Id, name));
            }
        }
        foreach (WatchedName name in _watched)
        {
            if (!wanted.Contains(name)) _resolver.Unwatch(name);
        }
        _watched.IntersectWith(wanted);
        foreach ((TunnelId, string) gone in _said.Keys.Where(key => !said.Contains(key)).ToArray()) _said.Remove(gone);
    }

    /// <summary>Links or addresses changed: name servers may answer now that did not.</summary>
    public void OnLinksChanged() => _resolver.RetryFailed();

    /// <inheritdoc/>
    public void Dispose() => _resolver.Dispose();

    private void OnResolved(NameResolution result, Instant now)
    {
        if (!_watched.Contains(result.Name)) return;
        foreach (TunnelInterface tunnel in _tunnels.All)
        {
            if (tunnel.Config.UnderlayNamespace != result.Name.Namespace) continue;
            if (Names(tunnel.Config, result.Name.Name)) Say(tunnel, result);
            foreach (bool ipv6 in (ReadOnlySpan<bool>)[false, true])
            {
                _engines.Nhrp.OnNameResolved(
                    new NhrpInterfaceKey(tunnel.Id, ipv6), result.Name.Name, result.Addresses.AsSpan(), NameResolver.Refresh, now, _engines.NhrpOut);
            }
        }
    }

    private static bool Names(TunnelConfig tunnel, string name) =>
        tunnel.IpNhrp.Nhss.Concat(tunnel.Ipv6Nhrp.Nhss).Any(nhs => nhs.NbmaName == name);

    /// <summary>One line for each change: a name that has been wrong for a day is not said again every ten seconds.</summary>
    private void Say(TunnelInterface tunnel, in NameResolution result)
    {
        bool ipv6 = tunnel.Config.IsIPv6Transport;
        string addresses = string.Join(", ", result.Addresses.Where(address => address.IsIPv6 == ipv6).OrderBy(static address => address));
        string? failure = result.Failure ?? (addresses.Length > 0 ? null : $"it has no {(ipv6 ? "IPv6" : "IPv4")} address");
        string what = failure ?? addresses;
        if (_said.TryGetValue((tunnel.Id, result.Name.Name), out string? before) && before == what) return;
        _said[(tunnel.Id, result.Name.Name)] = what;
        string where = result.Name.Namespace is { } space ? $" (looked up in network namespace {space})" : "";
        if (failure is not null) DaemonLog.NameFailed(_logger, tunnel.Id, result.Name.Name, failure, where);
        else DaemonLog.NameFound(_logger, tunnel.Id, result.Name.Name, addresses, where);
    }
}
