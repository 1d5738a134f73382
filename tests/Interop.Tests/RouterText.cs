using System.Text;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>The IOS configuration of one router of a test: what a person would type, with the addresses of the plan.</summary>
internal sealed record RouterText(SiteAddresses Site)
{
    /// <summary>The NHS, for a spoke; null for a hub.</summary>
    public SiteAddresses? Hub { get; init; }

    /// <summary><c>nhs dynamic</c>: the spoke does not know the hub's tunnel address.</summary>
    public bool IsHubDynamic { get; init; }

    public uint? Key { get; init; } = 42;

    public string? Authentication { get; init; }

    public int HoldTime { get; init; } = 60;

    public bool Unique { get; init; }

    /// <summary><c>ip nhrp redirect</c> on a hub.</summary>
    public bool Redirect { get; init; } = true;

    /// <summary>A spoke that is the hub of others.</summary>
    public bool RegionalHub { get; init; }

    /// <summary>More lines of the interface, each with its indentation.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>The tunnel has IPv6 addresses, and NHRP for them, beside IPv4.</summary>
    public bool Ipv6Over { get; init; }

    /// <summary>GRE travels in IPv6.</summary>
    public bool Ipv6Under { get; init; }

    /// <summary>Phase 1: a point-to-point tunnel to the hub.</summary>
    public bool PointToPoint { get; init; }

    /// <summary>Number of the tunnel interface and third byte of its network less 255, for routers with several.</summary>
    public int Tunnel { get; init; }

    /// <summary>By default 100 and the number of the tunnel.</summary>
    public int? NetworkId { get; init; }

    /// <summary>Tunnel protection; null: GRE in the clear.</summary>
    public ProtectionText? Protection { get; init; }

    /// <summary>Global lines: routes.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];

    /// <summary>Every LAN by the hub: what a phase 3 spoke needs to know.</summary>
    public static IReadOnlyList<string> AllByTheHub => ["ip route 10.1.0.0 255.255.0.0 10.255.0.1", "ipv6 route 2001:db8:0:1000::/60 2001:db8:0:ff00::1"];

    /// <summary>Each LAN by its own spoke: what a hub needs to know, and a phase 2 spoke.</summary>
    public static IReadOnlyList<string> EachByItsOwn(params IEnumerable<SiteAddresses> sites) =>
        [.. sites.Select(s => $"ip route {s.Lan[..^3]} 255.255.255.0 {s.Tunnel}"), .. sites.Select(s => $"ipv6 route {s.Lan6} {s.Tunnel6}")];

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append($"hostname router{Site.Number}\n!\n{Protection}{Interface()}");
        foreach (string line in Lines.Where(l => Ipv6Over || !l.StartsWith("ipv6", StringComparison.Ordinal)))
            text.Append(line).Append('\n');
        return text.Append("end\n").ToString();
    }

    /// <summary>The interface alone, to be put beside another one.</summary>
    public string Interface()
    {
        List<string> lines =
        [
            $"interface Tunnel{Tunnel}", $" ip address {OnTunnel(Site)} 255.255.255.0",
            " ip mtu 1400", $" ip nhrp network-id {NetworkId ?? 100 + Tunnel}", $" ip nhrp holdtime {HoldTime}", " ip nhrp shortcut",
        ];
        Add(lines, Authentication is not null, $" ip nhrp authentication {Authentication}");
        Add(lines, !Unique, " ip nhrp registration no-unique");
        Add(lines, (Hub is null || RegionalHub) && Redirect, " ip nhrp redirect");
        string? nbma = Ipv6Under ? Hub?.Public6 : Hub?.Public;
        Add(lines, Hub is not null, $" ip nhrp nhs {(Hub is null ? "" : IsHubDynamic ? "dynamic" : OnTunnel(Hub))} nbma {nbma} multicast");
        Add(lines, Hub is null, " ip nhrp map multicast dynamic");
        if (Ipv6Over)
        {
            lines.AddRange([$" ipv6 address {Site.Tunnel6}/64", $" ipv6 nhrp network-id {NetworkId ?? 100 + Tunnel}", $" ipv6 nhrp holdtime {HoldTime}", " ipv6 nhrp shortcut"]);
            Add(lines, Authentication is not null, $" ipv6 nhrp authentication {Authentication}");
            Add(lines, !Unique, " ipv6 nhrp registration no-unique");
            Add(lines, Hub is null && Redirect, " ipv6 nhrp redirect");
            Add(lines, Hub is not null, $" ipv6 nhrp nhs {Hub?.Tunnel6} nbma {nbma} multicast");
        }

        lines.AddRange([" tunnel source eth0", $" tunnel mode gre {(PointToPoint ? "" : "multipoint ")}{(Ipv6Under ? "ipv6" : PointToPoint ? "ip" : "")}".TrimEnd()]);
        Add(lines, PointToPoint, $" tunnel destination {nbma}");
        Add(lines, Key is not null, $" tunnel key {Key}");
        Add(lines, Protection is not null, $" tunnel protection ipsec profile {ProtectionText.Profile}");
        lines.AddRange(Extra);
        lines.Add("!");
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>A site's address in this tunnel's network.</summary>
    public string OnTunnel(SiteAddresses site) => site.Tunnel.Replace("10.255.", $"10.{255 - Tunnel}.", StringComparison.Ordinal);

    private static void Add(List<string> lines, bool condition, string line)
    {
        if (condition)
            lines.Add(line);
    }
}
