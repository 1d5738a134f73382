using Dmvpn.Core;
using Dmvpn.Nhrp;
using static Dmvpn.Management.Config.ConfigRow;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>ip nhrp</c> and <c>ipv6 nhrp</c>: the same set for both.</summary>
internal static class NhrpRows
{
    /// <summary>What <c>show running-config</c> prints for a secret.</summary>
    public const string MaskedSecret = "********";

    private const string NbmaOrName = "{nbma=A.B.C.D | nbma=X:X::X | fqdn=FQDN}";

    public static IEnumerable<ConfigRow> For(bool v6)
    {
        yield return ForNhrp(v6, "authentication SECRET(1-8)", "Password in every NHRP packet, the same in the whole network", "none", SetAuthentication,
            (c, _) => c with { Authentication = null },
            c => c.Authentication is null ? [] : [$"authentication {c.Authentication}"]);
        yield return ForNhrp(v6, "authorization {identity | certificate | none}", "What claims to tunnel addresses are checked against: the IKE identity that has the address, its certificate too, or nothing", "identity",
            (c, l) => c with { Authorization = l.Has("certificate") ? NhrpAuthorization.Certificate : l.Has("none") ? NhrpAuthorization.None : NhrpAuthorization.Identity },
            (c, _) => c with { Authorization = NhrpAuthorization.Identity },
            c => c.Authorization switch { NhrpAuthorization.Certificate => ["authorization certificate"], NhrpAuthorization.None => ["authorization none"], _ => [] }) with
        { IsOurOwn = true };
        yield return ForNhrp(v6, "map PROTOMASK NBMA [preference <1-255>]", "Static mapping of a tunnel address (or prefix) to an NBMA address", "",
            (c, l) => c with { Maps = c.Maps.RemoveAll(SameMap(l)).Add(new(l.Prefix("proto", "mask"), l.Address("nbma"), l.Byte("preference", 255))) },
            (c, l) => c with { Maps = c.Maps.RemoveAll(SameMap(l)) },
            c => c.Maps.Select(m => $"map {Prefix(m.Protocol)} {m.Nbma}{Preference(m.Preference)}"),
            noPattern: "map PROTOMASK NBMA [preference <1-255>]");
        yield return ForNhrp(v6, "map multicast NBMA", "Send multicast to this NBMA address", "",
            (c, l) => c.MulticastMaps.Contains(l.Address("nbma")) ? c : c with { MulticastMaps = c.MulticastMaps.Add(l.Address("nbma")) },
            (c, l) => c with { MulticastMaps = c.MulticastMaps.RemoveAll(a => a == l.Address("nbma")) },
            c => c.MulticastMaps.Select(a => $"map multicast {a}"), noPattern: "map multicast NBMA");
        yield return ForNhrp(v6, "map multicast dynamic", "Send multicast to every client that registers", "on",
            (c, _) => c with { MulticastDynamic = true }, (c, _) => c with { MulticastDynamic = false },
            c => c.MulticastDynamic ? [] : ["no map multicast dynamic"], byDefault: (c, _) => c with { MulticastDynamic = true });
        yield return ForNhrp(v6, "network-id <1-4294967295>", "Switches NHRP on; interfaces of one router with the same id form one network", "none: NHRP is off",
            (c, l) => c with { NetworkId = l.UInt32("network-id") }, (c, _) => c with { NetworkId = null },
            c => c.NetworkId is { } id ? [$"network-id {id}"] : []);
        yield return ForNhrp(v6, "holdtime <1-65535>", "Seconds for which others may believe what this router says", "7200",
            (c, l) => c with { HoldTime = l.Seconds("holdtime") }, (c, _) => c with { HoldTime = Defaults.HoldTime },
            c => c.HoldTime == Defaults.HoldTime ? [] : [$"holdtime {Text(c.HoldTime)}"]);
        foreach (ConfigRow row in Nhs(v6)) yield return row;
        yield return ForNhrp(v6, "registration no-unique", "Register so that another NBMA address may take the tunnel address over", "unique",
            (c, _) => c with { RegistrationUnique = false }, (c, _) => c with { RegistrationUnique = true },
            c => c.RegistrationUnique ? [] : ["registration no-unique"]);
        yield return ForNhrp(v6, "registration timeout <1-65535>", "Seconds between registrations", "a third of the hold time",
            (c, l) => c with { RegistrationTimeout = l.Seconds("timeout") }, (c, _) => c with { RegistrationTimeout = null },
            c => c.RegistrationTimeout is { } t ? [$"registration timeout {Text(t)}"] : []);
        yield return ForNhrp(v6, "registration delay <0-10>", "Seconds from the interface coming up to the first registration", "0",
            (c, l) => c with { RegistrationDelay = l.Seconds("delay") }, (c, _) => c with { RegistrationDelay = default },
            c => c.RegistrationDelay == default ? [] : [$"registration delay {Text(c.RegistrationDelay)}"]);
        foreach (ConfigRow row in Behaviour(v6)) yield return row;
    }

