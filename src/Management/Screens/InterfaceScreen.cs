using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show interfaces [NAME]</c> and <c>show {ip|ipv6} interface brief</c>.</summary>
public static class InterfaceScreen
{
    /// <summary><c>show interfaces</c>.</summary>
    public static string Render(InterfaceState state)
    {
        var text = new ScreenText();
        foreach (InterfaceEntry entry in state.Interfaces) Interface(text, entry);
        return text.ToString();
    }

    /// <summary><c>show ip interface brief</c>.</summary>
    public static string RenderBrief(InterfaceState state)
    {
        var text = new ScreenText().Line("Interface              IP-Address      OK? Method Status                Protocol");
        foreach (InterfaceEntry entry in state.Interfaces)
        {
            string address = entry.Addresses.FirstOrDefault(address => address.Address.IsIPv4)?.Address.ToString() ?? "unassigned";
            string method = entry.Tunnel is null ? "other" : "manual";
            string status = entry.AdministrativelyUp ? entry.LineUp || entry.Tunnel is not null ? "up" : "down" : "administratively down";
            text.Line($"{entry.Name,-22} {address,-15} YES {method,-6} {status,-21} {(entry.LineUp ? "up" : "down"),-8}");
        }

        return text.ToString();
    }

    /// <summary><c>show ipv6 interface brief</c>.</summary>
    public static string RenderIpv6Brief(InterfaceState state)
    {
        var text = new ScreenText();
        foreach (InterfaceEntry entry in state.Interfaces)
        {
            text.Line($"{entry.Name,-22} [{(entry.AdministrativelyUp ? "up" : "administratively down")}/{(entry.LineUp ? "up" : "down")}]");
            List<InterfaceAddress> addresses = [.. entry.Addresses.Where(address => !address.Address.IsIPv4)];
            if (addresses.Count == 0) text.Line("    unassigned");
            foreach (InterfaceAddress address in addresses) text.Line($"    {address.Address.Text()}");
        }

        return text.ToString();
    }

    private static void Interface(ScreenText text, InterfaceEntry entry)
    {
        string line = entry.LineUp || entry.DownReason is null ? "" : $" ({entry.DownReason})";
        text.Line($"{entry.Name} is {(entry.AdministrativelyUp ? "up" : "administratively down")}, line protocol is {(entry.LineUp ? "up" : "down")}{line} ");
        text.Line($"  Hardware is {(entry.Tunnel is null ? "Linux interface" : "Tunnel")}");
        if (entry.Description is { } description) text.Line($"  Description: {description}");
        foreach (InterfaceAddress address in entry.Addresses)
        {
            string kind = !address.Address.IsIPv4 ? "IPv6 address is" : address.Secondary ? "Secondary address" : "Internet address is";
            text.Line($"  {kind} {address.Address.Text()}/{address.Length}");
        }

        text.Line($"  MTU {entry.Mtu} bytes, BW {entry.BandwidthKilobits} Kbit/sec, DLY {entry.DelayMicroseconds} usec, ");
        text.Line($"     reliability 255/255, txload {Load(entry.Output, entry)}/255, rxload {Load(entry.Input, entry)}/255");
        if (entry.Tunnel is { } tunnel) Tunnel(text, entry, tunnel);
        Counters(text, entry);
    }

