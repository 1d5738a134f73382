using System.Collections.Concurrent;
using Dmvpn.Core;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Control;

/// <summary>
/// The control thread: it owns all engines, so that nothing in them needs a lock. It waits for descriptors (netlink), posted work
/// (API requests, signals, names) and the earliest deadline, does a round, and lets <see cref="IControlWork"/> publish what changed.
/// The clock is read once a round.
/// </summary>
public sealed class ControlLoop : IDisposable
{
    // A round does at most this much posted work before deadlines and descriptors get their turn again.
    private const int WorkPerRound = 1024;

    private readonly ConcurrentQueue<Action<Instant>> _posted = new();
    private readonly ILogger _logger;
    private volatile bool _stopping;

    /// <summary>A loop; <see cref="Run"/> makes the calling thread the control thread.</summary>
    public ControlLoop(ILogger logger)
    {
        _logger = logger;
        Poller = new Poller();
    }

    /// <summary>What the control thread does at present.</summary>
    internal ControlProgress Progress { get; } = new();

    /// <summary>Where work adds its descriptors, on the control thread.</summary>
    public Poller Poller { get; }

    /// <summary>Has work done on the control thread; from any thread.</summary>
    public void Post(Action<Instant> work)
    {
        _posted.Enqueue(work);
        Poller.Wake();
    }

    /// <summary>Has work done on the control thread and gives its result; from any other thread.</summary>
    public Task<T> InvokeAsync<T>(Func<Instant, T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(now =>
        {
            try
            {
                done.SetResult(work(now));
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Ends <see cref="Run"/> after the present round; from any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        Poller.Wake();
    }

    /// <summary>Runs rounds until <see cref="Stop"/>.</summary>
    public void Run(IControlWork work)
    {
        while (!_stopping)
        {
            Instant until = _posted.IsEmpty ? work.NextDeadline : Instant.Zero;
            Progress.Enter(ControlProgress.Waiting);
            ReadOnlySpan<Ready> ready = Poller.Wait(until);
            Instant now = MonotonicClock.Now;
            Progress.Enter("netlink");
            foreach (Ready one in ready) Guard(static (w, n, token) => w.OnReady(token, n), work, now, one.Token);
            for (int i = 0; i < WorkPerRound && _posted.TryDequeue(out Action<Instant>? posted); i++)
            {
                Progress.Enter("posted work");
                Guard(static (_, n, p) => p(n), work, now, posted);
            }
            Guard(static (w, n, _) => w.OnDeadline(n), work, now, 0);
            Progress.Enter("effects");
            Guard(static (w, n, _) => w.OnRoundEnd(n), work, now, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Poller.Dispose();

    // A bug in one event must not take the router down: it is logged with its stack, and the next event is served.
    private void Guard<T>(Action<IControlWork, Instant, T> action, IControlWork work, Instant now, T argument)
    {
        try
        {
            action(work, now, argument);
        }
        catch (Exception e)
        {
            DaemonLog.ControlFailure(_logger, e);
        }
    }
}

/// <summary>What the control thread does each round.</summary>
public interface IControlWork
{
    /// <summary>When <see cref="OnDeadline"/> must be called at the latest.</summary>
    Instant NextDeadline { get; }

    /// <summary>A descriptor in the poller is ready.</summary>
    void OnReady(ulong token, Instant now);

    /// <summary>Called every round; early calls are harmless.</summary>
    void OnDeadline(Instant now);

    /// <summary>The last step of every round: carry out what the engines asked for, publish what changed.</summary>
    void OnRoundEnd(Instant now);
}
