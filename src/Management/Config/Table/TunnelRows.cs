using Dmvpn.Core;
using Dmvpn.Dataplane;
using static Dmvpn.Management.Config.ConfigRow;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>interface TunnelN</c>, in the order in which IOS prints them.</summary>
internal static class TunnelRows
{
    public static IEnumerable<ConfigRow> All()
    {
        foreach (ConfigRow row in Interface()) yield return row;
        foreach (ConfigRow row in NhrpRows.For(v6: false)) yield return row;
        yield return ForTunnel("ip tcp adjust-mss <500-1460>", "Lower the MSS of TCP connections through the tunnel", "off",
            (t, l) => t with { IpAdjustMss = l.Number("adjust-mss") }, (t, _) => t with { IpAdjustMss = null }, t => Optional("ip tcp adjust-mss", t.IpAdjustMss));
        yield return ForTunnel("delay <1-16777215>", "Tens of microseconds, for routing protocols", "5000",
            (t, l) => t with { Delay = l.UInt32("delay") }, (t, _) => t with { Delay = Defaults.Delay }, t => Unless(t.Delay == Defaults.Delay, $"delay {t.Delay}"));
        yield return ForTunnel("shutdown", "Take the tunnel down", "up", (t, _) => t with { Shutdown = true }, (t, _) => t with { Shutdown = false },
            t => Unless(!t.Shutdown, "shutdown"));
        yield return ForTunnel("keepalive [period=<1-32767> [retries=<1-255>]]", "Ask the other end of a point-to-point tunnel whether it lives: seconds, and how often in vain", "off; 10 3",
            (t, l) => t with { Keepalive = new(TimeSpan.FromSeconds(l.Number("period", 10)), l.Number("retries", 3)) }, (t, _) => t with { Keepalive = null },
            t => t.Keepalive is { } k ? [$"keepalive {ConfigText.Seconds(k.Period)} {k.Retries}"] : []);
        yield return ForTunnel("cdp enable", "Speak CDP over the tunnel: needed for On-Demand Routing", "off", (t, _) => t with { CdpEnabled = true }, (t, _) => t with { CdpEnabled = false },
            t => Unless(!t.CdpEnabled, "cdp enable"));
        foreach (ConfigRow row in IPv6()) yield return row;
        foreach (ConfigRow row in NhrpRows.For(v6: true)) yield return row;
        yield return ForTunnel("ipv6 tcp adjust-mss <40-1454>", "Lower the MSS of TCP connections through the tunnel", "off",
            (t, l) => t with { Ipv6AdjustMss = l.Number("adjust-mss") }, (t, _) => t with { Ipv6AdjustMss = null }, t => Optional("ipv6 tcp adjust-mss", t.Ipv6AdjustMss));
        yield return ForTunnel("if-state nhrp", "The interface is down while no NHS answers", "off", (t, _) => t with { IfStateNhrp = true }, (t, _) => t with { IfStateNhrp = false },
            t => Unless(!t.IfStateNhrp, "if-state nhrp"));
        foreach (ConfigRow row in Transport()) yield return row;
    }

    private static IEnumerable<ConfigRow> Interface()
    {
        yield return ForTunnel("description LINE", "What the tunnel is for", "", (t, l) => t with { Description = l.Text("description") }, (t, _) => t with { Description = null },
            t => t.Description is null ? [] : [$"description {t.Description}"]);
        yield return ForTunnel("bandwidth <1-10000000>", "kbit/s, for routing protocols", "100", (t, l) => t with { Bandwidth = l.UInt32("bandwidth") },
            (t, _) => t with { Bandwidth = Defaults.Bandwidth }, t => Unless(t.Bandwidth == Defaults.Bandwidth, $"bandwidth {t.Bandwidth}"));
        yield return ForTunnel("ip address A.B.C.D mask=MASK [secondary]", "Address of this router in the tunnel's network", "",
            SetAddress, (t, l) => t with { Ipv4Addresses = l.HasValue("address") ? t.Ipv4Addresses.RemoveAll(a => a.Address == l.Address("address")) : [] },
            t => t.Ipv4Addresses.Select(a => $"ip address {a.Address} {ConfigText.Mask(a.Length)}{(a.Secondary ? " secondary" : "")}"));
        yield return ForTunnel("ip mtu <68-9976>", "Largest IPv4 packet inside the tunnel", "1400", (t, l) => t with { IpMtu = l.Number("mtu") },
            (t, _) => t with { IpMtu = Defaults.IpMtu }, t => Unless(t.IpMtu == Defaults.IpMtu, $"ip mtu {t.IpMtu}"));
        yield return ReversePathRow("ip", (t, check) => t with { ReversePathIPv4 = check }, t => t.ReversePathIPv4);
    }

