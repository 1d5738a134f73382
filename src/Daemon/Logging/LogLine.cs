using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Logging;

/// <summary>One line of the log: what <c>show logging</c>, stderr, the journal and a debug stream all print.</summary>
/// <param name="Time">Wall-clock time.</param>
/// <param name="Level">Severity.</param>
/// <param name="Event">Event id and name; ids are documented in docs/operation.md.</param>
/// <param name="Category">The part of the program that says it.</param>
/// <param name="Text">The formatted message; secrets never get here.</param>
public readonly record struct LogLine(DateTimeOffset Time, LogLevel Level, EventId Event, string Category, string Text)
{
    /// <summary>IOS's severity number: 2 critical to 7 debugging.</summary>
    public int Severity => Level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    /// <summary>The event's name in IOS's form: "NhsUp" is NHS_UP.</summary>
    public string Mnemonic => ToMnemonic(Event);

    /// <summary>
    /// IOS's layout: <c>Nov 22 23:57:01.123: %NHRP-6-REGISTERED: text</c>; debug lines have no tag, as on IOS.
    /// </summary>
    public override string ToString()
    {
        string time = Time.ToString("MMM d HH:mm:ss.fff");
        return Level <= LogLevel.Debug
            ? $"*{time}: {Category}: {Text}"
            : $"{time}: %{Category.ToUpperInvariant()}-{Severity}-{Mnemonic}: {Text}";
    }

    private static string ToMnemonic(EventId id)
    {
        if (string.IsNullOrEmpty(id.Name)) return $"EVENT{id.Id}";
        Span<char> name = stackalloc char[id.Name.Length * 2];
        int length = 0;
        for (int i = 0; i < id.Name.Length; i++)
        {
            char c = id.Name[i];
            if (i > 0 && char.IsUpper(c) && !char.IsUpper(id.Name[i - 1])) name[length++] = '_';
            name[length++] = char.ToUpperInvariant(c);
        }
        return new string(name[..length]);
    }
}