    private static IEnumerable<ConfigRow> Nhs(bool v6)
    {
        yield return ForNhrp(v6, $"nhs PROTO [nbma {NbmaOrName} [multicast]] [priority <0-255>] [cluster <0-10>]",
            "A next hop server to register with; priority 0 is best", "",
            AddNhs, (c, l) => c with { Nhss = c.Nhss.RemoveAll(SameNhs(l)) },
            c => c.Nhss.Where(n => !n.Protocol.IsNone).Select(WriteNhs), noPattern: $"nhs PROTO [nbma {NbmaOrName} [multicast]] [priority <0-255>] [cluster <0-10>]");
        yield return ForNhrp(v6, $"nhs dynamic nbma {NbmaOrName} [multicast] [priority <0-255>] [cluster <0-10>]",
            "A next hop server of which only the NBMA address is known", "",
            AddNhs, (c, l) => c with { Nhss = c.Nhss.RemoveAll(SameNhs(l)) },
            c => c.Nhss.Where(n => n.Protocol.IsNone).Select(WriteNhs), noPattern: $"nhs dynamic nbma {NbmaOrName} [multicast] [priority <0-255>] [cluster <0-10>]");
        yield return ForNhrp(v6, "nhs cluster <0-10> max-connections <0-255>", "How many servers of a cluster to be registered with at a time", "all",
            (c, l) => c with { Clusters = c.Clusters.RemoveAll(x => x.Cluster == l.Number("cluster")).Add(new(l.Number("cluster"), l.Number("max-connections"))) },
            (c, l) => c with { Clusters = c.Clusters.RemoveAll(x => x.Cluster == l.Number("cluster")) },
            c => c.Clusters.Select(x => $"nhs cluster {x.Cluster} max-connections {x.MaxConnections}"), noPattern: "nhs cluster <0-10> [max-connections <0-255>]");
        yield return ForNhrp(v6, "nhs fallback <0-60>", "Seconds that a better server must answer before it is used again", "0",
            (c, l) => c with { NhsFallback = l.Seconds("fallback") }, (c, _) => c with { NhsFallback = default },
            c => c.NhsFallback == default ? [] : [$"nhs fallback {Text(c.NhsFallback)}"]);
    }

