using Dmvpn.Core;
using Dmvpn.Odr;

namespace Dmvpn.Management.Config;

/// <summary>The rows of the global mode and of <c>router odr</c>.</summary>
internal static class GlobalRows
{
    private const string Levels = "[level=<0-7> | emergencies | alerts | critical | errors | warnings | notifications | informational | debugging]";
    private const string RouteWord = "[distance=<1-255> | name WORD | tag <1-4294967295> | permanent]";
    private const string RouteEnd = $"{RouteWord} {RouteWord} {RouteWord} {RouteWord}";

    /// <summary>What is printed before the interfaces.</summary>
    public static IEnumerable<ConfigRow> Head()
    {
        yield return Router("hostname WORD(1-63)", "Name of this router: in the prompt and in CDP", "Router",
            (r, l) => r with { Hostname = l.Text("hostname")! }, (r, _) => r with { Hostname = Defaults.Hostname },
            r => [$"hostname {r.Hostname}"]);
        yield return Router("platform workers <1-64>", "Threads that forward packets; a change waits for the next start", "one for each core, at most 8",
            (r, l) => r with { Workers = l.Number("workers") }, (r, _) => r with { Workers = null }, r => r.Workers is { } workers ? [$"platform workers {workers}"] : []);
        yield return Logging("logging buffered [size=<4096-2147483647>] " + Levels, "Keep messages for 'show logging': bytes, and the least severity", "65536 debugging",
            (c, l) => c with { BufferSize = l.HasValue("size") ? l.Number("size") : Defaults.Logging.BufferSize, Buffered = Level(l, Defaults.Logging.Buffered) },
            (c, _) => c with { Buffered = null, BufferSize = Defaults.Logging.BufferSize },
            c => WriteBuffered(c));
        yield return Logging("logging console " + Levels, "Messages to standard error from this severity on", "informational",
            (c, l) => c with { Console = Level(l, Defaults.Logging.Console) }, (c, _) => c with { Console = null }, c => WriteLevel("logging console", c.Console, Defaults.Logging.Console));
        yield return Logging("logging trap " + Levels, "Messages to the journal from this severity on", "informational",
            (c, l) => c with { Journal = Level(l, Defaults.Logging.Journal) }, (c, _) => c with { Journal = null }, c => WriteLevel("logging trap", c.Journal, Defaults.Logging.Journal));
        yield return Router("cdp run", "Run CDP, and with it On-Demand Routing", "on", (r, _) => r with { Cdp = r.Cdp with { Enabled = true } },
            (r, _) => r with { Cdp = r.Cdp with { Enabled = false } }, r => r.Cdp.Enabled ? [] : ["no cdp run"]) with
        {
            Default = (b, _) => b.Router = b.Router with { Cdp = b.Router.Cdp with { Enabled = true } },
        };
        yield return Router("cdp timer <5-254>", "Seconds between CDP messages", "60", (r, l) => r with { Cdp = r.Cdp with { Timer = l.Seconds("timer") } },
            (r, _) => r with { Cdp = r.Cdp with { Timer = Defaults.Cdp.Timer } }, r => r.Cdp.Timer == Defaults.Cdp.Timer ? [] : [$"cdp timer {ConfigText.Seconds(r.Cdp.Timer)}"]);
        yield return Router("cdp holdtime <10-255>", "Seconds for which a neighbour keeps what it heard", "180", (r, l) => r with { Cdp = r.Cdp with { HoldTime = l.Seconds("holdtime") } },
            (r, _) => r with { Cdp = r.Cdp with { HoldTime = Defaults.Cdp.HoldTime } },
            r => r.Cdp.HoldTime == Defaults.Cdp.HoldTime ? [] : [$"cdp holdtime {ConfigText.Seconds(r.Cdp.HoldTime)}"]);
        yield return new(ConfigMode.Global, "interface {TUNNEL | IFNAME}", "A tunnel to make; or what the file says of an interface that Linux owns, which is not changed")
        {
            Apply = EnterInterface,
            No = RemoveInterface,
            NoPattern = "interface {TUNNEL | IFNAME}",
        };
    }