    private static ConfigRow ReversePathRow(string family, Func<TunnelConfig, ReversePath, TunnelConfig> set, Func<TunnelConfig, ReversePath> get)
    {
        string command = $"{family} verify unicast source";
        return ForTunnel($"{command} reachable-via {{rx | any}} [allow-default]", "Drop what comes from where no route leads back: into this tunnel to that peer (rx), or anywhere", "off",
            (t, l) => set(t, new(l.Has("rx") ? ReversePathMode.Rx : ReversePathMode.Any, l.Has("allow-default"))), (t, _) => set(t, default),
            t => Unless(get(t).Mode == ReversePathMode.None, $"{command} reachable-via {(get(t).Mode == ReversePathMode.Rx ? "rx" : "any")}{(get(t).AllowDefault ? " allow-default" : "")}"),
            $"{command} [reachable-via [{{rx | any}} [allow-default]]]");
    }

    private static IEnumerable<ConfigRow> IPv6()
    {
        yield return ForTunnel("ipv6 address X:X::X/nn", "Address of this router in the tunnel's network", "",
            SetAddressV6, (t, l) => t with { Ipv6Addresses = l.HasValue("address") ? t.Ipv6Addresses.RemoveAll(a => a.Address == l.Address("address")) : [] },
            t => t.Ipv6Addresses.Where(a => !a.Address.IsLinkLocal).Select(a => $"ipv6 address {a.Address}/{a.Length}"));
        yield return ForTunnel("ipv6 address X:X::X link-local", "Link-local address of the tunnel", "Linux's choice",
            SetLinkLocal, (t, l) => t with { Ipv6Addresses = t.Ipv6Addresses.RemoveAll(a => a.Address == l.Address("address")) },
            t => t.Ipv6Addresses.Where(a => a.Address.IsLinkLocal).Select(a => $"ipv6 address {a.Address} link-local"), "ipv6 address X:X::X link-local");
        yield return ForTunnel("ipv6 mtu <1280-9976>", "Largest IPv6 packet inside the tunnel", "1400", (t, l) => t with { Ipv6Mtu = l.Number("mtu") },
            (t, _) => t with { Ipv6Mtu = Defaults.Ipv6Mtu }, t => Unless(t.Ipv6Mtu == Defaults.Ipv6Mtu, $"ipv6 mtu {t.Ipv6Mtu}"));
        yield return ReversePathRow("ipv6", (t, check) => t with { ReversePathIPv6 = check }, t => t.ReversePathIPv6);
    }

