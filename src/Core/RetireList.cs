namespace Dmvpn.Core;

/// <summary>
/// Resources that no snapshot has any more, and that a worker may still use until it has seen a later snapshot. Each is disposed of
/// when all workers have.
/// </summary>
/// <typeparam name="T">What is disposed of.</typeparam>
public sealed class RetireList<T> : IDisposable
    where T : IDisposable
{
    private readonly List<(T Item, long Version)> _waiting = [];

    /// <summary>True while something waits for <see cref="Free"/>.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>The last snapshot that has the item is the one of this version.</summary>
    public void Add(T item, long version) => _waiting.Add((item, version));

    /// <summary>Takes one that waits back into use.</summary>
    public bool TryTakeBack(Predicate<T> wanted, out T? item)
    {
        int at = _waiting.FindIndex(entry => wanted(entry.Item));
        item = at < 0 ? default : _waiting[at].Item;
        if (at >= 0) _waiting.RemoveAt(at);
        return at >= 0;
    }

    /// <summary>Disposes of what no worker can touch any more: all workers have seen a later snapshot than its last one.</summary>
    public void Free(long seenByAllWorkers)
    {
        int kept = 0;
        for (int i = 0; i < _waiting.Count; i++)
        {
            if (_waiting[i].Version >= seenByAllWorkers) _waiting[kept++] = _waiting[i];
            else _waiting[i].Item.Dispose();
        }
        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    /// <summary>Disposes of all of them: the workers have ended.</summary>
    public void Dispose()
    {
        foreach ((T item, _) in _waiting) item.Dispose();
        _waiting.Clear();
    }
}
