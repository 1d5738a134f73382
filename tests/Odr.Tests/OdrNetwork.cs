using Dmvpn.Core;

namespace Dmvpn.Odr.Tests;

/// <summary>
/// Routers on one multipoint tunnel in virtual time. Packets arrive at once; routers are told apart by their last octet: tunnel 10.0.0.N (10.N/16),
/// NBMA 172.16.0.N. The hub's multicast goes to all others, a spoke's to the hub.
/// </summary>
internal sealed class OdrNetwork
{
    public static readonly TunnelId Tunnel = new(0);
    private readonly SortedDictionary<int, Router> _routers = [];

    public Instant Now { get; private set; } = Instant.FromSeconds(1000);

    public Router this[int number] => _routers[number];

    /// <summary>What was carried, newest last: "S2 -> H 180" (time to live).</summary>
    public List<string> Log { get; } = [];

    public Router Add(int number, OdrConfig config, params string[] connected)
    {
        var router = new Router(number);
        _routers[number] = router;
        router.Engine.OnTunnel(Tunnel, true, Now, router.Outbox);
        router.Engine.OnConnectedPrefixes([.. connected.Select(text => IpPrefix.Parse(text))], Now, router.Outbox);
        router.Engine.Apply(config, Now, router.Outbox);
        Carry();
        return router;
    }

    /// <summary>The router is gone without a word.</summary>
    public void Crash(int number) => _routers.Remove(number);

    public void Do(int number, Action<OdrInstance, Instant, Outbox<OdrEffect>> action)
    {
        action(_routers[number].Engine, Now, _routers[number].Outbox);
        Carry();
    }

    public void Advance(TimeSpan span)
    {
        Instant end = Now + span;
        while (true)
        {
            Instant next = Instant.Never;
            foreach (Router router in _routers.Values) next = Instant.Min(next, router.Engine.NextDeadline);
            if (next > end) break;
            if (next > Now) Now = next;
            foreach (Router router in _routers.Values)
            {
                if (router.Engine.NextDeadline > Now) continue;
                router.Engine.OnDeadline(Now, router.Outbox);
                Assert.True(router.Engine.NextDeadline > Now, "a deadline lies in the future after it was served");
            }
            Carry();
        }
        Now = end;
    }

    public static NbmaPeer Nbma(int number) => new(IpAddress.FromIPv4(0xAC10_0000 | (uint)number));

    public static IpAddress Address(int number) => IpAddress.FromIPv4(0x0A00_0000 | (uint)number);

    public static OdrConfig Hub(RouterOdrConfig? router = null, int number = 1) => Config(number) with { Router = router ?? new RouterOdrConfig() };

    public static OdrConfig Stub(int number) => Config(number);

    private static OdrConfig Config(int number) => new()
    {
        Cdp = new CdpConfig { DeviceId = number == 1 ? "H" : $"S{number}" },
        Tunnels = [new CdpTunnelConfig { Tunnel = Tunnel, Enabled = true, IsMultipoint = true, Addresses = [Address(number)] }],
    };

    private void Carry()
    {
        for (bool isBusy = true; isBusy;)
        {
            isBusy = false;
            foreach (Router from in _routers.Values.ToArray())
            {
                OdrEffect[] effects = from.Outbox.Effects.ToArray();
                byte[][] packets = [.. effects.Select(effect => from.Outbox.Bytes(effect.Packet).ToArray())];
                from.Outbox.Clear();
                for (int i = 0; i < effects.Length; i++)
                {
                    isBusy = true;
                    if (effects[i].Kind == OdrEffectKind.Transmit) Deliver(from, effects[i], packets[i]);
                    else from.Take(effects[i]);
                }
            }
        }
    }

    private void Deliver(Router from, OdrEffect effect, byte[] packet)
    {
        foreach (Router to in _routers.Values)
        {
            bool isAddressed = effect.Peer is { } peer ? peer == Nbma(to.Number) : from.Number == 1 || to.Number == 1;
            if (to == from || !isAddressed) continue;
            Log.Add($"{from.Number} -> {to.Number} {packet[1]}");
            to.Engine.HandleCdp(new OdrArrival(Tunnel, Nbma(from.Number), Address(from.Number)) { IsServer = from.Number == 1 }, packet, Now, to.Outbox);
        }
    }

    internal sealed class Router(int number)
    {
        private readonly HashSet<string> _routes = [];

        public int Number { get; } = number;

        public OdrInstance Engine { get; } = new(new SeededRandom((ulong)number));

        public Outbox<OdrEffect> Outbox { get; } = new();

        /// <summary>What the RIB would have: "192.168.2.0/24 via 10.0.0.2 [160/1]".</summary>
        public string[] Routes => [.. _routes.Order(StringComparer.Ordinal)];

        public void Take(OdrEffect effect)
        {
            string key = $"{effect.Prefix} via {effect.NextHop} ";
            int removed = _routes.RemoveWhere(route => route.StartsWith(key, StringComparison.Ordinal));
            if (effect.Kind == OdrEffectKind.LearnRoute) Assert.True(_routes.Add($"{key}[{effect.Distance}/{effect.Metric}]"));
            else Assert.Equal(1, removed); // Nothing is taken back that was not said.
        }
    }
}
