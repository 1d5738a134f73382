using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Management.Api;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon.Screens;

/// <summary>
/// <c>show interfaces</c>, <c>show adjacency</c>, <c>show drops</c>. The data path's counters only rise; what <c>clear counters</c> saw is
/// subtracted here. Control thread only.
/// </summary>
internal sealed class InterfaceScreens(Router router)
{
    private readonly Dictionary<TunnelId, Baseline> _baselines = [];

    public InterfaceState Interfaces(ScreenQuery query, Instant now)
    {
        var interfaces = new List<InterfaceEntry>();
        foreach (TunnelInterface tunnel in router.Tunnels.All)
        {
            if (Wanted(tunnel.Id.ToString(), query)) interfaces.Add(Entry(tunnel, now));
        }
        if (query.Tunnel is not null) return new InterfaceState { Interfaces = interfaces };
        foreach (LinuxLink link in router.Kernel.Links.Links.OrderBy(static l => l.Name, StringComparer.Ordinal))
        {
            if (!router.Kernel.IsTunnel(link.Index) && Wanted(link.Name, query)) interfaces.Add(Entry(link));
        }
        return new InterfaceState { Interfaces = interfaces };
    }

    public AdjacencyState Adjacencies(ScreenQuery query)
    {
        var entries = new List<AdjacencyEntry>();
        foreach (TunnelSnapshot tunnel in router.Engines.Forwarding.Current.Tunnels)
        {
            if (!query.Matches(tunnel.Config.Tunnel)) continue;
            var uses = new Dictionary<IpAddress, int>();
            foreach (KeyValuePair<IpPrefix, FibEntry> route in tunnel.Fib.Entries())
            {
                foreach (IpAddress hop in route.Value.NextHops) uses[hop] = uses.GetValueOrDefault(hop) + 1;
            }
            foreach (KeyValuePair<IpPrefix, Adjacency> entry in tunnel.Adjacencies.Entries())
            {
                if (query.Matches(entry.Key)) entries.Add(Entry(tunnel, entry.Value, uses.GetValueOrDefault(entry.Key.Address)));
            }
            if (tunnel.PointToPoint is { } other) entries.Add(Entry(tunnel, other, tunnel.Fib.Count));
        }
        return new AdjacencyState { Entries = entries };
    }

    public DropState Drops(ScreenQuery query)
    {
        var drops = new List<DropEntry>();
        foreach (TunnelInterface tunnel in router.Tunnels.All)
        {
            if (query.Matches(tunnel.Id)) drops.AddRange(DropsOf(tunnel.Id));
        }
        if (query.Tunnel is null)
        {
            foreach (Underlay underlay in router.Underlays) Add("dataplane", underlay.Drops.NonZero());
            Add("nhrp", router.Engines.Nhrp.Drops.NonZero());
            Add("nhrp", router.Engines.Nhrp.Malformed.NonZero());
            Add("odr", router.Engines.Odr.Drops.NonZero());
            Add("odr", router.Engines.Odr.MalformedPackets.NonZero());
            Add("rib", router.Engines.Rib.Drops.NonZero());
            Add("ike", router.Engines.Ike.Drops.NonZero());
            Add("ike", router.Engines.Ike.Malformed.NonZero());
            Add("control", router.Deadlines.NonZero());
            if (router.Stalls.Stalls > 0) Add("control", [new KeyValuePair<string, long>("Stall", router.Stalls.Stalls)]);
        }
        return new DropState { Drops = drops };

        void Add(string engine, IEnumerable<KeyValuePair<string, long>> counts)
        {
            foreach (KeyValuePair<string, long> count in counts) drops.Add(new DropEntry { Engine = engine, Reason = count.Key, Count = count.Value });
        }
    }

