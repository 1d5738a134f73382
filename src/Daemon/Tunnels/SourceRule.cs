using Dmvpn.Core;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Management.Config;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>Which address a tunnel sends from now, or why it has none.</summary>
internal static class SourceRule
{
    /// <summary>Why the line of a tunnel with <c>shutdown</c> is down.</summary>
    public const string AdministrativelyDown = "administratively down";

    public static IpAddress Find(TunnelConfig config, LinkTable? links, out string? whyNot)
    {
        whyNot = null;
        if (config.Shutdown) whyNot = AdministrativelyDown;
        else if (config.Source is null) whyNot = "no tunnel source";
        else if (links is null) whyNot = $"network namespace {config.UnderlayNamespace} does not exist";
        else if (!config.IsMultipoint && config.Destination.IsNone) whyNot = "no tunnel destination";
        if (whyNot is not null) return IpAddress.None;

        if (config.Source!.Interface is { } name)
        {
            IpAddress found = links!.SourceOf(name, config.IsIPv6Transport);
            if (found.IsNone) whyNot = links.Link(name) is null ? $"source interface {name} does not exist"
                : links.Link(name)!.IsUp ? $"source interface {name} has no {(config.IsIPv6Transport ? "IPv6" : "IPv4")} address"
                : $"source interface {name} is down";
            return found;
        }
        IpAddress address = config.Source.Address;
        if (links!.LinkWith(address) is not { } link) whyNot = $"source address {address} is on no interface";
        else if (!link.IsUp) whyNot = $"interface {link.Name} of source address {address} is down";
        return whyNot is null ? address : IpAddress.None;
    }
}
