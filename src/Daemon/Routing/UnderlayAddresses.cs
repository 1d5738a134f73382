using Dmvpn.Core;

namespace Dmvpn.Daemon.Routing;

/// <summary>What uses an underlay address.</summary>
/// <param name="Tunnel">The tunnel.</param>
/// <param name="NextHop">The tunnel address whose mapping leads there; <see cref="IpAddress.None"/>: the tunnel's own source.</param>
internal readonly record struct UnderlayUse(TunnelId Tunnel, IpAddress NextHop = default);

/// <summary>
/// The addresses on the underlay that are in use: of tunnel sources, by tunnel, and of peers, by mapping. Each use is remembered
/// under what uses it, so that an address counts until its last use ends. Control thread only.
/// </summary>
internal sealed class UnderlayAddresses : IUnderlayAddresses
{
    private readonly Dictionary<UnderlayUse, IpAddress> _uses = [];
    private readonly Dictionary<IpAddress, int> _counts = [];
    private readonly SortedSet<IpAddress> _sorted = [];
    private readonly HashSet<IpAddress> _new = [];

    /// <summary>How many addresses are in use.</summary>
    public int Count => _sorted.Count;

    /// <summary>What <paramref name="use"/> stands for uses this address now, in place of another. True when nothing else did.</summary>
    public bool Set(UnderlayUse use, IpAddress address)
    {
        if (_uses.TryGetValue(use, out IpAddress before))
        {
            if (before == address) return false;
            Release(before);
        }
        _uses[use] = address;
        Version++;
        _new.Add(address);
        int count = _counts.GetValueOrDefault(address);
        _counts[address] = count + 1;
        return _sorted.Add(address);
    }

    /// <summary>The use has ended; nothing happens when there was none.</summary>
    public void Remove(UnderlayUse use)
    {
        if (!_uses.Remove(use, out IpAddress address)) return;
        Version++;
        Release(address);
    }

    /// <summary>Counts up whenever an address or a use of one changed.</summary>
    public int Version { get; private set; }

    /// <summary>The addresses that were set since the last call.</summary>
    public IReadOnlyList<IpAddress> TakeNew()
    {
        if (_new.Count == 0) return [];
        IpAddress[] taken = [.. _new];
        _new.Clear();
        return taken;
    }

    /// <summary>The peers, each with the source that its tunnel sends from. The same pair may come several times.</summary>
    public IEnumerable<(IpAddress Local, IpAddress Remote)> Pairs()
    {
        foreach ((UnderlayUse use, IpAddress remote) in _uses)
        {
            if (!use.NextHop.IsNone && _uses.TryGetValue(new UnderlayUse(use.Tunnel), out IpAddress local)) yield return (local, remote);
        }
    }

    /// <inheritdoc/>
    public bool TryFindWithin(IpPrefix prefix, out IpAddress address)
    {
        // The lowest address not below the prefix is inside, or none is.
        SortedSet<IpAddress> inside = _sorted.GetViewBetween(prefix.Address, prefix.Last);
        address = inside.Min;
        return !address.IsNone && prefix.Contains(address);
    }

    private void Release(IpAddress address)
    {
        int left = _counts[address] - 1;
        if (left > 0)
        {
            _counts[address] = left;
            return;
        }
        _counts.Remove(address);
        _sorted.Remove(address);
    }
}
