using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>One tunnel source: a local address in a network namespace (null: the daemon's own).</summary>
internal readonly record struct UnderlayKey(string? Namespace, IpAddress Address);

/// <summary>
/// The tunnel sources in use, each with its sockets. Tunnels with the same source share one. A source that nobody uses any more is
/// closed when all workers have moved on to a snapshot without it. Control thread only.
/// </summary>
internal sealed class UnderlaySet(IUnderlayFactory factory) : IDisposable
{
    private readonly Dictionary<UnderlayKey, Entry> _entries = [];
    private readonly RetireList<Entry> _retired = new();
    private int _lastNumber;

    /// <summary>The source, opened when nobody had it. A failure leaves nothing behind.</summary>
    /// <param name="key">The source.</param>
    /// <param name="secured">With the ports for IKE and ESP.</param>
    /// <exception cref="LinuxException">The socket cannot be made or bound.</exception>
    public Underlay Acquire(UnderlayKey key, bool secured)
    {
        Entry entry = _entries.GetValueOrDefault(key) ?? Revive(key) ?? new Entry(key, factory.Open(key, ++_lastNumber));
        try
        {
            if (secured) entry.Source.Secure(factory, key);
        }
        catch (LinuxException)
        {
            if (entry.Users == 0) Retire(entry);
            throw;
        }
        _entries[key] = entry;
        entry.Users++;
        return entry.Source.Underlay;
    }

    /// <summary>The source with this number; null when it is gone.</summary>
    public UnderlayKey? Find(int number)
    {
        foreach ((UnderlayKey key, Entry entry) in _entries)
        {
            if (entry.Source.Underlay.Number == number) return key;
        }
        return null;
    }

    /// <summary>The ports for IKE and ESP of a source; null when it has none.</summary>
    public SecurityPorts? Security(UnderlayKey key) => _entries.TryGetValue(key, out Entry? entry) ? entry.Source.Underlay.Security : null;

    /// <summary>A tunnel does not use the source any more.</summary>
    public void Release(UnderlayKey key, long publishedAfter)
    {
        if (!_entries.TryGetValue(key, out Entry? entry) || --entry.Users > 0) return;
        _entries.Remove(key);
        entry.Version = publishedAfter;
        Retire(entry);
    }

    /// <summary>Closes what no worker can touch any more.</summary>
    public void CloseRetired(long seenByAllWorkers) => _retired.Free(seenByAllWorkers);

    /// <summary>True while something waits for <see cref="CloseRetired"/>.</summary>
    public bool HasRetired => _retired.IsWaiting;

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
        _entries.Clear();
        _retired.Dispose();
    }

    /// <summary>Back from those that wait to be closed: while they are open nobody else, not even we, can have their UDP ports.</summary>
    private Entry? Revive(UnderlayKey key) => _retired.TryTakeBack(entry => entry.Key == key, out Entry? entry) ? entry : null;

    /// <summary>What no worker ever saw is closed at once.</summary>
    private void Retire(Entry entry)
    {
        if (entry.Version < 0) entry.Dispose();
        else _retired.Add(entry, entry.Version);
    }

    private sealed class Entry(UnderlayKey key, OpenUnderlay source) : IDisposable
    {
        public readonly UnderlayKey Key = key;
        public readonly OpenUnderlay Source = source;
        public int Users;

        /// <summary>The last version of the forwarding table that had it, once it was released; -1 before.</summary>
        public long Version = -1;

        public void Dispose() => Source.Dispose();
    }
}

/// <summary>Opens the sockets of a tunnel source and tells the workers about them.</summary>
internal interface IUnderlayFactory
{
    /// <summary>Opens those for GRE.</summary>
    OpenUnderlay Open(UnderlayKey key, int number);

    /// <summary>Opens those for IKE and ESP. Returns what closes them.</summary>
    (SecurityPorts Ports, Action Close) OpenSecurity(UnderlayKey key);
}

/// <summary>A tunnel source with the sockets behind it.</summary>
internal sealed class OpenUnderlay(Underlay underlay, Action close) : IDisposable
{
    private Action? _closeSecurity;

    public Underlay Underlay { get; } = underlay;

    /// <summary>Opens the ports for IKE and ESP, unless they are open.</summary>
    public void Secure(IUnderlayFactory factory, UnderlayKey key)
    {
        if (Underlay.Security is not null) return;
        (SecurityPorts ports, _closeSecurity) = factory.OpenSecurity(key);
        Underlay.Security = ports;
    }

    public void Dispose()
    {
        _closeSecurity?.Invoke();
        close();
    }
}
