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
        while (!await condition().ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(begin) > deadline)
                return false;
            await Task.Delay(Interval, cancellation).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>As the other, for a condition that needs no waiting.</summary>
    public static Task<bool> UntilAsync(Func<bool> condition, TimeSpan deadline, CancellationToken cancellation = default) =>
        UntilAsync(() => Task.FromResult(condition()), deadline, cancellation);
}
