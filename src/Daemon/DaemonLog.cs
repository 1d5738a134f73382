using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>What the composition itself logs. Event ids 1700-1899: 17xx tunnels, 18xx the daemon.</summary>
internal static partial class DaemonLog
{
    [LoggerMessage(1800, LogLevel.Information, "{version} started, configuration {file}, control socket {socket}", EventName = "Started")]
    public static partial void Started(ILogger logger, string version, string file, string socket);

    [LoggerMessage(1801, LogLevel.Information, "stopping on {reason}", EventName = "Stopping")]
    public static partial void Stopping(ILogger logger, string reason);

    [LoggerMessage(1802, LogLevel.Information, "configured from {file} by {who}: {changes}", EventName = "Configured")]
    public static partial void Configured(ILogger logger, string file, string who, string changes);

    [LoggerMessage(1803, LogLevel.Error, "{file} refused, nothing changed: {errors} errors, first: {first}", EventName = "ConfigRefused")]
    public static partial void ConfigRefused(ILogger logger, string file, int errors, string first);

    [LoggerMessage(1817, LogLevel.Error, "{file} by {who} refused, nothing changed: {loss}; 'dmvpn reload --force' does it", EventName = "NeedsForce")]
    public static partial void NeedsForce(ILogger logger, string file, string who, string loss);

    [LoggerMessage(1804, LogLevel.Warning, "{file}: {message}", EventName = "ConfigWarning")]
    public static partial void ConfigWarning(ILogger logger, string file, string message);

    [LoggerMessage(1811, LogLevel.Information, "{file}: {message}", EventName = "ConfigNote")]
    public static partial void ConfigNote(ILogger logger, string file, string message);

    [LoggerMessage(1812, LogLevel.Warning, "net.ipv4.conf.all.send_redirects is on: Linux tells hosts of better gateways inside the tunnel, which they cannot use (sysctl -w net.ipv4.conf.all.send_redirects=0)", EventName = "RedirectsOn")]
    public static partial void RedirectsOn(ILogger logger);

    [LoggerMessage(1805, LogLevel.Critical, "an event failed; the router goes on without it", EventName = "ControlFailure")]
    public static partial void ControlFailure(ILogger logger, Exception exception);

    [LoggerMessage(1806, LogLevel.Warning, "net.{family}.{setting} is off: packets between the tunnel and other interfaces are not forwarded (sysctl -w {remedy})", EventName = "ForwardingOff")]
    public static partial void ForwardingOff(ILogger logger, string family, string setting, string remedy);

    [LoggerMessage(1830, LogLevel.Critical, "{part} failed ({count} times until now); the router goes on", EventName = "PartFailed")]
    public static partial void PartFailed(ILogger logger, string part, long count, Exception exception);

    [LoggerMessage(1818, LogLevel.Critical, "{part} asks to be served at once again and again ({count} times until now, its deadline is {late:F1} s past); it is served ten times a second only. Please report this", EventName = "DeadlineStuck")]
    public static partial void DeadlineStuck(ILogger logger, string part, double late, long count);

    [LoggerMessage(1819, LogLevel.Critical, "the control thread is held by {step} for {seconds} s: it handles no packet, no command and no deadline until that ends. Please report this", EventName = "ControlStalled")]
    public static partial void ControlStalled(ILogger logger, string step, int seconds);

    [LoggerMessage(1820, LogLevel.Warning, "the control thread goes on, after {seconds} s", EventName = "ControlGoesOn")]
    public static partial void ControlGoesOn(ILogger logger, int seconds);

    [LoggerMessage(1807, LogLevel.Error, "a data-plane worker failed; it goes on", EventName = "WorkerFailure")]
    public static partial void WorkerFailure(ILogger logger, Exception exception);

    [LoggerMessage(1808, LogLevel.Warning, "{operation}: {error}", EventName = "KernelRefused")]
    public static partial void KernelRefused(ILogger logger, string operation, string error);

    [LoggerMessage(1809, LogLevel.Information, "netlink overran; reading all tables again", EventName = "NetlinkOverrun")]
    public static partial void NetlinkOverrun(ILogger logger);

    [LoggerMessage(1810, LogLevel.Critical, "cannot start: {reason}; {remedy}", EventName = "CannotStart")]
    public static partial void CannotStart(ILogger logger, string reason, string remedy);

    [LoggerMessage(1813, LogLevel.Warning, "all keys are written to {file} (--keylog): whoever has that file reads all traffic; run without --keylog, and delete it, when you have seen enough", EventName = "KeysAreLogged")]
    public static partial void KeysAreLogged(ILogger logger, string file);

    [LoggerMessage(1814, LogLevel.Warning, "keys are not written to {file} any more: {error}", EventName = "KeyLogFailed")]
    public static partial void KeyLogFailed(ILogger logger, string file, string error);

    [LoggerMessage(1815, LogLevel.Information, "{source}: a device computes no checksums; ESP in UDP leaves packet by packet from now on", EventName = "OffloadRefused")]
    public static partial void OffloadRefused(ILogger logger, IpAddress source);

