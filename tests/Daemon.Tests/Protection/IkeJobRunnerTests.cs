using System.Collections.Concurrent;
using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Ike;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>Every job that was started is reported once, however they come.</summary>
public sealed class IkeJobRunnerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly BlockingCollection<Action<Instant>> _posted = [];
    private readonly List<IkeJob> _done = [];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 7)]
    [InlineData(2, 64)]
    public void Jobs_InBurstsOfAnySize_AreRunAndReportedOnceEachWithoutWaitingForMore(int threads, int burst)
    {
        using var runner = new IkeJobRunner(threads, _posted.Add, (job, _) => _done.Add(job));
        var started = new List<CountedJob>();
        for (int round = 0; round < 200; round++)
        {
            for (int i = 0; i < burst; i++)
            {
                var job = new CountedJob();
                started.Add(job);
                runner.Start(job);
            }
            // The next burst only when all of this one have come back: what is last must not lie about.
            while (_done.Count < started.Count)
            {
                Assert.True(_posted.TryTake(out Action<Instant>? report, Patience), $"{started.Count - _done.Count} of {burst} were never reported");
                report(Instant.Zero);
            }
        }
        Assert.All(started, job => Assert.Equal(1, job.Runs));
        Assert.Equal(started.Count, _done.Distinct().Count());
    }

    [Fact]
    public void Report_ThatThrows_LosesOnlyItsOwnJob()
    {
        CountedJob bad = new(), good = new();
        using var gate = new ManualResetEventSlim();
        using var runner = new IkeJobRunner(1, _posted.Add, (job, _) =>
        {
            _done.Add(job);
            if (job == bad) throw new InvalidOperationException("a bug");
        });
        runner.Start(new WaitingJob(gate));
        runner.Start(bad);
        runner.Start(good);
        gate.Set();
        while (_done.Count < 3)
        {
            Assert.True(_posted.TryTake(out Action<Instant>? report, Patience), "the job behind was never reported");
            try
            {
                report(Instant.Zero);
            }
            catch (InvalidOperationException)
            {
                // The control loop logs it.
            }
        }
        Assert.Contains(good, _done);
    }

    [Fact]
    public void Dispose_JobsQueued_AreStillRun()
    {
        var runner = new IkeJobRunner(2, _posted.Add, (job, _) => _done.Add(job));
        CountedJob[] jobs = [.. Enumerable.Range(0, 50).Select(_ => new CountedJob())];
        foreach (CountedJob job in jobs) runner.Start(job);
        runner.Dispose();
        Assert.All(jobs, job => Assert.Equal(1, job.Runs));
    }

    private sealed class CountedJob : IkeJob
    {
        private int _runs;

        public int Runs => _runs;

        public override void Run() => Interlocked.Increment(ref _runs);
    }

    private sealed class WaitingJob(ManualResetEventSlim gate) : IkeJob
    {
        public override void Run() => gate.Wait();
    }
}
