using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Ike;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// Runs IKE's slow computations on threads of its own, as many as there are cores, below the priority of control thread and workers: a storm of handshakes takes what
/// is left, and nothing else. How many may wait is the engine's limit. In a storm what is done is reported several at a time: to wake the control thread costs as much as a part of the computation.
/// </summary>
internal sealed class IkeJobRunner : IDisposable
{
    // So many done jobs are reported at the latest, …
    private const int Batch = 8;

    // … or those that are done after this time: nobody waits long for others' computations.
    private static readonly long Patience = Stopwatch.Frequency / 1000;

    private readonly object _lock = new();
    private readonly Queue<IkeJob> _jobs = new();
    private readonly ConcurrentQueue<IkeJob> _finished = new();
    private readonly Action<Action<Instant>> _post;
    private readonly Action<IkeJob, Instant> _done;
    private readonly Action<Instant> _report;
    private readonly Thread[] _threads;
    private int _idle;
    private int _unreported;
    private int _isReporting;
    private long _reportedAt;
    private bool _isEnding;

    /// <param name="count">Threads.</param>
    /// <param name="post">Has work done on the control thread.</param>
    /// <param name="done">What is done there with a finished job.</param>
    public IkeJobRunner(int count, Action<Action<Instant>> post, Action<IkeJob, Instant> done)
    {
        (_post, _done, _report) = (post, done, Report);
        _threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Run) { Name = $"crypto{i}", IsBackground = true, Priority = ThreadPriority.BelowNormal };
            _threads[i].Start();
        }
    }

    /// <summary>Queues a job.</summary>
    public void Start(IkeJob job)
    {
        lock (_lock)
        {
            _jobs.Enqueue(job);
            if (_idle > 0) Monitor.Pulse(_lock);
        }
    }

    /// <summary>Ends the threads after all that is queued.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isEnding = true;
            Monitor.PulseAll(_lock);
        }
        foreach (Thread thread in _threads) thread.Join();
    }

    private void Run()
    {
        while (TryTake(out IkeJob? job))
        {
            try
            {
                job.Run();
            }
            catch (Exception)
            {
                // Jobs of the engine catch what they do themselves and say it. Whatever else comes to nothing: this thread goes on.
            }
            _finished.Enqueue(job);
            int unreported = Interlocked.Increment(ref _unreported);
            // AFTER the job is among the finished: with nothing left to run there may be nobody else to report it.
            if (unreported >= Batch || IsNothingLeft() || Stopwatch.GetTimestamp() - Volatile.Read(ref _reportedAt) > Patience) Announce();
        }
    }

    private bool TryTake([NotNullWhen(true)] out IkeJob? job)
    {
        lock (_lock)
        {
            while (!_jobs.TryDequeue(out job))
            {
                if (_isEnding) return false;
                _idle++;
                Monitor.Wait(_lock);
                _idle--;
            }
            return true;
        }
    }

    private bool IsNothingLeft()
    {
        lock (_lock) return _jobs.Count == 0;
    }

    private void Announce()
    {
        if (Interlocked.Exchange(ref _isReporting, 1) != 0) return;
        Volatile.Write(ref _reportedAt, Stopwatch.GetTimestamp());
        _post(_report);
    }

    private void Report(Instant now)
    {
        // BEFORE the first is taken: whoever finishes one now announces again.
        Interlocked.Exchange(ref _unreported, 0);
        Interlocked.Exchange(ref _isReporting, 0);
        try
        {
            while (_finished.TryDequeue(out IkeJob? job)) _done(job, now);
        }
        finally
        {
            // A bug in one must not hold up those behind it.
            if (!_finished.IsEmpty) Announce();
        }
    }
}
