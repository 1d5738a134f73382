namespace Dmvpn.Core;

/// <summary>
/// Deadlines of many things (100,000 mappings): a binary heap of (key, deadline). Moving a deadline later costs
/// nothing here: the owner keeps the true deadline in its entry, and when the old one pops it schedules the
/// entry again. So a key is in the heap once as long as its owner schedules it only when it is new, was popped, or moves earlier.
/// A deadline that is not after the last time served becomes due a little later: a loop that pops until nothing is due
/// ends, whatever its body schedules.
/// </summary>
/// <typeparam name="TKey">What is due.</typeparam>
public sealed class DeadlineQueue<TKey>
{
    private readonly PriorityQueue<TKey, long> _heap = new();
    private Instant _served = Deadlines.NotServed;

    /// <summary>How many deadlines are queued, overtaken ones included.</summary>
    public int Count => _heap.Count;

    /// <summary>The earliest deadline, or <see cref="Instant.Never"/>.</summary>
    public Instant Next => _heap.TryPeek(out _, out long at) ? new Instant(at) : Instant.Never;

    /// <summary>Adds a deadline; <see cref="Instant.Never"/> is ignored.</summary>
    public void Schedule(TKey key, Instant at)
    {
        if (!at.IsNever) _heap.Enqueue(key, Deadlines.After(_served, at).Nanoseconds);
    }

    /// <summary>Takes one key whose deadline has come. Call until false.</summary>
    public bool TryPop(Instant now, out TKey key)
    {
        _served = now;
        if (_heap.TryPeek(out TKey? peeked, out long at) && at <= now.Nanoseconds)
        {
            _heap.Dequeue();
            key = peeked;
            return true;
        }
        key = default!;
        return false;
    }

    /// <summary>Forgets all deadlines.</summary>
    public void Clear() => _heap.Clear();
}
