using System.Collections.Concurrent;
using Dmvpn.Core;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Logging;

/// <summary>
/// Where all parts of the program log to: stderr (plain, or with the journal's priority prefix), the buffer of <c>show logging</c>,
/// and the debug streams. Debug lines are formatted only while somebody watches. Safe for any thread.
/// </summary>
public sealed class RouterLog : ILoggerFactory
{
    private const int DefaultBufferLines = 1000;

    private readonly ConcurrentDictionary<string, ILogger> _loggers = new();
    private readonly TextWriter _writer;
    private readonly bool _journal;
    private readonly Lock _writing = new();
    private volatile DebugStream[] _streams = [];

    /// <summary>A log that writes lines of at least <paramref name="level"/> to <paramref name="writer"/>.</summary>
    /// <param name="level">The lowest severity that is written.</param>
    /// <param name="writer">Usually stderr.</param>
    /// <param name="journal">Prefix lines with "&lt;N&gt;", which systemd's journal reads as priority (sd-daemon(3)).</param>
    public RouterLog(LogLevel level, TextWriter writer, bool journal)
    {
        Level = level;
        _writer = writer;
        _journal = journal;
    }

    /// <summary>The lowest severity that is written.</summary>
    public LogLevel Level { get; private set; }

    /// <summary>The lowest severity that is kept for <c>show logging</c>.</summary>
    public LogLevel BufferLevel { get; private set; } = LogLevel.Debug;

    /// <summary>True when lines go to systemd's journal.</summary>
    public bool IsJournal => _journal;

    /// <summary>Sets both levels.</summary>
    public void ConfigureLevels(LogLevel written, LogLevel buffered) => (Level, BufferLevel) = (FixedLevel ?? written, buffered);

    /// <summary>A level from the command line, which goes before the configuration's.</summary>
    public LogLevel? FixedLevel { get; init; }

    /// <summary>The last lines.</summary>
    public LogBuffer Buffer { get; } = new(DefaultBufferLines);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(categoryName, static (name, log) => new CategoryLogger(name, log), this);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the router has one log");

    /// <summary>Opens a debug stream of some topics (all when none is named); dispose it when its reader is gone.</summary>
    public DebugStream Open(IReadOnlyList<DebugTopic> topics)
    {
        var stream = new DebugStream(this, topics.Count > 0 ? topics : DebugTopic.All);
        lock (_writing) _streams = [.. _streams, stream];
        return stream;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DebugStream stream in _streams) stream.Dispose();
        _writer.Flush();
    }

    internal void Close(DebugStream stream)
    {
        lock (_writing) _streams = Array.FindAll(_streams, s => s != stream);
    }

    // Debug lines are many and dear: they are made only while somebody watches them live, or asked for them on the console.
    private bool IsEnabled(LogLevel level) =>
        level != LogLevel.None && (level >= Level || level >= LogLevel.Information && level >= BufferLevel || level <= LogLevel.Debug && _streams.Length > 0);

    private bool IsWatched(string category)
    {
        foreach (DebugStream stream in _streams)
        {
            if (stream.MayWant(category)) return true;
        }
        return false;
    }

    private void Write(in LogLine line)
    {
        foreach (DebugStream stream in _streams)
        {
            if (stream.Wants(line.Event.Id)) stream.Offer(line);
        }
        if (line.Level >= BufferLevel && (line.Level >= LogLevel.Information || line.Level >= Level)) Buffer.Add(line);
        if (line.Level < Level) return;
        lock (_writing) _writer.WriteLine(_journal ? $"<{line.Severity}>{line.Category}: {line.Text}" : line.ToString());
    }

    /// <summary>A decoded packet has several lines; none of them begins as a line of the log does, or as the journal's priorities do.</summary>
    private static string WithLines(string text)
    {
        string[] lines = PrintableText.EscapeLines(text).Split('\n');
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Length > 0 && lines[i][0] != ' ') lines[i] = " " + lines[i];
        }
        return lines.Length == 1 ? lines[0] : string.Join('\n', lines);
    }

    private sealed class CategoryLogger(string category, RouterLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => log.IsEnabled(level) && (level >= LogLevel.Information || level >= log.Level || log.IsWatched(category));

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(level)) return;
            string text = formatter(state, exception);
            if (exception is not null) text = $"{text}: {exception}";
            // THE one place for stderr, the journal, the buffer and the debug streams: much of the text is what peers chose.
            text = level >= LogLevel.Information ? PrintableText.Escape(text) : WithLines(text);
            log.Write(new LogLine(DateTimeOffset.Now, level, id, category, text));
        }
    }
}
