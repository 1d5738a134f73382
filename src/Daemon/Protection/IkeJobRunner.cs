using System.Collections.Concurrent;
using Dmvpn.Core;
using Dmvpn.Ike;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// Runs IKE's slow computations on threads of its own, as many as there are cores, below the priority of control thread and workers: a storm of handshakes takes what
/// is left, and nothing else. How many may wait is the engine's limit.
/// </summary>
internal sealed class IkeJobRunner : IDisposable
{
    private readonly BlockingCollection<IkeJob> _jobs = [];
    private readonly Action<Action<Instant>> _post;
    private readonly Action<IkeJob, Instant> _done;
    private readonly Thread[] _threads;

    /// <param name="count">Threads.</param>
    /// <param name="post">Has work done on the control thread.</param>
    /// <param name="done">What is done there with a finished job.</param>
    public IkeJobRunner(int count, Action<Action<Instant>> post, Action<IkeJob, Instant> done)
    {
        (_post, _done) = (post, done);
        _threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Run) { Name = $"crypto{i}", IsBackground = true, Priority = ThreadPriority.BelowNormal };
            _threads[i].Start();
        }
    }

    /// <summary>Queues a job.</summary>
    public void Start(IkeJob job) => _jobs.Add(job);

    /// <summary>Ends the threads after what they are at.</summary>
    public void Dispose()
    {
        _jobs.CompleteAdding();
        foreach (Thread thread in _threads) thread.Join();
        _jobs.Dispose();
    }

    private void Run()
    {
        foreach (IkeJob job in _jobs.GetConsumingEnumerable())
        {
            job.Run();
            _post(now => _done(job, now));
        }
    }
}