    public int ClearCounters(string? name, Instant now)
    {
        int cleared = 0;
        foreach (TunnelInterface tunnel in router.Tunnels.All)
        {
            if (name is not null && !string.Equals(name, tunnel.Id.ToString(), StringComparison.OrdinalIgnoreCase)) continue;
            if (!router.Engines.Forwarding.TryGetCounters(tunnel.Id, out TunnelCounters? counters)) continue;
            _baselines[tunnel.Id] = Baseline.Of(counters, now);
            cleared++;
        }
        if (name is null)
        {
            // What could be given to no tunnel.
            foreach (Underlay underlay in router.Underlays) underlay.Drops.Clear();
        }
        return cleared;
    }

    private static bool Wanted(string name, ScreenQuery query) =>
        (query.Interface is null || string.Equals(query.Interface, name, StringComparison.OrdinalIgnoreCase))
        && (query.Tunnel is null || query.Tunnel.Value.ToString() == name);

    private InterfaceEntry Entry(TunnelInterface tunnel, Instant now)
    {
        router.Engines.Forwarding.TryGetCounters(tunnel.Id, out TunnelCounters? counters);
        counters ??= new TunnelCounters();
        Baseline baseline = _baselines.GetValueOrDefault(tunnel.Id) ?? Baseline.None;
        IReadOnlyList<DropEntry> drops = DropsOf(tunnel.Id);
        long dropped(string direction) => drops.Where(d => d.Reason.StartsWith(direction, StringComparison.Ordinal)).Sum(static d => d.Count);
        return new InterfaceEntry
        {
            Name = tunnel.Id.ToString(),
            AdministrativelyUp = !tunnel.Config.Shutdown,
            LineUp = tunnel.LineUp,
            DownReason = tunnel.DownReason,
            Description = tunnel.Config.Description,
            Addresses = [.. tunnel.Addresses.Select(static a => new InterfaceAddress(a.Address, a.Length, a.Secondary))],
            Mtu = tunnel.Mtu,
            BandwidthKilobits = tunnel.Config.Bandwidth,
            DelayMicroseconds = tunnel.Config.Delay * 10L,
            LastInputSeconds = Ago(counters.LastInput, now),
            LastOutputSeconds = Ago(counters.LastOutput, now),
            CountersClearedSeconds = baseline.At is { } at ? NhrpScreens.Seconds(now.Since(at)) : null,
            Input = new TrafficCounters
            {
                Packets = counters.PacketsIn - baseline.PacketsIn,
                Batches = counters.BatchesIn - baseline.BatchesIn,
                Bytes = counters.BytesIn - baseline.BytesIn,
                Multicasts = counters.MulticastIn - baseline.MulticastIn,
                Dropped = dropped("In"),
                Errors = counters.ErrorsIn - baseline.ErrorsIn,
                BitsPerSecond = (long)tunnel.Rates.BitsInPerSecond,
                PacketsPerSecond = (long)tunnel.Rates.PacketsInPerSecond,
            },
            Relayed = counters.PacketsRelayed - baseline.Relayed,
            Output = new TrafficCounters
            {
                Packets = counters.PacketsOut - baseline.PacketsOut,
                Batches = counters.BatchesOut - baseline.BatchesOut,
                Bytes = counters.BytesOut - baseline.BytesOut,
                Multicasts = counters.MulticastOut - baseline.MulticastOut,
                Dropped = dropped("Out"),
                Errors = counters.ErrorsOut - baseline.ErrorsOut,
                BitsPerSecond = (long)tunnel.Rates.BitsOutPerSecond,
                PacketsPerSecond = (long)tunnel.Rates.PacketsOutPerSecond,
            },
            Drops = drops,
            Tunnel = Parameters(tunnel),
        };
    }

