using Dmvpn.Lab.Daemons;
using Dmvpn.Lab.Hosts;
using Dmvpn.Lab.Networks;

namespace Dmvpn.Lab.Commands;

/// <summary>
/// What an operator does before the first packet: a CA, a bundle for each site, and at each site <c>dmvpn join</c>. By the program itself, as a user would.
/// </summary>
internal static class Bundles
{
    /// <summary>Makes them all, and returns the configuration of each router.</summary>
    public static async Task<string[]> JoinAllAsync(LabRun run, IReadOnlyList<string> routers)
    {
        string authority = Path.Combine(run.Directory, "ca");
        var hub = new SiteAddresses(0);
        await DmvpnAsync("pki", "init", authority, "--domain", "lab", "--hub", hub.Public, "--hub-tunnel", hub.Tunnel, "--network", "10.255.0.0/24", "--tunnel-key", "100").ConfigureAwait(false);
        var configurations = new string[routers.Count];
        for (int i = 0; i < routers.Count; i++)
        {
            string[] role = i == 0 ? ["--hub-role"] : [];
            await DmvpnAsync(["pki", "issue", authority, routers[i], "--address", new SiteAddresses(i).Tunnel, .. role]).ConfigureAwait(false);
            string bundle = Path.Combine(authority, "bundles", routers[i] + ".dmvpn");
            await DmvpnAsync("join", bundle, "--source", "eth0", "--directory", run.Directory).ConfigureAwait(false);
            configurations[i] = await File.ReadAllTextAsync(Path.Combine(run.Directory, routers[i] + ".ios")).ConfigureAwait(false);
        }

        return configurations;
    }

    private static Task<string> DmvpnAsync(params string[] arguments) => Host.RunAsync(DmvpnDaemon.Binary, arguments);
}
