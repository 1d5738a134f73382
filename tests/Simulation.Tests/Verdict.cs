using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Nhrp;
using Dmvpn.Simulation.Tests.Network;

namespace Dmvpn.Simulation.Tests;

/// <summary>What must be true of a network. A failure says the seed, the offenders and the last events.</summary>
internal sealed class Verdict(SimNetwork net)
{
    private readonly Dictionary<SimRouter, (int Fib, int Prefixes)> _baseline = [];

    /// <summary>Every living station is registered at its NHS, with the address where it is now; the dead are forgotten.</summary>
    public void AllRegistered()
    {
        var wrong = new List<string>();
        foreach (SimRouter router in net.Routers)
        {
            if (!router.Running || router.Plan.Nhs is not { } nhs) continue;
            SimRouter server = net.Routers.Find(other => other.Plan == nhs)!;
            if (!server.Nhrp.TryFind(SimRouter.Key, router.Plan.Address, out NhrpCacheEntryState? entry)) wrong.Add($"{router.Plan.Name} is not registered");
            else if (entry.Peer.Address != router.Outside) wrong.Add($"{router.Plan.Name} is registered at {entry.Peer}, but is at {router.Outside}");
            if (!router.Nhrp.TryGetServer(SimRouter.Key, out _, out _)) wrong.Add($"{router.Plan.Name} has no server");
        }
        Check("registration", wrong);
        foreach (SimRouter router in net.Routers)
        {
            if (router.Running && !_baseline.ContainsKey(router)) _baseline.Add(router, (TunnelOf(router).Fib.Count, router.Rib.PrefixCount));
        }
    }

    /// <summary>Nothing of what was sent in the window was lost, and all of it went in one hop.</summary>
    public void AllTalkDirectly()
    {
        var wrong = new List<string>();
        foreach (Conversation conversation in net.Conversations)
        {
            if (conversation.From.Dead || conversation.To.Dead) continue;
            if (conversation.Sent == 0 || conversation.Delivered != conversation.Sent || conversation.Indirect > 0) wrong.Add(conversation.ToString());
        }
        Check("delivery", wrong);
    }

    /// <summary>Nothing of what was sent in the window was lost, whichever way it went.</summary>
    public void AllArrive()
    {
        var wrong = new List<string>();
        foreach (Conversation conversation in net.Conversations)
        {
            if (conversation.Sent == 0 || conversation.Delivered != conversation.Sent) wrong.Add(conversation.ToString());
        }
        Check("delivery", wrong);
    }

    /// <summary>A spoke knows its NHS and those it talks with, and has no more than a shortcut and an answer for each.</summary>
    public void OnlyWhatIsUsed()
    {
        var partners = new Dictionary<SimRouter, HashSet<SimRouter>>();
        foreach (Conversation conversation in net.Conversations)
        {
            if (!partners.TryGetValue(conversation.From, out HashSet<SimRouter>? set)) partners.Add(conversation.From, set = []);
            set.Add(conversation.To);
        }
        var wrong = new List<string>();
        foreach (SimRouter spoke in net.Spokes)
        {
            if (!spoke.Running) continue;
            int talks = partners.GetValueOrDefault(spoke)?.Count ?? 0, adjacencies = TunnelOf(spoke).Adjacencies.Count, entries = spoke.Nhrp.CacheCount(false);
            // For each partner: mapping, shortcut, own LAN's and own address's answer (shared), an open or refused resolution.
            if (adjacencies > 1 + talks || entries > 1 + talks * 3 + 2) wrong.Add($"{spoke.Plan.Name} talks with {talks}, has {adjacencies} adjacencies and {entries} entries: {Entries(spoke)}");
        }
        foreach (SimRouter router in net.Routers)
        {
            if (!router.Running) continue;
            foreach (KeyValuePair<IpPrefix, Adjacency> entry in TunnelOf(router).Adjacencies.Entries())
            {
                SimRouter owner = net.Routers.Find(other => other.Plan.Address == entry.Key.Address)!;
                if (owner.Dead && !owner.Running) wrong.Add($"{router.Plan.Name} has an adjacency of {owner.Plan.Name}, which is dead");
                else if (owner.Outside != entry.Value.Peer.Address) wrong.Add($"{router.Plan.Name} has {owner.Plan.Name} at {entry.Value.Peer}, but it is at {owner.Outside}");
            }
        }
        Check("caches", wrong);
    }

    /// <summary>Registrations, and nothing else.</summary>
    public void NothingIsLeft()
    {
        var wrong = new List<string>();
        foreach (SimRouter router in net.Routers)
        {
            if (!router.Running) continue;
            int served = 0;
            foreach (SimRouter other in net.Routers)
            {
                if (other.Running && other.Plan.Nhs == router.Plan) served++;
            }
            int expected = served + (router.Plan.Nhs is null ? 0 : 1);
            TunnelSnapshot tunnel = TunnelOf(router);
            (int fib, int prefixes) = _baseline[router];
            // Hubs route to those of their spokes that live.
            if (router.Plan.IsHub) (fib, prefixes) = (tunnel.Fib.Count <= fib ? tunnel.Fib.Count : fib, router.Rib.PrefixCount <= prefixes ? router.Rib.PrefixCount : prefixes);
            if (router.Nhrp.CacheCount(false) != expected) wrong.Add($"{router.Plan.Name} has {router.Nhrp.CacheCount(false)} entries, not {expected}: {Entries(router)}");
            if (tunnel.Adjacencies.Count != expected) wrong.Add($"{router.Plan.Name} has {tunnel.Adjacencies.Count} adjacencies, not {expected}");
            if (tunnel.Fib.Count != fib || router.Rib.PrefixCount != prefixes) wrong.Add($"{router.Plan.Name} has {tunnel.Fib.Count} routes by the tunnel, not {fib}; {router.Rib.PrefixCount} prefixes, not {prefixes}");
            NhrpSummaryState summary = router.Nhrp.Summary(false);
            if (summary.Incomplete + summary.Local + summary.Rib > 0) wrong.Add($"{router.Plan.Name} has {summary}");
        }
        Check("leak", wrong);
    }

    private static TunnelSnapshot TunnelOf(SimRouter router)
    {
        Assert.True(router.Forwarding.Current.TryGet(SimRouter.Tunnel, out TunnelSnapshot? tunnel));
        return tunnel;
    }

    private static string Entries(SimRouter router) =>
        string.Join("; ", router.Nhrp.Cache(false).Select(entry => $"{entry.Prefix} via {entry.Via} at {entry.Peer} {entry.Type} {entry.Flags}"));

    private void Check(string what, List<string> wrong)
    {
        if (wrong.Count == 0) return;
        Assert.Fail($"seed {net.Plan.Seed}, {net.Now}, {what}: {wrong.Count} wrong\n{string.Join('\n', wrong.Take(20))}\n\nLast events:\n{net.Trace.Last(60)}");
    }
}
