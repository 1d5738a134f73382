using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>A network of our own routers: a hub and spokes, each with a LAN host.</summary>
public abstract class OursTest : NetworkTest
{
    /// <summary>TTL of an answer between two LAN hosts that two routers have passed on.</summary>
    protected const int Direct = 62;

    /// <summary>... and of one that the hub has passed on too.</summary>
    protected const int ByTheHub = 61;

    private protected Site[] Sites { get; set; } = [];

    private protected DmvpnDaemon[] Routers { get; set; } = [];

    /// <summary>Makes sites and starts a router at each; <paramref name="configure"/> changes what all of them are told.</summary>
    private protected async Task BuildAsync(int spokes, Func<RouterText, RouterText>? configure = null, int behindNat = 0)
    {
        var plan = Enumerable.Range(0, spokes + 1).Select(i => new SiteAddresses(i)).ToArray();
        Sites = new Site[plan.Length];
        for (int i = 0; i < plan.Length; i++)
            Sites[i] = await Internet.AddSiteAsync(i == 0 ? "hub" : $"spoke{i}", i, behindNat: i > 0 && i == behindNat);
        Routers = await Task.WhenAll(Enumerable.Range(0, plan.Length).Select(i =>
        {
            RouterText text = i == 0
                ? new RouterText(plan[0]) { Lines = RouterText.EachByItsOwn(plan.Skip(1)) }
                : new RouterText(plan[i]) { Hub = plan[0], Lines = RouterText.AllByTheHub };
            return StartAsync(Sites[i], (configure?.Invoke(text) ?? text).ToString());
        }));
    }

    private protected async Task AllRegisteredAsync()
    {
        foreach (Site spoke in Sites.Skip(1))
            await EventuallyAsync($"{spoke.Name} registered", Soon, () => Routers[0].IsUpAsync(spoke.Addresses.Tunnel));
    }

    private protected Task<PingResult> PingAsync(int from, int to, string options = "-c 1 -W 1") =>
        Sites[from].LanHost.PingAsync(Sites[to].Addresses.LanHost, options);

    /// <summary>Talks until the answers come directly, and shows that the requests go directly too.</summary>
    private protected async Task BecomesDirectAsync(int from, int to)
    {
        await EventuallyAsync($"answers from site {to} to site {from} come directly", Soon, async () =>
            (await PingAsync(from, to, "-c 3 -i 0.2 -W 1")).LastHopLimit == Direct);
        await EventuallyAsync($"requests from site {from} to site {to} go directly", Soon, async () =>
            (await PingAsync(from, to, "-c 1 -W 1 -t 2")).Replies is [{ From: var hop }, ..] && hop != Sites[0].Addresses.Tunnel);
    }
}
