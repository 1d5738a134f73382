using System.Runtime.CompilerServices;

namespace Dmvpn.Core;

/// <summary>
/// A few named timers: one optional deadline for each value of an enum (contiguous from 0). No heap, no tasks,
/// no callbacks: the owner asks for <see cref="Next"/>, and pops what has come due.
/// </summary>
/// <typeparam name="TTimer">The timers' names, an int-based enum counted from 0.</typeparam>
public sealed class TimerTable<TTimer>
    where TTimer : struct, Enum
{
    private readonly Instant[] _deadlines = CreateDeadlines();

    /// <summary>The earliest deadline, or <see cref="Instant.Never"/>.</summary>
    public Instant Next
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Instant deadline in _deadlines) next = Instant.Min(next, deadline);
            return next;
        }
    }

    /// <summary>Starts a timer, or moves it.</summary>
    public void Set(TTimer timer, Instant at) => _deadlines[Index(timer)] = at;

    /// <summary>Stops a timer; nothing happens when it was not running.</summary>
    public void Stop(TTimer timer) => _deadlines[Index(timer)] = Instant.Never;

    /// <summary>When a timer is due, or <see cref="Instant.Never"/>.</summary>
    public Instant Deadline(TTimer timer) => _deadlines[Index(timer)];

    /// <summary>Takes one timer that has come due; it is stopped by that. Call until false.</summary>
    public bool TryPop(Instant now, out TTimer timer)
    {
        for (int i = 0; i < _deadlines.Length; i++)
        {
            if (_deadlines[i] > now) continue;
            _deadlines[i] = Instant.Never;
            timer = Unsafe.BitCast<int, TTimer>(i);
            return true;
        }
        timer = default;
        return false;
    }

    private static int Index(TTimer timer) => Unsafe.BitCast<TTimer, int>(timer);

    private static Instant[] CreateDeadlines()
    {
        var deadlines = new Instant[Enum.GetValues<TTimer>().Length];
        Array.Fill(deadlines, Instant.Never);
        return deadlines;
    }
}
