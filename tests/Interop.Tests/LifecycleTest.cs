using System.Diagnostics;
using System.Text.Json;
using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Interop.Tests;

/// <summary>A hub and spokes that are looked at while they live on: how old what they know is.</summary>
public abstract class LifecycleTest : OursTest
{
    private protected static SiteAddresses Hub { get; } = new(0);

    private protected static string SpokeText(int number, RouterText? like = null) =>
        ((like ?? new RouterText(new SiteAddresses(number))) with { Site = new SiteAddresses(number), Hub = Hub, Lines = RouterText.AllByTheHub }).ToString();

    /// <summary>How long ago the entry of a cache was made; null when there is none.</summary>
    private protected static async Task<long?> AgeAsync(DmvpnDaemon router, string address)
    {
        JsonElement cache = await router.ShowJsonAsync("ip", "nhrp");
        foreach (JsonElement entry in cache.GetProperty("entries").EnumerateArray())
        {
            if (entry.GetProperty("target").GetString() == address + "/32")
                return entry.GetProperty("createdSeconds").GetInt64();
        }

        return null;
    }

    /// <summary>Waits until an entry is old enough to be told from a new one, and looks whether it still is the same later.</summary>
    private protected static async Task<Func<Task<bool>>> RememberAsync(DmvpnDaemon router, string address)
    {
        const int Old = 2;
        await EventuallyAsync($"{router.Name} has had {address} for {Old} s", Soon, async () => await AgeAsync(router, address) >= Old);
        long begin = Stopwatch.GetTimestamp();
        return async () => await AgeAsync(router, address) is { } age && age >= Old - 1 + (long)Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private protected static async Task<bool> IsLineUpAsync(DmvpnDaemon router, string tunnel = "Tunnel0") =>
        (await router.ShowAsync("interfaces", tunnel)).Contains("line protocol is up", StringComparison.Ordinal);

    private protected static async Task<bool> HasDeviceAsync(NetNamespace node, string device) =>
        (await node.TryRunAsync("ip", "link", "show", "dev", device)).Succeeded;

    private protected static async Task<bool> HasShortcutAsync(Site from, Site to) =>
        (await from.Node.IpAsync("route show " + to.Addresses.Lan)).Contains("via " + to.Addresses.Tunnel, StringComparison.Ordinal);
}