    /// <summary>What a tunnel is configured to be.</summary>
    internal static TunnelParameters Parameters(TunnelInterface tunnel) => new()
    {
        Mode = DmvpnScreen.Mode(tunnel.Config.Mode),
        Source = NhrpScreens.Some(tunnel.Source),
        SourceInterface = tunnel.Config.Source?.Interface,
        Destination = tunnel.Config.IsMultipoint ? null : NhrpScreens.Some(tunnel.Config.Destination),
        Vrf = tunnel.Config.UnderlayNamespace ?? "",
        Key = tunnel.Config.Key,
        Sequencing = tunnel.Config.SequenceDatagrams,
        Checksum = tunnel.Config.Checksum,
        Ttl = tunnel.Config.Ttl,
        Tos = tunnel.Config.Tos,
        TransportMtu = tunnel.Mtu,
        PathMtuDiscovery = tunnel.Config.PathMtuDiscovery is not null,
        RelayBypassKernel = tunnel.Config.RelayBypassKernel,
        RelaysIPv4 = tunnel.Relays.IPv4,
        RelaysIPv6 = tunnel.Relays.IPv6,
        KeepaliveSeconds = (int?)tunnel.Config.Keepalive?.Period.TotalSeconds,
        KeepaliveRetries = tunnel.Config.Keepalive?.Retries ?? 0,
        Protection = tunnel.Config.Protection?.Profile,
        NetworkId = tunnel.Config.IpNhrp.NetworkId ?? tunnel.Config.Ipv6Nhrp.NetworkId,
    };

    private InterfaceEntry Entry(LinuxLink link) => new()
    {
        Name = link.Name,
        AdministrativelyUp = link.IsUp,
        LineUp = link.IsRunning,
        Addresses = [.. router.Kernel.Links.Addresses(link.Index).Select(static a => new InterfaceAddress(a.Address, a.PrefixLength, (a.Flags & AddressFlags.Secondary) != 0))],
        Mtu = link.Mtu,
    };

    private static AdjacencyEntry Entry(TunnelSnapshot tunnel, Adjacency adjacency, int references) => new()
    {
        Tunnel = tunnel.Config.Tunnel,
        Address = adjacency.NextHop.Address,
        Nbma = adjacency.Peer.Address,
        Association = adjacency.Peer.Association,
        References = references,
        OutputPackets = adjacency.PacketsOut,
        OutputBytes = adjacency.BytesOut,
    };

    private List<DropEntry> DropsOf(TunnelId id)
    {
        var drops = new List<DropEntry>();
        if (!router.Engines.Forwarding.TryGetCounters(id, out TunnelCounters? counters)) return drops;
        Baseline? baseline = _baselines.GetValueOrDefault(id);
        foreach (KeyValuePair<string, long> count in counters.Drops.NonZero())
        {
            long since = count.Value - (baseline?.Drops.GetValueOrDefault(count.Key) ?? 0);
            if (since > 0) drops.Add(new DropEntry { Engine = "dataplane", Tunnel = id, Reason = count.Key, Count = since });
        }
        return drops;
    }

    private static long? Ago(Instant at, Instant now) => at == Instant.Zero ? null : NhrpScreens.Seconds(now.Since(at));

    private sealed record Baseline(
        Instant? At, long PacketsIn, long BytesIn, long MulticastIn, long ErrorsIn, long PacketsOut, long BytesOut, long MulticastOut, long ErrorsOut,
        Dictionary<string, long> Drops)
    {
        public static readonly Baseline None = new(null, 0, 0, 0, 0, 0, 0, 0, 0, []);

        public long BatchesIn { get; private init; }

        public long BatchesOut { get; private init; }

        public long Relayed { get; private init; }

        public static Baseline Of(TunnelCounters c, Instant now) => new(
            now, c.PacketsIn, c.BytesIn, c.MulticastIn, c.ErrorsIn, c.PacketsOut, c.BytesOut, c.MulticastOut, c.ErrorsOut, new(c.Drops.NonZero()))
        {
            BatchesIn = c.BatchesIn,
            BatchesOut = c.BatchesOut,
            Relayed = c.PacketsRelayed,
        };
    }
}
