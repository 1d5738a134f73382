using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>A token bucket over the caller's clock. A mutable struct: keep it in a field.</summary>
/// <param name="perSecond">Tokens that come in a second.</param>
/// <param name="burst">Tokens that it holds at most; it starts full.</param>
internal struct TokenBucket(int perSecond, int burst)
{
    private const long Second = 1_000_000_000;

    // In token-nanoseconds (tokens * 10^9), so that no fraction is lost between calls.
    private long _level = burst * Second;
    private long _last;

    /// <summary>Takes one token if there is one.</summary>
    public bool TryTake(Instant now) => TryTake(1, now);

    /// <summary>
    /// Takes <paramref name="count"/> tokens when there is at least one, and may be left in debt: what is large is let through, and
    /// paid for by waiting afterwards.
    /// </summary>
    public bool TryTake(int count, Instant now)
    {
        Refill(now);
        if (_level < Second) return false;
        _level -= count * Second;
        return true;
    }

    private void Refill(Instant now)
    {
        long elapsed = now.Nanoseconds - _last;
        if (elapsed <= 0) return;
        _last = now.Nanoseconds;
        long full = burst * Second;
        // After ten seconds any sane debt is paid; the bound keeps the product within 64 bits.
        _level = Math.Min(full, _level + Math.Min(elapsed, 10 * Second) * perSecond);
    }
}

/// <summary>
/// Lets one event through for each key and interval. Fixed in size: a key's place is given by its hash, and a newcomer takes it
/// over, so a flood of keys makes events more frequent, never memory larger (the bucket beside it bounds the sum).
/// </summary>
internal sealed class RateLimitTable
{
    private readonly (ulong Key, long Until)[] _entries = new (ulong, long)[DataplaneLimits.RateTableSize];
    private TokenBucket _allowance = new(DataplaneLimits.EventsPerSecond, DataplaneLimits.EventBurst);

    /// <summary>True when nothing of the key was let through lately.</summary>
    public bool IsDue(ulong key, Instant now)
    {
        (ulong last, long until) = _entries[key & DataplaneLimits.RateTableSize - 1];
        return last != key || now.Nanoseconds >= until;
    }

    public bool TryPass(ulong key, TimeSpan interval, Instant now)
    {
        ref (ulong Key, long Until) entry = ref _entries[key & DataplaneLimits.RateTableSize - 1];
        if (entry.Key == key && now.Nanoseconds < entry.Until) return false;
        if (!_allowance.TryTake(now)) return false;
        entry = (key, (now + interval).Nanoseconds);
        return true;
    }
}
