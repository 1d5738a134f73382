using Dmvpn.Core;
using Dmvpn.Nhrp;

namespace Dmvpn.Management.Config;

/// <summary>Checks of one tunnel's <c>ip nhrp</c> or <c>ipv6 nhrp</c> as a whole.</summary>
internal static class NhrpCheck
{
    private static readonly NhrpConfig Defaults = new();

    public static void Check(TunnelConfig tunnel, NhrpConfig nhrp, bool isIPv6, TunnelCheck check)
    {
        string command = isIPv6 ? "ipv6 nhrp" : "ip nhrp";
        ValueList<InterfaceAddress> addresses = isIPv6 ? tunnel.Ipv6Addresses : tunnel.Ipv4Addresses;
        if (nhrp.NetworkId is null)
        {
            if (check.HasMistake($"{command} network-id") || check.HasMistake($"{command} networkid")) return;
            if (nhrp != Defaults) check.Warn(command, $"NHRP is off on {tunnel.Id}: there is no '{command} network-id'", $"Add '{command} network-id'");
            else if (!isIPv6 && tunnel.IsMultipoint && tunnel.Ipv6Nhrp.NetworkId is null)
                check.Warn("tunnel mode", $"{tunnel.Id} is multipoint without NHRP: it reaches nobody", "Add 'ip nhrp network-id'");
        }
        else if (addresses.Count == 0 && !check.IsAddressRefused)
        {
            check.Warn($"{command} network-id", $"NHRP needs an {(isIPv6 ? "IPv6" : "IPv4")} address on {tunnel.Id}", $"Add '{(isIPv6 ? "ipv6" : "ip")} address'");
        }
        Nbma(tunnel, nhrp, command, check);
        foreach (NhsConfig nhs in nhrp.Nhss) Server(tunnel, nhrp, nhs, command, addresses, check);
        if (nhrp.RegistrationTimeout is { } timeout && timeout >= nhrp.HoldTime)
            check.Warn($"{command} registration timeout", $"registering every {timeout.TotalSeconds:0} s is too seldom: registrations are forgotten after the hold time, {nhrp.HoldTime.TotalSeconds:0} s", "A third of the hold time is usual");
        if (tunnel.IfStateNhrp && !isIPv6 && tunnel.IpNhrp.Nhss.Count == 0 && tunnel.Ipv6Nhrp.Nhss.Count == 0)
            check.Warn("if-state nhrp", $"{tunnel.Id} has no NHS: 'if-state nhrp' would keep it down for ever", "Remove the line: it is for spokes");
    }

    private static void Nbma(TunnelConfig tunnel, NhrpConfig nhrp, string command, TunnelCheck check)
    {
        foreach (NhrpStaticMap map in nhrp.Maps) Family($"{command} map {map.Protocol.Address}", map.Nbma);
        foreach (IpAddress nbma in nhrp.MulticastMaps) Family($"{command} map multicast {nbma}", nbma);
        foreach (NhsConfig nhs in nhrp.Nhss)
            if (!nhs.Nbma.IsNone) Family(nhs.Protocol.IsNone ? $"{command} nhs dynamic" : $"{command} nhs {nhs.Protocol}", nhs.Nbma);

        void Family(string line, IpAddress nbma)
        {
            if (nbma.IsIPv4 == tunnel.IsIPv6Transport)
                check.Refuse(line, $"the NBMA address {nbma} does not fit the tunnel's mode, which is over {(tunnel.IsIPv6Transport ? "IPv6" : "IPv4")}");
            else if (nbma.IsUnspecified || nbma.IsMulticast)
                check.Refuse(line, $"{nbma} cannot be an NBMA address");
        }
    }

    private static void Server(TunnelConfig tunnel, NhrpConfig nhrp, NhsConfig nhs, string command, ValueList<InterfaceAddress> addresses, TunnelCheck check)
    {
        if (nhs.Protocol.IsNone) return;
        string line = $"{command} nhs {nhs.Protocol}";
        if (addresses.Any(a => a.Address == nhs.Protocol))
            check.Warn(line, $"the NHS {nhs.Protocol} is this router itself", "Remove the line: a hub needs none");
        else if (addresses.Count > 0 && !addresses.Any(a => a.Subnet.Contains(nhs.Protocol)))
            check.Warn(line, $"the NHS {nhs.Protocol} is not in the tunnel's network");
        else if (tunnel.IsMultipoint && nhs.Nbma.IsNone && nhs.NbmaName is null && !nhrp.Maps.Any(m => m.Protocol.Contains(nhs.Protocol)))
            check.Warn(line, $"where the NHS {nhs.Protocol} is outside the tunnel is not known", $"Add 'nbma' to the line, or '{command} map {nhs.Protocol} …'");
    }
}