    /// <summary>What is printed after the interfaces.</summary>
    public static IEnumerable<ConfigRow> Tail()
    {
        yield return new(ConfigMode.Global, "router odr", "Learn routes from what neighbours say in CDP (hub)")
        {
            Apply = (b, l) =>
            {
                b.Router = b.Router with { Odr = b.Router.Odr ?? new() };
                b.OdrLine ??= l.Source;
                b.Mode = ConfigMode.Odr;
            },
            No = (b, _) => b.Router = b.Router with { Odr = null },
            WriteRouter = r => r.Odr is null ? [] : [.. r.OdrLists, "router odr"],
        };
        foreach (ConfigRow row in OdrMode()) yield return row;
        foreach (ConfigRow row in OdrFilterRows.All()) yield return row;
        yield return new(ConfigMode.Global, "ip route prefix=A.B.C.D mask=MASK {via=A.B.C.D | if=IFNAME [via=A.B.C.D]} " + RouteEnd, "Static route by way of a tunnel")
        {
            Apply = (b, l) => AddRoute(b, l),
            No = (b, l) => RemoveRoute(b, l),
            NoPattern = "ip route prefix=A.B.C.D mask=MASK [{via=A.B.C.D | if=IFNAME [via=A.B.C.D]} " + RouteEnd + "]",
            WriteRouter = r => WriteRoutes(r, v4: true),
        };
        yield return new(ConfigMode.Global, "ipv6 route prefix=X:X::X/nn {via=X:X::X | if=IFNAME [via=X:X::X]} " + RouteEnd, "Static route by way of a tunnel")
        {
            Apply = (b, l) => AddRoute(b, l),
            No = (b, l) => RemoveRoute(b, l),
            NoPattern = "ipv6 route prefix=X:X::X/nn [{via=X:X::X | if=IFNAME [via=X:X::X]} " + RouteEnd + "]",
            WriteRouter = r => WriteRoutes(r, v4: false),
        };
        foreach (string mode in (string[])[ConfigMode.Global, ConfigMode.Tunnel, ConfigMode.LinuxInterface, ConfigMode.Odr])
            yield return new(mode, "exit", "Leave this block") { Apply = (b, _) => b.Mode = ConfigMode.Global };
        yield return new(ConfigMode.Global, "end", "The configuration ends here") { Apply = (b, _) => b.Mode = ConfigMode.Global };
        yield return new(ConfigMode.Tunnel, "end", "The configuration ends here") { Apply = (b, _) => b.Mode = ConfigMode.Global };
    }

    private static IEnumerable<ConfigRow> OdrMode()
    {
        yield return Odr("timers basic update=<1-4294967> invalid=<1-4294967> holddown=<0-4294967> flush=<1-4294967>",
            "Seconds: hellos expected every; routes invalid after; not taken back for; forgotten after", "60 180 0 240",
            (c, l) => c with { Timers = new() { Update = l.Seconds("update"), Invalid = l.Seconds("invalid"), HoldDown = l.Seconds("holddown"), Flush = l.Seconds("flush") } },
            (c, _) => c with { Timers = new() },
            c => c.Timers == new OdrTimersConfig() ? [] :
                [$" timers basic {ConfigText.Seconds(c.Timers.Update)} {ConfigText.Seconds(c.Timers.Invalid)} {ConfigText.Seconds(c.Timers.HoldDown)} {ConfigText.Seconds(c.Timers.Flush)}"]);
        yield return Odr("distance <1-255>", "Administrative distance of the routes learnt", "160",
            (c, l) => c with { Distance = l.Byte("distance") }, (c, _) => c with { Distance = 160 }, c => c.Distance == 160 ? [] : [$" distance {c.Distance}"]);
        yield return Odr("network proto=A.B.C.D [wildcard=A.B.C.D]", "Run on tunnels with an address in this network; on all when none is given", "all",
            (c, l) => Network(l) is { } p && !c.Networks.Contains(p) ? c with { Networks = c.Networks.Add(p) } : c,
            (c, l) => Network(l) is { } p ? c with { Networks = c.Networks.RemoveAll(n => n == p) } : c,
            c => c.Networks.Select(n => $" network {n.Address} {Wildcard(n.Length)}"), "network proto=A.B.C.D [wildcard=A.B.C.D]");
        yield return Odr("passive-interface default", "Offer no default route on any tunnel but those with 'no passive-interface'", "off",
            (c, _) => c with { PassiveByDefault = true }, (c, _) => c with { PassiveByDefault = false, ActiveTunnels = [] },
            c => c.PassiveByDefault ? [" passive-interface default"] : []);
        yield return Odr("passive-interface TUNNEL", "Offer no default route on this tunnel", "",
            (c, l) => c with { PassiveTunnels = With(c.PassiveTunnels, l), ActiveTunnels = Without(c.ActiveTunnels, l) },
            (c, l) => c with { PassiveTunnels = Without(c.PassiveTunnels, l), ActiveTunnels = c.PassiveByDefault ? With(c.ActiveTunnels, l) : c.ActiveTunnels },
            c => c.PassiveTunnels.Select(t => $" passive-interface {t}").Concat(c.ActiveTunnels.Select(t => $" no passive-interface {t}")),
            "passive-interface TUNNEL");

        static ValueList<TunnelId> Without(ValueList<TunnelId> list, ConfigLine line) => list.RemoveAll(t => t.Number == line.Number("passive-interface"));

        static ValueList<TunnelId> With(ValueList<TunnelId> list, ConfigLine line) => Without(list, line).Add(new(line.Number("passive-interface")));
    }

