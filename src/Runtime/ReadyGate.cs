namespace Dmvpn.Runtime;

/// <summary>
/// Whether the kernel is worth asking: when the poller said so, until it had no more. The poller is level-triggered: what comes after the last question is told
/// by the next wait, which comes before the thread sleeps. Without it every round would ask every device and socket. The thread that reads is the only one that touches it, but for the first <see cref="Close"/>.
/// </summary>
internal struct ReadyGate
{
    private bool _used;
    private bool _closed;

    /// <summary>Ask.</summary>
    public readonly bool IsOpen => !_closed;

    /// <summary>Nobody asks before the poller has spoken.</summary>
    public void Close() => _used = _closed = true;

    /// <summary>The poller has.</summary>
    public void Open() => _closed = false;

    /// <summary>After a question.</summary>
    /// <param name="mayHaveMore">The answer filled all the room there was.</param>
    public void After(bool mayHaveMore) => _closed = _used && !mayHaveMore;
}
