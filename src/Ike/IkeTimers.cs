using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>Something with one deadline. It is told with <see cref="OnDeadline"/> and may set the next one.</summary>
internal abstract class IkeTimed
{
    /// <summary>When it is due; set through <see cref="IkeTimers.Set"/>.</summary>
    public Instant Deadline { get; internal set; } = Instant.Never;

    /// <summary>When it was last told; a new deadline is later.</summary>
    internal Instant Served { get; set; } = Deadlines.NotServed;

    /// <summary>Place in the heap; -1 outside.</summary>
    internal int Slot { get; set; } = -1;

    public abstract void OnDeadline(Instant now, Outbox<IkeEffect> outbox);
}

/// <summary>
/// The deadlines of all IKE SAs, child SAs, targets and peers: a binary heap that knows where each of its members is, so that a removed one is forgotten at once. Moving a
/// deadline later costs nothing: the heap finds out when the old one comes.
/// </summary>
internal sealed class IkeTimers
{
    private (Instant At, IkeTimed Timed)[] _heap = new (Instant, IkeTimed)[64];

    public int Count { get; private set; }

    public Instant Next => Count == 0 ? Instant.Never : _heap[0].At;

    /// <summary>Sets, moves or (with Never) stops the deadline. One that is not after the last time served comes a little later.</summary>
    public void Set(IkeTimed timed, Instant at)
    {
        at = Deadlines.After(timed.Served, at);
        timed.Deadline = at;
        if (at.IsNever)
        {
            Remove(timed);
        }
        else if (timed.Slot < 0)
        {
            if (Count == _heap.Length) Array.Resize(ref _heap, Count * 2);
            Up(Count++, (at, timed));
        }
        else if (at < _heap[timed.Slot].At)
        {
            Up(timed.Slot, (at, timed));
        }
    }

    /// <summary>Takes one that is due; its deadline is Never then. Call until false.</summary>
    public bool TryPop(Instant now, out IkeTimed? timed)
    {
        while (Count > 0 && _heap[0].At <= now)
        {
            timed = _heap[0].Timed;
            if (timed.Deadline > now)
            {
                Down(0, (timed.Deadline, timed));
                continue;
            }
            Remove(timed);
            (timed.Deadline, timed.Served) = (Instant.Never, now);
            return true;
        }
        timed = null;
        return false;
    }

    private void Remove(IkeTimed timed)
    {
        int slot = timed.Slot;
        if (slot < 0) return;
        timed.Slot = -1;
        (Instant At, IkeTimed Timed) last = _heap[--Count];
        _heap[Count] = default;
        if (slot == Count) return;
        if (slot > 0 && last.At < _heap[(slot - 1) / 2].At) Up(slot, last);
        else Down(slot, last);
    }

    private void Up(int slot, (Instant At, IkeTimed Timed) item)
    {
        while (slot > 0 && item.At < _heap[(slot - 1) / 2].At)
        {
            Put(slot, _heap[(slot - 1) / 2]);
            slot = (slot - 1) / 2;
        }
        Put(slot, item);
    }

    private void Down(int slot, (Instant At, IkeTimed Timed) item)
    {
        for (int child = slot * 2 + 1; child < Count; child = slot * 2 + 1)
        {
            if (child + 1 < Count && _heap[child + 1].At < _heap[child].At) child++;
            if (item.At <= _heap[child].At) break;
            Put(slot, _heap[child]);
            slot = child;
        }
        Put(slot, item);
    }

    private void Put(int slot, (Instant At, IkeTimed Timed) item)
    {
        _heap[slot] = item;
        item.Timed.Slot = slot;
    }
}