    private static RouterConfig Defaults { get; } = new();

    private static ConfigRow Router(string pattern, string summary, string defaultText, Func<RouterConfig, ConfigLine, RouterConfig> set,
        Func<RouterConfig, ConfigLine, RouterConfig> no, Func<RouterConfig, IEnumerable<string>> write) => new(ConfigMode.Global, pattern, summary)
        {
            DefaultText = defaultText,
            Apply = (b, l) => b.Router = set(b.Router, l),
            No = (b, l) => b.Router = no(b.Router, l),
            WriteRouter = write,
        };

    private static ConfigRow Logging(string pattern, string summary, string defaultText, Func<LoggingConfig, ConfigLine, LoggingConfig> set,
        Func<LoggingConfig, ConfigLine, LoggingConfig> no, Func<LoggingConfig, IEnumerable<string>> write) =>
        Router(pattern, summary, defaultText, (r, l) => r with { Logging = set(r.Logging, l) }, (r, l) => r with { Logging = no(r.Logging, l) }, r => write(r.Logging));

    private static ConfigRow Odr(string pattern, string summary, string defaultText, Func<RouterOdrConfig, ConfigLine, RouterOdrConfig> set,
        Func<RouterOdrConfig, ConfigLine, RouterOdrConfig> no, Func<RouterOdrConfig, IEnumerable<string>> write, string? noPattern = null) => new(ConfigMode.Odr, pattern, summary)
        {
            DefaultText = defaultText,
            Apply = (b, l) => b.Router = b.Router with { Odr = set(b.Router.Odr!, l) },
            No = (b, l) => b.Router = b.Router with { Odr = no(b.Router.Odr!, l) },
            NoPattern = noPattern,
            WriteRouter = r => r.Odr is null ? [] : write(r.Odr),
        };

    private static void EnterInterface(ConfigBuilder builder, ConfigLine line)
    {
        string name = line.Text("interface")!;
        if (Grammar.InterfaceNames.TryTunnel(name, out TunnelId id))
        {
            builder.EnterTunnel(id, line.Source);
            return;
        }
        builder.Mode = ConfigMode.LinuxInterface;
        builder.CurrentLinuxInterface = name;
        if (builder.LinuxInterfaces.Find(name) is not null) return;
        builder.LinuxInterfaces.Set(name, new() { Name = name });
        line.Note($"{name} belongs to Linux: its lines are read and never applied");
    }

    private static void RemoveInterface(ConfigBuilder builder, ConfigLine line)
    {
        string name = line.Text("interface")!;
        if (Grammar.InterfaceNames.TryTunnel(name, out TunnelId id)) builder.RemoveTunnel(id);
        else builder.LinuxInterfaces.Remove(name);
    }