    [LoggerMessage(1816, LogLevel.Warning, "'platform workers' is {wanted} now, and {running} threads forward packets until dmvpn is started again (systemctl restart dmvpn)", EventName = "OtherWorkers")]
    public static partial void OtherWorkers(ILogger logger, int wanted, int running);

    [LoggerMessage(1730, LogLevel.Information,
        "packets of tunnels with source {local} leave by {link}, whose address that is, although the kernel prefers another "
        + "interface's route to {prefix}; a policy rule for that source ('ip rule add from {local} lookup TABLE') goes before this",
        EventName = "OwnUplink")]
    public static partial void OwnUplink(ILogger logger, IpAddress local, string link, IpPrefix prefix);

    [LoggerMessage(1710, LogLevel.Warning, "recursive routing: the route to {prefix} by {tunnel} holds {remote}, a peer's own underlay address; packets to it leave by {link}. Keep a route to it outside the tunnel", EventName = "RecursiveRoute")]
    public static partial void RecursiveRoute(ILogger logger, IpPrefix prefix, string tunnel, IpAddress remote, string link);

    [LoggerMessage(1711, LogLevel.Warning, "the default route by {tunnel} is not used: another default route, by {link} with metric {metric}, goes before it; {consequence}. Add routes for your networks ('ip route'), or remove the other default route", EventName = "DefaultLoses")]
    public static partial void DefaultLoses(ILogger logger, string tunnel, string link, uint metric, string consequence);

    [LoggerMessage(EventId = 1720, EventName = "PathNarrow", Message =
        "{tunnel}: packets of {blocked} octets do not get through to {peer}, the longest that do have {mtu}: the path drops fragments, or the ICMP 'fragmentation needed' that should tell. "
        + "Packets to it are held to {inner} octets; set 'ip mtu {inner}' and 'ip tcp adjust-mss {mss}' at both ends")]
    public static partial void PathNarrow(ILogger logger, LogLevel level, TunnelId tunnel, int blocked, string peer, int mtu, int inner, int mss);

    [LoggerMessage(1721, LogLevel.Information, "{tunnel}: packets to {peer} are not held to a narrow path any more", EventName = "PathWide")]
    public static partial void PathWide(ILogger logger, TunnelId tunnel, string peer);

    [LoggerMessage(1722, LogLevel.Warning,
        "GRE with {key} from {peer} is dropped, no tunnel has that: {here}; both ends must have the same (here '{remedy}', or there another)", EventName = "WrongTunnelKey")]
    public static partial void WrongTunnelKey(ILogger logger, string peer, string key, string here, string remedy);

    [LoggerMessage(1723, LogLevel.Warning,
        "GRE with {key} from {peer} to {local} is dropped: {tunnels} has another 'tunnel destination'; correct it, or give the tunnel for this peer a 'tunnel key' of its own at both ends",
        EventName = "UnknownTunnelPeer")]
    public static partial void UnknownTunnelPeer(ILogger logger, string peer, string key, IpAddress local, string tunnels);

    [LoggerMessage(1724, LogLevel.Warning,
        "GRE in clear text from {peer} is dropped, for {tunnels} is protected: 'tunnel protection' is missing at that end", EventName = "ClearTextRefused")]
    public static partial void ClearTextRefused(ILogger logger, string peer, string tunnels);

    [LoggerMessage(1700, LogLevel.Information, "Interface {tunnel}, changed state to {state}", EventName = "TunnelState")]
    public static partial void TunnelState(ILogger logger, TunnelId tunnel, string state);

    [LoggerMessage(1701, LogLevel.Information, "{tunnel}: source is {address} now (was {previous})", EventName = "TunnelSource")]
    public static partial void TunnelSource(ILogger logger, TunnelId tunnel, IpAddress address, IpAddress previous);

    [LoggerMessage(1702, LogLevel.Warning, "{tunnel} is down: {reason}", EventName = "TunnelDown")]
    public static partial void TunnelDown(ILogger logger, TunnelId tunnel, string reason);

    [LoggerMessage(1703, LogLevel.Debug, "{tunnel}: keepalive {state}", EventName = "Keepalive")]
    public static partial void Keepalive(ILogger logger, TunnelId tunnel, string state);

    [LoggerMessage(1712, LogLevel.Warning, "{tunnel}: next hop server {name} cannot be reached: {reason}{where}; check the name and the name servers, it is looked up again every 10 s", EventName = "NameFailed")]
    public static partial void NameFailed(ILogger logger, TunnelId tunnel, string name, string reason, string where);

    [LoggerMessage(1713, LogLevel.Information, "{tunnel}: next hop server {name} is at {addresses}{where}", EventName = "NameFound")]
    public static partial void NameFound(ILogger logger, TunnelId tunnel, string name, string addresses, string where);

    [LoggerMessage(1709, LogLevel.Information, "{tunnel}: the kernel cuts and merges packets of {offloads} only; the others go one by one", EventName = "OffloadsRefused")]
    public static partial void OffloadsRefused(ILogger logger, TunnelId tunnel, TunOffloads offloads);
}
