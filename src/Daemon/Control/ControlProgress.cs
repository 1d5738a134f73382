namespace Dmvpn.Daemon.Control;

/// <summary>
/// What the control thread does at present: it says each step that it enters, and <see cref="StallWatch"/> reads it from
/// another thread.
/// </summary>
internal sealed class ControlProgress
{
    /// <summary>The step between two rounds: the thread waits for something to do.</summary>
    public const string Waiting = "waiting";

    private volatile string _step = Waiting;
    private long _entered;

    /// <summary>The name of the present step.</summary>
    public string Step => _step;

    /// <summary>How many steps were entered until now: two equal readings are of the same step.</summary>
    public long Entered => Volatile.Read(ref _entered);

    /// <summary>The control thread enters a step.</summary>
    public void Enter(string step)
    {
        _step = step;
        Volatile.Write(ref _entered, _entered + 1);
    }
}