    private static void AddRoute(ConfigBuilder builder, ConfigLine line)
    {
        IpPrefix prefix = line.Prefix("prefix", "mask");
        if (prefix.Address != line.Address("prefix"))
        {
            line.Refuse("prefix", $"{line.Text("prefix")} has bits set behind its mask", $"The network is {prefix.Address}");
            return;
        }
        if (Array.Find(["distance", "name", "tag", "permanent"], word => line.Arguments.Count(word) > 1) is { } twice)
        {
            string what = twice == "distance" ? "the distance" : $"'{twice}'";
            line.Refuse(twice, $"{what} is given twice", "Remove one of both");
            return;
        }
        if (line.Has("permanent")) line.Warn("permanent", "'permanent' has no effect: the route goes when its tunnel goes");
        builder.Routes.Add(new(prefix, line.Text("if"), line.Address("via"), line)
        {
            Distance = line.Byte("distance", 1),
            Tag = line.UInt32("tag"),
            Name = line.Text("name"),
        });
    }

    private static void RemoveRoute(ConfigBuilder builder, ConfigLine line) =>
        builder.Routes.RemoveAll(route => route.Prefix == line.Prefix("prefix", "mask")
            && (!line.HasValue("if") || line.Text("if") == route.Interface) && (!line.HasValue("via") || line.Address("via") == route.NextHop));

    private static IEnumerable<string> WriteRoutes(RouterConfig router, bool v4)
    {
        foreach (StaticRouteConfig route in router.StaticRoutes)
        {
            if (route.Prefix.IsIPv4 != v4) continue;
            string text = v4 ? $"ip route {route.Prefix.Address} {ConfigText.Mask(route.Prefix.Length)}" : $"ipv6 route {route.Prefix}";
            if (route.Discards) text += " Null0";
            if (route.TunnelIsNamed) text += $" {route.Tunnel}";
            if (!route.NextHop.IsNone) text += $" {route.NextHop}";
            if (route.Distance != 1) text += $" {route.Distance}";
            if (route.Name is not null) text += $" name {route.Name}";
            if (route.Tag != 0) text += $" tag {route.Tag}";
            yield return text;
        }
    }

    private static Severity? Level(ConfigLine line, Severity? otherwise)
    {
        if (line.HasValue("level")) return (Severity)line.Number("level");
        int named = Array.FindIndex(ConfigText.SeverityNames, line.Has);
        return named < 0 ? otherwise : (Severity)named;
    }

    private static IEnumerable<string> WriteLevel(string command, Severity? level, Severity? byDefault) =>
        level == byDefault ? [] : [level is { } l ? $"{command} {ConfigText.Severity(l)}" : $"no {command}"];

    private static IEnumerable<string> WriteBuffered(LoggingConfig config)
    {
        if (config.Buffered is not { } level) return ["no logging buffered"];
        string text = "logging buffered";
        if (config.BufferSize != Defaults.Logging.BufferSize) text += $" {config.BufferSize}";
        if (level != Defaults.Logging.Buffered) text += $" {ConfigText.Severity(level)}";
        return text == "logging buffered" ? [] : [text];
    }

    /// <summary>The network with its class's mask, as IOS takes it, or with a wildcard; null (and refused) when that is not contiguous.</summary>
    private static IpPrefix? Network(ConfigLine line)
    {
        uint address = line.Address("proto").ToUInt32();
        int length = address >> 31 == 0 ? 8 : address >> 30 == 2 ? 16 : 24;
        if (address == 0) length = 0;
        if (line.HasValue("wildcard"))
        {
            uint wildcard = line.Address("wildcard").ToUInt32();
            if ((wildcard & wildcard + 1) != 0)
            {
                line.Refuse("wildcard", $"{line.Text("wildcard")} is not a wildcard mask: its zero bits are not contiguous");
                return null;
            }
            length = 32 - System.Numerics.BitOperations.PopCount(wildcard);
        }
        return new(line.Address("proto"), length);
    }

    private static string Wildcard(int length) => IpAddress.FromIPv4(length == 32 ? 0 : uint.MaxValue >> length).ToString();
}
