using System.Diagnostics.CodeAnalysis;

namespace Dmvpn.Core;

/// <summary>
/// The deadlines of many things: a binary heap that knows where each of its members is, so that it forgets a removed one at once.
/// To move a deadline later, which is what hellos and refreshed registrations do, costs nothing: the heap finds out when the old
/// deadline comes. Nothing here allocates but the growth of the heap.
/// </summary>
/// <typeparam name="T">What is due.</typeparam>
public sealed class TimerHeap<T>
    where T : Timed
{
    private (Instant At, T Timed)[] _heap = new (Instant, T)[64];

    /// <summary>How many have a deadline.</summary>
    public int Count { get; private set; }

    /// <summary>The earliest deadline, or <see cref="Instant.Never"/>. It may be one that has moved later since.</summary>
    public Instant Next => Count == 0 ? Instant.Never : _heap[0].At;

    /// <summary>Sets, moves or (with Never) stops the deadline. One that is not after the last time served comes a little later.</summary>
    public void Set(T timed, Instant at)
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
    public bool TryPop(Instant now, [NotNullWhen(true)] out T? timed)
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

    private void Remove(T timed)
    {
        int slot = timed.Slot;
        if (slot < 0) return;
        timed.Slot = -1;
        (Instant At, T Timed) last = _heap[--Count];
        _heap[Count] = default;
        if (slot == Count) return;
        if (slot > 0 && last.At < _heap[(slot - 1) / 2].At) Up(slot, last);
        else Down(slot, last);
    }

    private void Up(int slot, (Instant At, T Timed) item)
    {
        while (slot > 0 && item.At < _heap[(slot - 1) / 2].At)
        {
            Put(slot, _heap[(slot - 1) / 2]);
            slot = (slot - 1) / 2;
        }
        Put(slot, item);
    }

    private void Down(int slot, (Instant At, T Timed) item)
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

    private void Put(int slot, (Instant At, T Timed) item)
    {
        _heap[slot] = item;
        item.Timed.Slot = slot;
    }
}
