using System.Diagnostics;
using Dmvpn.Core;

namespace Dmvpn.Fuzz;

/// <summary>All targets one after the other, each for its share of the time: seeds first, then what mutation and coverage make of them.</summary>
internal sealed class Smoke(TimeSpan time, ulong seed, string? only)
{
    private const int MaximumCorpus = 4096;

    // Engines are slow, and the first runs of each are slower: so many it gets in any case, within a bounded time.
    private const int LeastRuns = 200;
    private static readonly TimeSpan LongestForLeastRuns = TimeSpan.FromSeconds(5);

    /// <summary>Returns 0 when nothing was found.</summary>
    public int Run()
    {
        // Attached before the first touch of Wire: targets are run only below.
        var coverage = new Coverage();
        coverage.Attach();
        FuzzTarget[] targets = [.. FuzzTarget.All.Where(target => only is null || target.Name == only)];
        if (targets.Length == 0)
        {
            Console.Error.WriteLine($"No target '{only}'; there are: {string.Join(", ", FuzzTarget.All.Select(target => target.Name))}");
            return 2;
        }
        int findings = 0;
        foreach (FuzzTarget target in targets) findings += Run(target, coverage, time / targets.Length);
        Console.WriteLine(findings == 0 ? "No findings" : $"{findings} findings (seed {seed})");
        return findings == 0 ? 0 : 1;
    }

    private int Run(FuzzTarget target, Coverage coverage, TimeSpan share)
    {
        var random = new SeededRandom(seed);
        var mutator = new Mutator(random);
        var corpus = new List<byte[]>();
        int before = coverage.Branches;
        long runs = 0;
        foreach (byte[] good in target.Seeds())
        {
            corpus.Add(good);
            if (!TryInput(target, coverage, good)) return 1;
        }
        // What is loaded and compiled for the first inputs is no part of the share.
        var clock = Stopwatch.StartNew();
        for (; clock.Elapsed < share || runs < LeastRuns && clock.Elapsed < LongestForLeastRuns; runs++)
        {
            byte[] input = mutator.Mutate(corpus[random.Below(corpus.Count)], corpus);
            if (random.Below(4) != 0) target.Repair(input);
            coverage.Clear();
            if (!TryInput(target, coverage, input)) return 1;
            if (coverage.TakeNew() && corpus.Count < MaximumCorpus) corpus.Add(input);
        }
        Console.WriteLine($"{target.Name,-8} {runs,10} runs, {runs / clock.Elapsed.TotalSeconds,8:F0}/s, {corpus.Count,4} inputs, {coverage.Branches - before,4} new branches");
        return 0;
    }

    private static bool TryInput(FuzzTarget target, Coverage coverage, byte[] input)
    {
        try
        {
            target.Fuzz(input);
            return true;
        }
        catch (Exception finding)
        {
            coverage.Clear();
            string file = $"crash-{target.Name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input))[..12]}.bin";
            File.WriteAllBytes(file, input);
            Console.Error.WriteLine($"FINDING in {target.Name}, kept in {file}:\n  {Convert.ToHexStringLower(input)}\n  {finding}");
            return false;
        }
    }
}
