using Dmvpn.Runtime;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Daemon.Kernel;

/// <summary>
/// The network namespaces that <c>tunnel vrf</c> names, each with its links and addresses followed. The daemon's own is
/// <see cref="KernelSync"/>'s. Control thread only.
/// </summary>
internal sealed class NamespaceSet(KernelSync own, Poller poller) : IDisposable
{
    /// <summary>Poller tokens from here on belong to namespaces.</summary>
    public const ulong FirstToken = 1000;

    private readonly Dictionary<string, Follower> _followers = [];
    private ulong _nextToken = FirstToken;

    /// <summary>Set when links of a namespace changed; the reader clears it.</summary>
    public bool LinksChanged { get; set; }

    /// <summary>The links of a namespace (null: the daemon's own); null when it does not exist.</summary>
    public LinkTable? Links(string? vrf)
    {
        if (vrf is null) return own.Links;
        if (_followers.TryGetValue(vrf, out Follower? follower)) return follower.Links;
        try
        {
            follower = NetworkNamespace.Run(vrf, () => new Follower(this, _nextToken++));
        }
        catch (LinuxException)
        {
            return null;
        }
        _followers.Add(vrf, follower);
        poller.Add(follower.Monitor.Descriptor, follower.Token);
        return follower.Links;
    }

    /// <summary>A namespace's kernel has something to tell.</summary>
    public void OnReady(ulong token)
    {
        foreach (Follower follower in _followers.Values)
        {
            if (follower.Token == token) follower.Monitor.Read(follower);
        }
    }

    public void Dispose()
    {
        foreach (Follower follower in _followers.Values)
        {
            poller.Remove(follower.Monitor.Descriptor);
            follower.Dispose();
        }
        _followers.Clear();
    }

    private sealed class Follower : INetlinkObserver, IDisposable
    {
        private readonly NamespaceSet _set;
        private readonly Rtnetlink _netlink = new();

        // Runs in the namespace: its sockets stay there.
        public Follower(NamespaceSet set, ulong token)
        {
            (_set, Token) = (set, token);
            Links.Read(_netlink);
        }

        public ulong Token { get; }

        public NetlinkMonitor Monitor { get; } = new();

        public LinkTable Links { get; } = new();

        public void OnLink(LinuxLink link, bool removed)
        {
            Links.Apply(link, removed);
            _set.LinksChanged = true;
        }

        public void OnAddress(in LinuxAddress address, bool removed)
        {
            Links.Apply(address, removed);
            _set.LinksChanged = true;
        }

        public void OnRoute(LinuxRoute route, LinuxRouteChange change)
        {
            // The underlay's routes are the kernel's business.
        }

        public void OnResync(ResyncReason reason)
        {
            if (reason != ResyncReason.Overrun) return;
            Links.Read(_netlink);
            _set.LinksChanged = true;
        }

        public void Dispose()
        {
            Monitor.Dispose();
            _netlink.Dispose();
        }
    }
}
