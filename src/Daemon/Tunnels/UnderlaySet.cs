using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>One tunnel source: a local address in a network namespace (null: the daemon's own).</summary>
internal readonly record struct UnderlayKey(string? Vrf, IpAddress Address);

/// <summary>
/// The tunnel sources in use, each with its sockets. Tunnels with the same source share one. A source that nobody uses any more is
/// closed when all workers have moved on to a snapshot without it. Control thread only.
/// </summary>
internal sealed class UnderlaySet(IUnderlayFactory factory) : IDisposable
{
    private readonly Dictionary<UnderlayKey, Entry> _entries = [];
    private readonly List<(Entry Entry, long Version)> _retired = [];

    /// <summary>The source, opened when nobody had it. A failure leaves nothing behind.</summary>
    /// <exception cref="LinuxException">The socket cannot be made or bound.</exception>
    public Underlay Acquire(UnderlayKey key)
    {
        if (!_entries.TryGetValue(key, out Entry? entry)) _entries.Add(key, entry = new Entry(factory.Open(key)));
        entry.Users++;
        return entry.Source.Underlay;
    }

    /// <summary>A tunnel does not use the source any more.</summary>
    public void Release(UnderlayKey key, long publishedAfter)
    {
        if (!_entries.TryGetValue(key, out Entry? entry) || --entry.Users > 0) return;
        _entries.Remove(key);
        _retired.Add((entry, publishedAfter));
    }

    /// <summary>Closes what no worker can touch any more.</summary>
    public void CloseRetired(long seenByAllWorkers)
    {
        for (int i = _retired.Count - 1; i >= 0; i--)
        {
            if (_retired[i].Version >= seenByAllWorkers) continue;
            _retired[i].Entry.Source.Dispose();
            _retired.RemoveAt(i);
        }
    }

    /// <summary>True while something waits for <see cref="CloseRetired"/>.</summary>
    public bool HasRetired => _retired.Count > 0;

    /// <summary>The sources in use.</summary>
    public IEnumerable<Underlay> Underlays
    {
        get
        {
            foreach (Entry entry in _entries.Values) yield return entry.Source.Underlay;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Entry entry in _entries.Values) entry.Source.Dispose();
        foreach ((Entry entry, _) in _retired) entry.Source.Dispose();
        _entries.Clear();
        _retired.Clear();
    }

    private sealed class Entry(OpenUnderlay source)
    {
        public readonly OpenUnderlay Source = source;
        public int Users;
    }
}

/// <summary>Opens the sockets of a tunnel source and tells the workers about them.</summary>
internal interface IUnderlayFactory
{
    /// <summary>Opens them.</summary>
    OpenUnderlay Open(UnderlayKey key);
}

/// <summary>A tunnel source with the sockets behind it.</summary>
internal sealed class OpenUnderlay(Underlay underlay, Action close) : IDisposable
{
    public Underlay Underlay { get; } = underlay;

    public void Dispose() => close();
}
