using System.Net;
using System.Net.Sockets;
using Dmvpn.Core;

namespace Dmvpn.Runtime;

/// <summary>A host name, and where it is looked up.</summary>
/// <param name="Namespace">The network namespace whose resolver is asked (<c>tunnel vrf</c>); null for the daemon's own.</param>
/// <param name="Name">The name as configured.</param>
public readonly record struct WatchedName(string? Namespace, string Name);

/// <summary>
/// Looks host names up in the background, with the system's resolver (A and AAAA), and keeps on looking
/// (<see cref="RuntimeLimits.NameRefresh"/>, after a failure <see cref="RuntimeLimits.NameRetry"/>) for as long as they are watched.
/// Safe from any thread.
/// </summary>
public sealed class NameResolver : IDisposable
{
    /// <summary>How often a watched name is looked up again.</summary>
    public static TimeSpan Refresh => RuntimeLimits.NameRefresh;

    private readonly Action<NameResolution> _deliver;
    private readonly Func<WatchedName, CancellationToken, Task<IPAddress[]>> _lookUp;
    private readonly Dictionary<WatchedName, Follower> _watched = [];
    private bool _disposed;

    /// <summary>A resolver that watches nothing yet.</summary>
    /// <param name="deliver">
    /// Called after every look-up, changed or not, from any thread: post to a mailbox there, and nothing else. A
    /// result that was under way may still come after <see cref="Unwatch"/>.
    /// </param>
    public NameResolver(Action<NameResolution> deliver)
        : this(deliver, NamespaceResolver.LookUpAsync)
    {
    }

    /// <summary>The same, with another way to look names up.</summary>
    public NameResolver(Action<NameResolution> deliver, Func<WatchedName, CancellationToken, Task<IPAddress[]>> lookUp)
    {
        _deliver = deliver;
        _lookUp = lookUp;
    }

    /// <summary>
    /// Looks <paramref name="name"/> up now and then again and again. When it is watched already, the result of a look-up that has
    /// just ended is delivered once more, and an older one is looked up anew.
    /// </summary>
    public void Watch(WatchedName name)
    {
        NameResolution? known = null;
        lock (_watched)
        {
            if (_disposed) return;
            if (!_watched.TryGetValue(name, out Follower? follower))
            {
                _watched.Add(name, follower = new Follower());
                _ = Task.Run(() => FollowAsync(name, follower));
            }
            else if (follower.Last is { } last && MonotonicClock.Now.Since(follower.LookedUp) < RuntimeLimits.NameHurry)
            {
                known = last;
            }
            else
            {
                follower.Hurry();
            }
        }
        if (known is { } result) _deliver(result);
    }

    /// <summary>Looks <paramref name="name"/> up no more.</summary>
    public void Unwatch(WatchedName name)
    {
        lock (_watched)
        {
            if (_watched.Remove(name, out Follower? follower)) follower.Stop.Cancel();
        }
    }

    /// <summary>Tries at once the names whose last look-up failed: the network has changed.</summary>
    public void RetryFailed()
    {
        lock (_watched)
        {
            foreach (Follower follower in _watched.Values)
            {
                if (follower.Last is { Failure: not null }) follower.Hurry();
            }
        }
    }

    /// <summary>Ends all watching.</summary>
    public void Dispose()
    {
        lock (_watched)
        {
            _disposed = true;
            foreach (Follower follower in _watched.Values) follower.Stop.Cancel();
            _watched.Clear();
        }
    }

    private async Task FollowAsync(WatchedName name, Follower follower)
    {
        CancellationToken stop = follower.Stop.Token;
        while (!stop.IsCancellationRequested)
        {
            NameResolution result = await LookUpAsync(name, stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested) return;
            lock (_watched) follower.Done(result);
            _deliver(result);
            await follower.WaitAsync(result.Failure is null ? RuntimeLimits.NameRefresh : RuntimeLimits.NameRetry).ConfigureAwait(false);
        }
    }

    private async Task<NameResolution> LookUpAsync(WatchedName name, CancellationToken stop)
    {
        try
        {
            IPAddress[] found = await _lookUp(name, stop).ConfigureAwait(false);
            IpAddress[] addresses = Array.ConvertAll(found, static address => IpAddress.FromBytes(address.GetAddressBytes()));
            return new NameResolution(name, ValueList.Create(addresses.AsSpan()), addresses.Length == 0 ? "it has no address" : null);
        }
        catch (SocketException exception)
        {
            return new NameResolution(name, ValueList<IpAddress>.Empty, Reason(exception));
        }
        catch (Exception exception) when (exception is LinuxException or OperationCanceledException or ArgumentException)
        {
            return new NameResolution(name, ValueList<IpAddress>.Empty, exception.Message);
        }
    }

    private static string Reason(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.HostNotFound => "no such name",
        SocketError.TryAgain => "no name server answers",
        SocketError.NoData => "it has no address",
        _ => exception.Message,
    };

    /// <summary>One name that is watched. What changes in it is guarded by the dictionary's lock.</summary>
    private sealed class Follower
    {
        private TaskCompletionSource? _waiting;

        public CancellationTokenSource Stop { get; } = new();

        /// <summary>How the last look-up ended; null before the first one has.</summary>
        public NameResolution? Last { get; private set; }

        public Instant LookedUp { get; private set; }

        /// <summary>Ends a pause. A look-up that is under way is not disturbed, and is new enough.</summary>
        public void Hurry() => _waiting?.TrySetResult();

        public void Done(in NameResolution result)
        {
            (Last, LookedUp) = (result, MonotonicClock.Now);
            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public async Task WaitAsync(TimeSpan pause)
        {
            await Task.WhenAny(_waiting!.Task, Task.Delay(pause, Stop.Token)).ConfigureAwait(false);
        }
    }
}

/// <summary>How a look-up ended.</summary>
/// <param name="Name">The name as given to <see cref="NameResolver.Watch"/>.</param>
/// <param name="Addresses">IPv4 and IPv6 addresses in the resolver's order; empty after a failure.</param>
/// <param name="Failure">Why there are none; null when there are.</param>
public readonly record struct NameResolution(WatchedName Name, ValueList<IpAddress> Addresses, string? Failure);
