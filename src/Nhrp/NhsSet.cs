using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>
/// The next hop servers of one interface, and which of them are used: in each cluster the best ones by priority, as many as <c>max-connections</c>
/// says. One that does not answer makes room for the next and goes on being tried; once it answers again, and has done so
/// for the <c>fallback</c> time, the worse one is let go.
/// </summary>
internal sealed class NhsSet(NhrpInterface owner) : Timed<NhrpEffect>
{
    private List<NhsClient> _clients = [];
    private bool _selecting;

    /// <summary>By priority, then in the order of the configuration.</summary>
    public IReadOnlyList<NhsClient> Clients => _clients;

    /// <summary>Takes the configuration's list: servers that are in both lists live on.</summary>
    public void Sync(Instant now, Outbox<NhrpEffect> outbox)
    {
        var clients = new List<NhsClient>();
        foreach (NhsConfig config in owner.Config.Nhss.AsSpan())
        {
            NhsClient? existing = _clients.Find(client => client.Is(config) && !clients.Contains(client));
            existing?.Reconfigure(config);
            clients.Add(existing ?? Make(config));
        }
        foreach (NhsClient gone in _clients)
        {
            if (!clients.Contains(gone)) gone.Deselect(purge: true, now, outbox);
        }
        // Insertion sort: stable, and there are few.
        for (int i = 1; i < clients.Count; i++)
        {
            for (int j = i; j > 0 && clients[j].Config.Priority < clients[j - 1].Config.Priority; j--) (clients[j], clients[j - 1]) = (clients[j - 1], clients[j]);
        }
        _clients = clients;
        Reselect(now, outbox);
    }

    /// <summary>Chooses anew which servers are used.</summary>
    public void Reselect(Instant now, Outbox<NhrpEffect> outbox)
    {
        if (_selecting || !owner.Active) return;
        _selecting = true;
        Instant next = Instant.Never;
        Span<int> used = stackalloc int[256];
        foreach (NhsClient client in _clients.ToArray())
        {
            int cluster = client.Config.Cluster & 255;
            if (used[cluster] < MaximumOf(client.Config.Cluster))
            {
                client.Select(now, outbox);
                if (Counts(client, now, ref next)) used[cluster]++;
            }
            else
            {
                client.Deselect(purge: true, now, outbox);
            }
        }
        _selecting = false;
        owner.Core.Timers.Set(this, next);
        owner.Statics.Sync(now, outbox);
    }

    public void Stop(bool purge, Instant now, Outbox<NhrpEffect> outbox)
    {
        owner.Core.Timers.Set(this, Instant.Never);
        foreach (NhsClient client in _clients) client.Deselect(purge, now, outbox);
    }

    /// <summary>The mapping of the best server: one that answers, else one that is being tried.</summary>
    public NhrpMapping? Best()
    {
        NhrpMapping? tried = null;
        foreach (NhsClient client in _clients)
        {
            if (!client.IsSelected || client.Address.IsUnspecified || owner.Cache.Find(client.Address) is not { Suspended: false } mapping) continue;
            if (client.IsUp) return mapping;
            if (client.Status == NhsStatus.Probing) tried ??= mapping;
        }
        return tried;
    }

    public bool HandleReply(in NhrpArrival arrival, NhrpView view, Instant now, Outbox<NhrpEffect> outbox)
    {
        foreach (NhsClient client in _clients)
        {
            if (client.HandleReply(arrival, view, now, outbox)) return true;
        }
        return false;
    }

    public bool HandleError(in NhrpArrival arrival, uint requestId, NhrpErrorCode code, Instant now)
    {
        foreach (NhsClient client in _clients)
        {
            if (client.HandleError(arrival, requestId, code, now)) return true;
        }
        return false;
    }

    /// <summary>True when the address is that of a server that this router registers with.</summary>
    public bool Uses(IpAddress address)
    {
        foreach (NhsClient client in _clients)
        {
            if (client.IsSelected && client.Address == address) return true;
        }
        return false;
    }

    /// <summary>True when this router is behind NAT and appears outside as <paramref name="address"/>.</summary>
    public bool AppearsAs(IpAddress address)
    {
        foreach (NhsClient client in _clients)
        {
            if (client.IsUp && !client.NatAddress.IsNone && client.NatAddress == address) return true;
        }
        return false;
    }

    public override void OnDeadline(Instant now, Outbox<NhrpEffect> outbox) => Reselect(now, outbox);

    private NhsClient Make(NhsConfig config)
    {
        var made = new NhsClient(owner, config);
        foreach (NhsClient before in _clients) made.TakeAddresses(before);
        return made;
    }

    private bool Counts(NhsClient client, Instant now, ref Instant next)
    {
        if (client.Status == NhsStatus.Down) return false;
        if (client.Status == NhsStatus.Unresolved) return !client.HasFailed;
        if (!client.IsUp || !client.HasFailed) return true;
        Instant proven = client.Since + owner.Config.NhsFallback;
        if (now >= proven) return true;
        next = Instant.Min(next, proven);
        return false;
    }

    private int MaximumOf(int cluster)
    {
        foreach (NhsClusterConfig config in owner.Config.Clusters.AsSpan())
        {
            if (config.Cluster == cluster && config.MaxConnections > 0) return config.MaxConnections;
        }
        return int.MaxValue;
    }
}