    private static IEnumerable<ConfigRow> Behaviour(bool v6)
    {
        yield return ForNhrp(v6, "max-send <1-65535> every <10-65535>", "Most NHRP packets to send in an interval of seconds", "10000 every 10",
            (c, l) => c with { MaxSendPackets = l.Number("max-send"), MaxSendInterval = l.Seconds("every") },
            (c, _) => c with { MaxSendPackets = Defaults.MaxSendPackets, MaxSendInterval = Defaults.MaxSendInterval },
            c => c.MaxSendPackets == Defaults.MaxSendPackets && c.MaxSendInterval == Defaults.MaxSendInterval
                ? [] : [$"max-send {c.MaxSendPackets} every {Text(c.MaxSendInterval)}"]);
        yield return ForNhrp(v6, "redirect [timeout <2-30>]", "Tell spokes of shorter ways (hub); seconds between two indications for a flow", "off; timeout 8",
            (c, l) => c with { Redirect = true, RedirectTimeout = l.HasValue("timeout") ? l.Seconds("timeout") : Defaults.RedirectTimeout },
            (c, _) => c with { Redirect = false, RedirectTimeout = Defaults.RedirectTimeout },
            c => !c.Redirect ? [] : [c.RedirectTimeout == Defaults.RedirectTimeout ? "redirect" : $"redirect timeout {Text(c.RedirectTimeout)}"]);
        yield return Flag(v6, "shortcut", "Follow indications of shorter ways (spoke)", true, c => c.Shortcut, (c, on) => c with { Shortcut = on });
        yield return ForNhrp(v6, "summary-map PROTONET {NBMA | resolve} [preference <1-255>]", "Answer for a prefix as a whole, with this NBMA address or (resolve) our own", "",
            (c, l) => c with { SummaryMaps = c.SummaryMaps.RemoveAll(SameSummary(l)).Add(new(l.Prefix("proto", "mask"), l.HasValue("nbma") ? l.Address("nbma") : null, l.Byte("preference", 255))) },
            (c, l) => c with { SummaryMaps = c.SummaryMaps.RemoveAll(SameSummary(l)) },
            c => c.SummaryMaps.Select(m => $"summary-map {m.Prefix} {m.Nbma?.ToString() ?? "resolve"}{Preference(m.Preference)}"),
            noPattern: "summary-map PROTONET [{NBMA | resolve} [preference <1-255>]]");
        yield return ForNhrp(v6, "path preference <1-255>", "Preference of the mappings that this router gives out; 255 is none", "255",
            (c, l) => c with { PathPreference = l.Byte("preference") }, (c, _) => c with { PathPreference = 255 },
            c => c.PathPreference == 255 ? [] : [$"path preference {c.PathPreference}"]);
        yield return Flag(v6, "record", "Ask for the transit NHS records, and look at them to find loops", true, c => c.Record, (c, on) => c with { Record = on });
        yield return ForNhrp(v6, "responder IFNAME", "Interface whose address goes into answers as the responder's", "the tunnel's",
            (c, l) => c with { Responder = l.Text("responder") }, (c, _) => c with { Responder = null }, c => c.Responder is null ? [] : [$"responder {c.Responder}"]);
        yield return ForNhrp(v6, "server-only [non-caching]", "Send no resolution requests of its own; non-caching: keep nothing of what passes", "off",
            (c, l) => c with { ServerOnly = true, NonCaching = l.Has("non-caching") }, (c, _) => c with { ServerOnly = false, NonCaching = false },
            c => !c.ServerOnly ? [] : [c.NonCaching ? "server-only non-caching" : "server-only"]);
        yield return Flag(v6, "cache non-authoritative", "Answer for others from the cache", true, c => c.CacheNonAuthoritative, (c, on) => c with { CacheNonAuthoritative = on });
        yield return ForNhrp(v6, "reject reqid <1-65535>", "Seconds for which a refused request id stays refused", "off",
            (c, l) => c with { RejectHold = l.Seconds("reqid") }, (c, _) => c with { RejectHold = null }, c => c.RejectHold is { } t ? [$"reject reqid {Text(t)}"] : []);
        yield return ForNhrp(v6, "use <1-65535>", "Packets to a destination before it is resolved", "1",
            (c, l) => c with { UseCount = l.Number("use") }, (c, _) => c with { UseCount = 1 }, c => c.UseCount == 1 ? [] : [$"use {c.UseCount}"]);
        yield return ForNhrp(v6, "interest none", "Traffic never triggers a resolution", "all traffic",
            (c, _) => c with { InterestNone = true }, (c, _) => c with { InterestNone = false }, c => c.InterestNone ? ["interest none"] : [], noPattern: "interest [none]");
        yield return Flag(v6, "send-routed", "Resolution requests follow the routing table instead of going to the NHS", false, c => c.SendRouted, (c, on) => c with { SendRouted = on });
    }

