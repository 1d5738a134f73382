using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>
/// Checks of the file as a whole: what no single line shows. Refused is what cannot work or would disturb another tunnel;
/// what IOS takes and what merely looks wrong is a warning.
/// </summary>
internal static class ConfigCheck
{
    /// <summary>What Ethernet carries; outer packets above it are fragmented.</summary>
    internal const int UnderlayMtu = 1500;

    /// <summary>IFNAMSIZ of Linux without the end: longer names can only be alternative ones.</summary>
    private const int LinuxNameLength = 15;

    public static void Check(RouterConfig config, ConfigBuilder builder)
    {
        foreach (TunnelConfig tunnel in config.Tunnels)
        {
            var check = new TunnelCheck(tunnel, builder);
            Transport(tunnel, check);
            Addresses(tunnel, check);
            Sizes(tunnel, check);
            NhrpCheck.Check(tunnel, tunnel.IpNhrp, isIPv6: false, check);
            NhrpCheck.Check(tunnel, tunnel.Ipv6Nhrp, isIPv6: true, check);
        }
        TunnelPairs.Check(config, builder);
        CryptoCheck.Check(config, builder);
        if (config.Odr is not null && builder.OdrLine is { } line && !config.Tunnels.Any(t => t.CdpEnabled))
            builder.Findings.Add(line.Finding(FindingKind.Warning, 0, 0, "'router odr' learns nothing: no tunnel has 'cdp enable'", "Add 'cdp enable' to the tunnel, here and on the spokes"));
    }

    private static void Transport(TunnelConfig tunnel, TunnelCheck check)
    {
        if (tunnel.Source is null)
        {
            if (!tunnel.Shutdown) check.Lacks("tunnel source", $"{tunnel.Id} has no source", "Add 'tunnel source' with an interface or an address of this machine");
        }
        else
        {
            if (tunnel.Source.Interface is null && tunnel.Source.Address.IsIPv4 == tunnel.IsIPv6Transport)
                check.Refuse("tunnel source", $"{tunnel.Source.Address} does not fit the tunnel's mode, which is over {(tunnel.IsIPv6Transport ? "IPv6" : "IPv4")}",
                    tunnel.IsIPv6Transport ? "Take an IPv6 address, or a mode over IPv4" : "Take an IPv4 address, or 'tunnel mode gre multipoint ipv6'");
            if (tunnel.Source.Interface == tunnel.Id.ToString())
                check.Refuse("tunnel source", "the tunnel is its own source", "Name the interface that the outer packets leave by");
            if (tunnel.Source.Interface is { } name && (name.Length > LinuxNameLength || InterfaceNames.IsIos(name)))
                check.Note("tunnel source", $"no interface of Linux is called {name} by itself", $"Give it this name besides its own: ip link property add dev eth0 altname {name}");
        }
        if (tunnel.IsMultipoint)
        {
            if (!tunnel.Destination.IsNone) check.Refuse("tunnel destination", "a multipoint tunnel has no destination", "Remove 'tunnel destination', or 'multipoint' from the mode");
            if (tunnel.Keepalive is not null) check.Warn("keepalive", "keepalives are for point-to-point tunnels: none are sent", "Remove the line; NHRP's registrations show who lives");
        }
        else if (tunnel.Destination.IsNone)
        {
            if (!tunnel.Shutdown && !check.HasMistake("tunnel mode")) check.Lacks("tunnel destination", $"{tunnel.Id} is point-to-point and has no destination", "Add 'tunnel destination', or 'tunnel mode gre multipoint'");
        }
        else if (tunnel.Destination.IsIPv4 == tunnel.IsIPv6Transport)
        {
            check.Refuse("tunnel destination", $"{tunnel.Destination} does not fit the tunnel's mode, which is over {(tunnel.IsIPv6Transport ? "IPv6" : "IPv4")}");
        }
    }

    private static void Addresses(TunnelConfig tunnel, TunnelCheck check)
    {
        if (tunnel.Ipv4Addresses.Count > 0 && !tunnel.Ipv4Addresses.Any(a => !a.Secondary))
            check.Refuse("ip address", "there is a secondary address and no primary one", "Remove 'secondary' from one of them");
        if (tunnel.Ipv4Addresses.Count == 0 && tunnel.Ipv6Addresses.Count == 0 && !tunnel.Shutdown && !check.IsAddressRefused)
            check.Warn("", $"{tunnel.Id} has no address: nothing can be routed into it", "Add 'ip address' or 'ipv6 address'");
    }

    /// <summary>Lengths of what is put in front of a packet: the IP header and GRE's.</summary>
    internal static (int Outer, int Gre) Headers(TunnelConfig tunnel) =>
        (tunnel.IsIPv6Transport ? 40 : 20, 4 + (tunnel.Key is null ? 0 : 4) + (tunnel.Checksum ? 4 : 0) + (tunnel.SequenceDatagrams ? 4 : 0));

    private static void Sizes(TunnelConfig tunnel, TunnelCheck check)
    {
        (int outer, int gre) = Headers(tunnel);
        int overhead = outer + gre;
        if (tunnel.Protection is null && tunnel.IpMtu + overhead > UnderlayMtu)
            check.Warn("ip mtu", $"packets of {tunnel.IpMtu} bytes become {tunnel.IpMtu + overhead} outside, more than Ethernet's {UnderlayMtu}", $"Take {UnderlayMtu - overhead} or less, unless the underlay carries more");
        if (tunnel.IpAdjustMss is { } mss && mss + 40 > tunnel.IpMtu)
            check.Warn("ip tcp adjust-mss", $"an MSS of {mss} makes packets of {mss + 40} bytes, more than the tunnel's {tunnel.IpMtu}", $"Take {tunnel.IpMtu - 40} or less");
        if (tunnel.Ipv6AdjustMss is { } mss6 && mss6 + 60 > tunnel.Ipv6Mtu)
            check.Warn("ipv6 tcp adjust-mss", $"an MSS of {mss6} makes packets of {mss6 + 60} bytes, more than the tunnel's {tunnel.Ipv6Mtu}", $"Take {tunnel.Ipv6Mtu - 60} or less");
    }
}

/// <summary>Where a check of one tunnel complains.</summary>
internal sealed class TunnelCheck(TunnelConfig tunnel, ConfigBuilder builder)
{
    /// <summary>Refuses the file because of the last line that begins with <paramref name="command"/>; of the stanza when that is empty.</summary>
    public void Refuse(string command, string reason, string remedy = "") => Add(FindingKind.Error, command, reason, remedy);

    /// <summary>Refuses the file because a line is missing, unless the tunnel has that line and it is wrong.</summary>
    public void Lacks(string command, string reason, string remedy)
    {
        if (!HasMistake(command) && !builder.OtherTunnels.Contains(tunnel.Id)) Refuse("", reason, remedy);
    }

    /// <summary>True when a wrong line of the tunnel is this command.</summary>
    public bool HasMistake(string command) => builder.Mistakes.In(tunnel.Id, command);

    /// <summary>True when there is an address, and it is refused or wrong.</summary>
    public bool IsAddressRefused => builder.WithoutAddress.Contains(tunnel.Id) || builder.Mistakes.In(tunnel.Id, "ip address", "ipv6 address");

    public void Warn(string command, string reason, string remedy = "") => Add(FindingKind.Warning, command, reason, remedy);

    public void Note(string command, string reason, string remedy = "") => Add(FindingKind.Note, command, reason, remedy);

    private void Add(FindingKind kind, string command, string reason, string remedy) =>
        builder.Findings.Add(builder.LineOf(tunnel.Id, command).Finding(kind, 0, 0, reason, remedy));
}
