namespace Dmvpn.Daemon.Logging;

/// <summary>The last lines of the log, for <c>show logging</c>. Bounded; safe for any thread.</summary>
public sealed class LogBuffer
{
    private readonly Lock _lock = new();
    private LogLine[] _lines;
    private long _written;

    /// <summary>A buffer of <paramref name="capacity"/> lines.</summary>
    public LogBuffer(int capacity) => _lines = new LogLine[Math.Max(1, capacity)];

    /// <summary>How many lines were ever written.</summary>
    public long Written
    {
        get { lock (_lock) return _written; }
    }

    /// <summary>How many lines it holds at most.</summary>
    public int Capacity
    {
        get { lock (_lock) return _lines.Length; }
    }

    /// <summary>Forgets all lines.</summary>
    public void Clear()
    {
        lock (_lock) (_lines, _written) = (new LogLine[_lines.Length], 0);
    }

    /// <summary>Adds a line in place of the oldest.</summary>
    public void Add(in LogLine line)
    {
        lock (_lock) _lines[_written++ % _lines.Length] = line;
    }

    /// <summary>The lines, oldest first.</summary>
    public LogLine[] Snapshot()
    {
        lock (_lock)
        {
            int count = (int)Math.Min(_written, _lines.Length);
            var lines = new LogLine[count];
            for (int i = 0; i < count; i++) lines[i] = _lines[(_written - count + i) % _lines.Length];
            return lines;
        }
    }

    /// <summary>Changes the capacity; the newest lines stay.</summary>
    public void Resize(int capacity)
    {
        lock (_lock)
        {
            LogLine[] kept = Snapshot();
            kept = kept[Math.Max(0, kept.Length - capacity)..];
            _lines = new LogLine[Math.Max(1, capacity)];
            _written = 0;
            foreach (LogLine line in kept) Add(line);
        }
    }
}