    private static IEnumerable<ConfigRow> Transport()
    {
        yield return ForTunnel("tunnel source {A.B.C.D | X:X::X | if=IFNAME}", "Outer source: an address, or an interface whose address is followed when it changes", "none",
            (t, l) => t with { Source = new(l.Text("if"), l.Address("source")) }, (t, _) => t with { Source = null },
            t => t.Source is null ? [] : [$"tunnel source {t.Source}"]);
        yield return ForTunnel("tunnel destination {A.B.C.D | X:X::X}", "Outer destination, of point-to-point tunnels", "none",
            (t, l) => t with { Destination = l.Address("destination") }, (t, _) => t with { Destination = IpAddress.None },
            t => Unless(t.Destination.IsNone, $"tunnel destination {t.Destination}"));
        yield return ForTunnel("tunnel mode gre {ip | multipoint [ipv6] | ipv6}", "What carries the packets: GRE to one or to many, over IPv4 or IPv6", "gre ip",
            (t, l) => t with
            {
                Mode = l.Has("multipoint") ? l.Has("ipv6") ? TunnelMode.GreMultipointIPv6 : TunnelMode.GreMultipoint : l.Has("ipv6") ? TunnelMode.GreIPv6 : TunnelMode.GreIp,
            },
            (t, _) => t with { Mode = TunnelMode.GreIp },
            t => t.Mode switch
            {
                TunnelMode.GreMultipoint => ["tunnel mode gre multipoint"],
                TunnelMode.GreIPv6 => ["tunnel mode gre ipv6"],
                TunnelMode.GreMultipointIPv6 => ["tunnel mode gre multipoint ipv6"],
                _ => [],
            }, "tunnel mode [gre {ip | multipoint [ipv6] | ipv6}]");
        yield return ForTunnel("tunnel key <0-4294967295>", "Key of GRE: tells tunnels with one source apart; no secret", "none",
            (t, l) => t with { Key = l.UInt32("key") }, (t, _) => t with { Key = null }, t => t.Key is { } key ? [$"tunnel key {key}"] : []);
        yield return ForTunnel("tunnel vrf WORD", "Network namespace in which the outer packets travel", "the daemon's own", (t, l) => t with { UnderlayNamespace = l.Text("vrf") }, (t, _) => t with { UnderlayNamespace = null },
            t => t.UnderlayNamespace is null ? [] : [$"tunnel vrf {t.UnderlayNamespace}"]);
        yield return ForTunnel("tunnel ttl <1-255>", "TTL of outer packets", "255", (t, l) => t with { Ttl = l.Byte("ttl") }, (t, _) => t with { Ttl = 255 },
            t => Unless(t.Ttl == 255, $"tunnel ttl {t.Ttl}"));
        yield return ForTunnel("tunnel tos <0-255>", "ToS (DSCP and ECN) of outer packets", "copied from the packet inside", (t, l) => t with { Tos = l.Byte("tos") }, (t, _) => t with { Tos = null },
            t => Optional("tunnel tos", t.Tos));
        yield return ForTunnel("tunnel checksum", "Send GRE checksums, and drop what has none", "off", (t, _) => t with { Checksum = true }, (t, _) => t with { Checksum = false },
            t => Unless(!t.Checksum, "tunnel checksum"));
        yield return ForTunnel("tunnel sequence-datagrams", "Send GRE sequence numbers, and drop what comes out of order", "off",
            (t, _) => t with { SequenceDatagrams = true }, (t, _) => t with { SequenceDatagrams = false }, t => Unless(!t.SequenceDatagrams, "tunnel sequence-datagrams"));
        yield return ForTunnel("tunnel path-mtu-discovery [age-timer {<10-30> | infinite}] [min-mtu <92-65535>]", "Do not fragment outer packets; learn what fits: minutes to keep it, least MTU believed", "off; 10, 92",
            (t, l) => t with { PathMtuDiscovery = new(l.Has("infinite") ? null : TimeSpan.FromMinutes(l.Number("age-timer", 10)), l.Number("min-mtu", 92)) },
            (t, _) => t with { PathMtuDiscovery = null }, WritePathMtu);
        yield return ForTunnel("tunnel relay bypass-kernel", "What arrives here and is routed into a tunnel again goes there directly: past nftables, policy routing, queueing and tcpdump", "off: by the kernel",
            (t, _) => t with { RelayBypassKernel = true }, (t, _) => t with { RelayBypassKernel = false }, t => Unless(!t.RelayBypassKernel, "tunnel relay bypass-kernel"), "tunnel relay [bypass-kernel]");
        yield return ForTunnel("tunnel protection ipsec profile WORD(1-127) [shared]", "Protect all packets with IPsec; 'shared' where several tunnels have one source", "none: packets leave in clear text",
            (t, l) => t with { Protection = new(l.Text("profile")!, l.Has("shared")), IsClearTextMeant = false }, WithoutProtection,
            t => t.Protection is { } p ? [$"tunnel protection ipsec profile {p.Profile}{(p.Shared ? " shared" : "")}"] : t.IsClearTextMeant ? ["no tunnel protection ipsec"] : [],
            "tunnel protection [ipsec [profile WORD(1-127) [shared]]]") with
        {
            Default = (builder, line) => builder.ChangeTunnel(t => t with { Protection = null, IsClearTextMeant = false }, line),
        };
    }

