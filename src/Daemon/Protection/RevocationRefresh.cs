using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Pki;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// Keeps the revocation lists of <c>crl url</c> new: fetched when the configuration is taken into use, then again before the list ends and at least every hour, for a CA makes a new one whenever
/// it revokes; after a failure soon, and later and later. Fetching and reading is done on the pool; the rest, and all calls, on the control thread.
/// </summary>
internal sealed class RevocationRefresh(
    Action<Action<Instant>> post, IWallClock clock, IRandom random, Func<string, CancellationToken, Task<(byte[] File, string Failure)>> fetch) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1), Shortest = TimeSpan.FromMinutes(1), FirstRetry = TimeSpan.FromSeconds(10), LastRetry = TimeSpan.FromMinutes(15);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Source> _sources = [];
    private readonly Dictionary<string, byte[]> _latest = [];
    private int _underWay;

    /// <summary>Where it says what it got, and what it did not.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Told when a trustpoint has another list: peers that are up may be on it.</summary>
    public Action<Instant> Changed { get; init; } = static _ => { };

    /// <summary>When <see cref="OnDeadline"/> has something to do.</summary>
    public Instant NextDeadline
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Source source in _sources) next = Instant.Min(next, source.NextAt);
            return next;
        }
    }

    /// <summary>Follows these trustpoints from now on, and no others. What was fetched for them before is theirs at once: a reload must not leave them without.</summary>
    public void Use(IkeConfig config, IReadOnlyDictionary<string, Trustpoint> loaded, Instant now)
    {
        _sources.Clear();
        foreach (TrustpointConfig trustpoint in config.Trustpoints)
        {
            if (trustpoint.Revocation == RevocationCheck.None || !loaded.TryGetValue(trustpoint.Name, out Trustpoint? made)) continue;
            if (trustpoint.CrlUrl is not { } url)
            {
                if (EndedAt(made) is { } ended) IpsecLog.RevocationListEnded(Logger, trustpoint.Name, ended, Consequence(trustpoint, made));
                continue;
            }
            if (_latest.TryGetValue(url, out byte[]? file)) made.ReplaceRevocationList(file);
            _sources.Add(new Source(trustpoint, made, url) { NextAt = now });
        }
        foreach (string url in _latest.Keys.Except(_sources.Select(source => source.Url)).ToArray()) _latest.Remove(url);
    }

    /// <summary>Starts what is due.</summary>
    public void OnDeadline(Instant now)
    {
        foreach (Source source in _sources)
        {
            if (source.NextAt > now) continue;
            source.NextAt = Instant.Never;
            Interlocked.Increment(ref _underWay);
            _ = Task.Run(() => FetchAsync(source));
        }
    }

    /// <summary>Nothing is posted any more afterwards.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        SpinWait.SpinUntil(() => Volatile.Read(ref _underWay) == 0, TimeSpan.FromSeconds(5));
        _stop.Dispose();
    }

    private async Task FetchAsync(Source source)
    {
        try
        {
            (byte[] file, string failure) = await fetch(source.Url, _stop.Token);
            if (failure.Length == 0) failure = Replace(source, file);
            if (!_stop.IsCancellationRequested) post(now => OnFetched(source, file, failure, now));
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private static string Replace(Source source, byte[] file)
    {
        try
        {
            return source.Trustpoint.ReplaceRevocationList(file) ?? "";
        }
        catch (CryptographicException e)
        {
            return e.Message;
        }
    }

    private void OnFetched(Source source, byte[] file, string failure, Instant now)
    {
        // Another configuration is in use meanwhile.
        if (!_sources.Contains(source)) return;
        DateTimeOffset? next = NextUpdate(source.Trustpoint);
        if (failure.Length == 0)
        {
            _latest[source.Url] = file;
            Changed(now);
            if (next is { } ended && ended <= clock.Now) failure = $"the list there is out of date since {ended:u}";
        }
        if (failure.Length > 0)
        {
            TimeSpan retry = FirstRetry * Math.Pow(2, Math.Min(source.Failures++, 10));
            source.NextAt = now + Spread(retry < LastRetry ? retry : LastRetry);
            IpsecLog.RevocationListFailed(Logger, source.Config.Name, source.Url, failure, Consequence(source.Config, source.Trustpoint), (int)source.NextAt.Since(now).TotalSeconds);
            return;
        }
        source.Failures = 0;
        TimeSpan wait = next is { } until ? (until - clock.Now) * 0.75 : Longest;
        source.NextAt = now + Spread(wait > Longest ? Longest : wait < Shortest ? Shortest : wait);
        IpsecLog.RevocationListTaken(Logger, source.Config.Name, source.Url, source.Trustpoint.RevocationLists.Sum(list => list.Count), next?.ToString("u") ?? "at no stated time");
    }

    /// <summary>Up to a tenth less: the routers of a network do not ask all at once.</summary>
    private TimeSpan Spread(TimeSpan time) => time - time * (0.1 * random.NextUInt32() / uint.MaxValue);

    private DateTimeOffset? EndedAt(Trustpoint trustpoint) => NextUpdate(trustpoint) is { } next && next <= clock.Now ? next : null;

    private static DateTimeOffset? NextUpdate(Trustpoint trustpoint) => trustpoint.RevocationLists.Min(list => list.NextUpdate);

    private string Consequence(TrustpointConfig config, Trustpoint trustpoint) =>
        trustpoint.RevocationLists.Count > 0 && EndedAt(trustpoint) is null ? $"the list at hand goes on to count{(NextUpdate(trustpoint) is { } until ? $" until {until:u}" : "")}"
        : config.Revocation == RevocationCheck.Crl ? "until there is one that counts, peers with certificates of this CA are refused ('revocation-check crl')"
        : "until there is one that counts, certificates revoked since are believed ('revocation-check crl none')";

    private sealed class Source(TrustpointConfig config, Trustpoint trustpoint, string url)
    {
        public TrustpointConfig Config { get; } = config;

        public Trustpoint Trustpoint { get; } = trustpoint;

        public string Url { get; } = url;

        public Instant NextAt { get; set; }

        public int Failures { get; set; }
    }
}
