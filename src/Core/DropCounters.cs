using System.Runtime.CompilerServices;

namespace Dmvpn.Core;

/// <summary>
/// One counter for each named reason. Every packet that is not processed is counted under one of them, and some
/// screen shows them all. Any thread may count, for several workers have drops of one tunnel; a reader sees a value that was right a moment ago.
/// </summary>
/// <typeparam name="TReason">The reasons, an int-based enum counted from 0.</typeparam>
public sealed class DropCounters<TReason>
    where TReason : struct, Enum
{
    private static readonly string[] Names = Enum.GetNames<TReason>();
    [ThreadStatic]
    private static DropCounters<TReason>? _ofThread;

    private readonly long[] _counts = new long[Names.Length];

    /// <summary>What the calling thread counts anywhere is counted there too: a worker's share of counters that several workers have. Null for none.</summary>
    public static DropCounters<TReason>? OfThread
    {
        get => _ofThread;
        set => _ofThread = value;
    }

    /// <summary>The count of one reason.</summary>
    public long this[TReason reason] => Volatile.Read(ref _counts[Unsafe.BitCast<TReason, int>(reason)]);

    /// <summary>The sum over all reasons.</summary>
    public long Total
    {
        get
        {
            long total = 0;
            foreach (long count in _counts) total += count;
            return total;
        }
    }

    /// <summary>Counts one.</summary>
    public void Count(TReason reason) => Count(reason, 1);

    /// <summary>Counts several at once.</summary>
    public void Count(TReason reason, long number)
    {
        int place = Unsafe.BitCast<TReason, int>(reason);
        Interlocked.Add(ref _counts[place], number);
        // The thread's own.
        if (_ofThread is { } share) share._counts[place] += number;
    }

    /// <summary>Sets all counters to zero.</summary>
    public void Clear() => Array.Clear(_counts);

    /// <summary>The reasons that have been counted at least once, by name.</summary>
    public IEnumerable<KeyValuePair<string, long>> NonZero()
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] != 0) yield return new KeyValuePair<string, long>(Names[i], _counts[i]);
        }
    }
}