    /// <summary>One of the two lines is a mistake when both stand in a file.</summary>
    private static TunnelConfig WithoutProtection(TunnelConfig tunnel, ConfigLine line)
    {
        if (tunnel.Protection is { } protection)
            line.Refuse("", $"this takes the protection away that 'tunnel protection ipsec profile {protection.Profile}' gave {tunnel.Id} above", "Remove one of both lines");
        return tunnel with { Protection = null, IsClearTextMeant = true };
    }

    private static TunnelConfig Defaults { get; } = new() { Id = default };

    private static IEnumerable<string> Unless(bool isDefault, string text) => isDefault ? [] : [text];

    private static IEnumerable<string> Optional(string command, int? value) => value is { } v ? [$"{command} {v}"] : [];

    private static TunnelConfig SetAddress(TunnelConfig tunnel, ConfigLine line)
    {
        var address = new InterfaceAddress(line.Address("address"), line.Number("mask"), line.Has("secondary"));
        if (address.Length == 0 || address.Length < 31 && (address.Address == address.Subnet.Address || address.Address == address.Subnet.Last))
        {
            line.Refuse("address", $"{address.Address} is no host's address in {address.Subnet}", "Take an address between the network's and its broadcast address");
            return tunnel;
        }
        if (address.Address.IsMulticast || address.Address.IsUnspecified || address.Address.IsLoopback)
        {
            line.Refuse("address", $"{address.Address} cannot be an interface's address");
            return tunnel;
        }
        ValueList<InterfaceAddress> others = tunnel.Ipv4Addresses.RemoveAll(a => a.Address == address.Address || !address.Secondary && !a.Secondary);
        return tunnel with { Ipv4Addresses = address.Secondary ? others.Add(address) : [address, .. others] };
    }

    private static TunnelConfig SetAddressV6(TunnelConfig tunnel, ConfigLine line)
    {
        var address = new InterfaceAddress(line.Address("address"), line.Arguments.Prefix("address")!.Value.Length);
        if (address.Address.IsLinkLocal)
        {
            line.Refuse("address", $"{address.Address} is a link-local address", $"Write 'ipv6 address {address.Address} link-local'");
            return tunnel;
        }
        if (address.Address.IsMulticast || address.Address.IsUnspecified || address.Address.IsLoopback)
        {
            line.Refuse("address", $"{address.Address} cannot be an interface's address");
            return tunnel;
        }
        // In the order in which they are printed: the link-local one last.
        ValueList<InterfaceAddress> all = tunnel.Ipv6Addresses;
        return tunnel with
        {
            Ipv6Addresses = [.. all.RemoveAll(a => a.Address.IsLinkLocal || a.Address == address.Address), address, .. all.RemoveAll(a => !a.Address.IsLinkLocal)],
        };
    }

    private static TunnelConfig SetLinkLocal(TunnelConfig tunnel, ConfigLine line)
    {
        IpAddress address = line.Address("address");
        if (!address.IsLinkLocal)
        {
            line.Refuse("address", $"{address} is not a link-local address (fe80::/10)", $"Write 'ipv6 address {address}/64'");
            return tunnel;
        }
        // An interface has one: the new one takes the old one's place, at the end as it is printed.
        return tunnel with { Ipv6Addresses = tunnel.Ipv6Addresses.RemoveAll(a => a.Address.IsLinkLocal).Add(new(address, 64)) };
    }

    private static IEnumerable<string> WritePathMtu(TunnelConfig tunnel)
    {
        if (tunnel.PathMtuDiscovery is not { } pmtu) return [];
        string text = "tunnel path-mtu-discovery";
        if (pmtu.AgeTimer is null) text += " age-timer infinite";
        else if (pmtu.AgeTimer != TimeSpan.FromMinutes(10)) text += $" age-timer {(int)pmtu.AgeTimer.Value.TotalMinutes}";
        if (pmtu.MinMtu != 92) text += $" min-mtu {pmtu.MinMtu}";
        return [text];
    }
}