    private static void Tunnel(ScreenText text, InterfaceEntry entry, TunnelParameters tunnel)
    {
        text.Line("  Encapsulation TUNNEL, loopback not set");
        text.Line(tunnel.KeepaliveSeconds is { } period ? $"  Keepalive set ({period} sec), retries {tunnel.KeepaliveRetries}" : "  Keepalive not set");
        text.Line($"  Tunnel linestate evaluation {(entry.LineUp ? "up" : "down")}");
        string source = tunnel.Source?.Text() ?? "UNKNOWN";
        string from = tunnel.SourceInterface is { } name ? $" ({name})" : "";
        text.Line($"  Tunnel source {source}{from}{(tunnel.Destination is { } destination ? $", destination {destination.Text()}" : "")}");
        text.Line($"  Tunnel protocol/transport {tunnel.Mode.Text()}");
        text.Line($"    {(tunnel.Key is { } key ? $"Key 0x{key:X}" : "Key disabled")}, sequencing {(tunnel.Sequencing ? "enabled" : "disabled")}");
        text.Line($"    Checksumming of packets {(tunnel.Checksum ? "enabled" : "disabled")}");
        text.Line($"  Tunnel TTL {(tunnel.Ttl is { } ttl ? ttl : "copied from inner packet")}{(tunnel.Tos is { } tos ? $", TOS 0x{tos:X2}" : "")}");
        text.Line($"  Path MTU Discovery {(tunnel.PathMtuDiscovery ? "enabled" : "disabled")}");
        text.Line($"  Tunnel transport MTU {tunnel.TransportMtu} bytes");
        if (tunnel.RelayBypassKernel) text.Line($"  Relay between tunnels bypasses the kernel for {Relays(tunnel)}, {entry.Relayed} packets relayed");
        if (tunnel.Vrf.Length > 0) text.Line($"  Tunnel VRF \"{tunnel.Vrf}\"");
        if (tunnel.NetworkId is { } network) text.Line($"  NHRP network-id {network}");
        text.Line(tunnel.Protection is { } profile
            ? $"  Tunnel protection via IPSec (profile \"{profile}\")"
            : "  Tunnel protection is not configured: packets leave in clear text");
    }

    private static string Relays(TunnelParameters tunnel) => (tunnel.RelaysIPv4, tunnel.RelaysIPv6) switch
    {
        (true, true) => "IPv4 and IPv6",
        (true, false) => "IPv4",
        (false, true) => "IPv6",
        _ => "nothing (the kernel does not forward)",
    };

    private static void Counters(ScreenText text, InterfaceEntry entry)
    {
        TrafficCounters input = entry.Input, output = entry.Output;
        text.Line($"  Last input {ScreenFormat.Age(entry.LastInputSeconds)}, output {ScreenFormat.Age(entry.LastOutputSeconds)}, output hang never");
        text.Line($"  Last clearing of \"show interface\" counters {ScreenFormat.Age(entry.CountersClearedSeconds)}");
        text.Line($"  Input queue: 0/0/{input.Dropped}/0 (size/max/drops/flushes); Total output drops: {output.Dropped}");
        text.Line("  Queueing strategy: fair");
        text.Line($"  5 minute input rate {input.BitsPerSecond} bits/sec, {input.PacketsPerSecond} packets/sec");
        text.Line($"  5 minute output rate {output.BitsPerSecond} bits/sec, {output.PacketsPerSecond} packets/sec");
        text.Line($"     {input.Packets} packets input, {input.Bytes} bytes, 0 no buffer");
        text.Line($"     Received {input.Multicasts} broadcasts ({input.Multicasts} IP multicasts)");
        text.Line("     0 runts, 0 giants, 0 throttles ");
        text.Line($"     {input.Errors} input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored, 0 abort");
        text.Line($"     {output.Packets} packets output, {output.Bytes} bytes, 0 underruns");
        text.Line($"     {output.Multicasts} broadcasts ({output.Multicasts} IP multicasts)");
        text.Line($"     {output.Errors} output errors, 0 collisions, 0 interface resets");
        if (entry.Tunnel is not null) text.Line($"     {PlatformScreen.Mean(input.Packets, input.Batches)} packets in a batch of input, {PlatformScreen.Mean(output.Packets, output.Batches)} in one of output");
        foreach (DropEntry drop in entry.Drops) text.Line($"     {drop.Count} dropped, {drop.Engine} {drop.Reason}");
    }

    /// <summary>Rate in 255ths of the bandwidth, at least 1, as IOS counts it.</summary>
    private static long Load(TrafficCounters counters, InterfaceEntry entry) =>
        entry.BandwidthKilobits <= 0 ? 1 : Math.Clamp(counters.BitsPerSecond * 255 / (entry.BandwidthKilobits * 1000), 1, 255);
}
