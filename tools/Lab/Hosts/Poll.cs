using System.Diagnostics;

namespace Dmvpn.Lab.Hosts;

/// <summary>Waiting for something to become true, never for a time to pass.</summary>
public static class Poll
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks until <paramref name="condition"/> holds; false when it did not within <paramref name="deadline"/>.</summary>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan deadline, CancellationToken cancellation = default)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            long look = Stopwatch.GetTimestamp();
            if (await condition().ConfigureAwait(false))
                return true;
            if (Stopwatch.GetElapsedTime(begin) > deadline)
                return false;
            // A look that is dear must not keep busy what it waits for.
            TimeSpan cost = Stopwatch.GetElapsedTime(look);
            await Task.Delay(cost > Interval ? cost : Interval, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>As the other, for a condition that needs no waiting.</summary>
    public static Task<bool> UntilAsync(Func<bool> condition, TimeSpan deadline, CancellationToken cancellation = default) =>
        UntilAsync(() => Task.FromResult(condition()), deadline, cancellation);
}
