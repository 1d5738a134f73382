namespace Dmvpn.Core;

/// <summary>
/// What the log has been told already: each thing is one line, and comes again only when it is still true after a while. Fixed in
/// size: when it is full, all is forgotten, and told once more.
/// </summary>
/// <typeparam name="TKey">What a line is about.</typeparam>
/// <param name="most">How many things are remembered.</param>
/// <param name="again">After which time a line may come again.</param>
public sealed class Reminders<TKey>(int most, TimeSpan again)
    where TKey : notnull
{
    private readonly Dictionary<TKey, Instant> _told = [];

    /// <summary>True when the line is to be written now; it counts as written then.</summary>
    public bool IsNew(TKey what, Instant now)
    {
        if (WasTold(what, now)) return false;
        Told(what, now);
        return true;
    }

    /// <summary>True when the log has the line, and it is not time for it again.</summary>
    public bool WasTold(TKey what, Instant now) => _told.TryGetValue(what, out Instant until) && now < until;

    /// <summary>The line is written now.</summary>
    public void Told(TKey what, Instant now)
    {
        if (_told.Count >= most) _told.Clear();
        _told[what] = now + again;
    }
}