    private static NhrpConfig Defaults { get; } = new();

    private static ConfigRow Flag(bool v6, string word, string summary, bool byDefault, Func<NhrpConfig, bool> get, Func<NhrpConfig, bool, NhrpConfig> set) =>
        ForNhrp(v6, word, summary, byDefault ? "on" : "off", (c, _) => set(c, true), (c, _) => set(c, false),
            c => get(c) == byDefault ? [] : [byDefault ? "no " + word : word], byDefault: (c, _) => set(c, byDefault));

    private static NhrpConfig SetAuthentication(NhrpConfig config, ConfigLine line)
    {
        string secret = line.Text("authentication")!;
        if (secret.Trim('*').Length > 0) return config with { Authentication = secret };
        line.Refuse("authentication", "the password is masked: these stars are what 'show running-config' prints", "Write the password itself");
        return config;
    }

    private static Predicate<NhrpStaticMap> SameMap(ConfigLine line)
    {
        IpPrefix prefix = line.Prefix("proto", "mask");
        IpAddress nbma = line.Address("nbma");
        return map => map.Protocol == prefix && map.Nbma == nbma;
    }

    private static Predicate<NhrpSummaryMap> SameSummary(ConfigLine line)
    {
        IpPrefix prefix = line.Prefix("proto", "mask");
        return map => map.Prefix == prefix;
    }

    private static Predicate<NhsConfig> SameNhs(ConfigLine line)
    {
        NhsConfig wanted = ReadNhs(line);
        return nhs => nhs.Protocol == wanted.Protocol && nhs.Nbma == wanted.Nbma && nhs.NbmaName == wanted.NbmaName;
    }

    /// <summary>Keeps the order in which they are printed: those without a tunnel address last.</summary>
    private static NhrpConfig AddNhs(NhrpConfig config, ConfigLine line)
    {
        ValueList<NhsConfig> all = config.Nhss.RemoveAll(SameNhs(line)).Add(ReadNhs(line));
        return config with { Nhss = [.. all.RemoveAll(n => n.Protocol.IsNone), .. all.RemoveAll(n => !n.Protocol.IsNone)] };
    }

    private static NhsConfig ReadNhs(ConfigLine line) => new()
    {
        Protocol = line.Address("proto"),
        Nbma = line.Address("nbma"),
        NbmaName = line.Text("fqdn"),
        Multicast = line.Has("multicast"),
        Priority = line.Byte("priority"),
        Cluster = line.Number("cluster"),
    };

    private static string WriteNhs(NhsConfig nhs)
    {
        string text = nhs.Protocol.IsNone ? "nhs dynamic" : $"nhs {nhs.Protocol}";
        if (nhs.NbmaName is not null) text += $" nbma {nhs.NbmaName}";
        else if (!nhs.Nbma.IsNone) text += $" nbma {nhs.Nbma}";
        if (nhs.Multicast) text += " multicast";
        if (nhs.Priority != 0) text += $" priority {nhs.Priority}";
        if (nhs.Cluster != 0) text += $" cluster {nhs.Cluster}";
        return text;
    }

    private static string Prefix(IpPrefix prefix) =>
        prefix.IsHost ? prefix.Address.ToString() : prefix.IsIPv4 ? $"{prefix.Address} {ConfigText.Mask(prefix.Length)}" : prefix.ToString();

    private static string Preference(byte preference) => preference == 255 ? "" : $" preference {preference}";

    private static string Text(TimeSpan time) => ConfigText.Seconds(time);
}
