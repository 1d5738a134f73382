using Dmvpn.Management.Config;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon;

/// <summary>What a router needs of the system before it can start, said in words that help.</summary>
internal static class StartCheck
{
    private const string ClaimName = "opendmvpn-router";
    private const int LowestIkePort = 500;

    /// <summary>Claims the network namespace for this router, until the claim is disposed of.</summary>
    /// <exception cref="InvalidOperationException">Another one runs in it.</exception>
    public static NamespaceClaim ClaimNamespace() => NamespaceClaim.TryTake(ClaimName, out int holder) ?? throw new InvalidOperationException(
        $"another dmvpn{(holder == 0 ? "" : $" (process {holder})")} runs in this network namespace, and both would answer for the same addresses; "
        + "stop it, or give this one a network namespace of its own (ip netns exec NAME dmvpn run … --socket PATH)");

    /// <summary>Which capabilities the configuration needs and the process has not, and the remedy; null when none is missing.</summary>
    public static string? MissingCapabilities(RouterConfig config)
    {
        IReadOnlyList<string> missing = Capabilities.Missing(Needed(config));
        if (missing.Count == 0) return null;
        string list = string.Join(' ', missing);
        string program = Environment.ProcessPath ?? "dmvpn";
        return $"{string.Join(", ", missing)} {(missing.Count == 1 ? "is" : "are")} missing; run as root, or with 'AmbientCapabilities={list}' in the unit, "
            + $"or give the program its rights: setcap {string.Join(',', missing).ToLowerInvariant()}+ep {program}";
    }

    private static Capability Needed(RouterConfig config)
    {
        Capability needed = Capability.NetAdmin | Capability.NetRaw;
        foreach (TunnelConfig tunnel in config.Tunnels)
        {
            if (tunnel.Protection is not null && Capabilities.FirstFreePort > LowestIkePort) needed |= Capability.NetBindService;
            if (tunnel.UnderlayNamespace is not null) needed |= Capability.SysAdmin;
        }
        return needed;
    }
}
