using System.Threading.Channels;

namespace Dmvpn.Daemon.Logging;

/// <summary>
/// One user's live <c>debug …</c> stream. Bounded: a reader that is too slow loses lines, and is told how many; the
/// router never waits for it.
/// </summary>
public sealed class DebugStream : IDisposable
{
    private const int Capacity = 4096;

    private readonly RouterLog _log;
    private readonly Channel<LogLine> _lines = Channel.CreateBounded<LogLine>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly IReadOnlyList<DebugTopic> _topics;
    private long _lost;

    internal DebugStream(RouterLog log, IReadOnlyList<DebugTopic> topics) => (_log, _topics) = (log, topics);

    /// <summary>The lines as they come; ends when the stream is disposed.</summary>
    public ChannelReader<LogLine> Lines => _lines.Reader;

    /// <summary>How many lines were lost since the last call.</summary>
    public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _log.Close(this);
        _lines.Writer.TryComplete();
    }

    /// <summary>The topic of the stream that a line belongs to.</summary>
    public DebugTopic TopicOf(in LogLine line)
    {
        foreach (DebugTopic topic in _topics)
        {
            if (topic.Matches(line.Event.Id)) return topic;
        }
        return _topics[0];
    }

    internal bool MayWant(string category)
    {
        foreach (DebugTopic topic in _topics)
        {
            if (topic.MayMatch(category)) return true;
        }
        return false;
    }

    internal bool Wants(int eventId)
    {
        foreach (DebugTopic topic in _topics)
        {
            if (topic.Matches(eventId)) return true;
        }
        return false;
    }

    internal void Offer(in LogLine line)
    {
        if (_lines.Reader.Count >= Capacity || !_lines.Writer.TryWrite(line)) Interlocked.Increment(ref _lost);
    }
}
