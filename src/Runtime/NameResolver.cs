using System.Net;
using System.Net.Sockets;
using Dmvpn.Core;

namespace Dmvpn.Runtime;

/// <summary>
/// Looks host names up in the background, with the system's resolver (A and AAAA), in the daemon's own network namespace, and
/// keeps on looking (<see cref="RuntimeLimits.NameRefresh"/>) for as long as they are watched. Safe from any thread.
/// </summary>
public sealed class NameResolver : IDisposable
{
    /// <summary>How often a watched name is looked up again.</summary>
    public static TimeSpan Refresh => RuntimeLimits.NameRefresh;

    private readonly Action<NameResolution> _deliver;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp;
    private readonly Dictionary<string, CancellationTokenSource> _watched = new(StringComparer.OrdinalIgnoreCase);
    private bool _disposed;

    /// <summary>A resolver that watches nothing yet.</summary>
    /// <param name="deliver">
    /// Called on a pool thread after every look-up, changed or not: post to a mailbox there, and nothing else. A
    /// result that was under way may still come after <see cref="Unwatch"/>.
    /// </param>
    public NameResolver(Action<NameResolution> deliver)
        : this(deliver, static (name, cancel) => Dns.GetHostAddressesAsync(name, cancel))
    {
    }

    internal NameResolver(Action<NameResolution> deliver, Func<string, CancellationToken, Task<IPAddress[]>> lookUp)
    {
        _deliver = deliver;
        _lookUp = lookUp;
    }

    /// <summary>Looks <paramref name="name"/> up now and then again and again. No effect when it is watched already.</summary>
    public void Watch(string name)
    {
        lock (_watched)
        {
            if (_disposed || _watched.ContainsKey(name)) return;
            var stop = new CancellationTokenSource();
            _watched.Add(name, stop);
            _ = Task.Run(() => FollowAsync(name, stop.Token));
        }
    }

    /// <summary>Looks <paramref name="name"/> up no more.</summary>
    public void Unwatch(string name)
    {
        lock (_watched)
        {
            if (_watched.Remove(name, out CancellationTokenSource? stop)) stop.Cancel();
        }
    }

    /// <summary>Ends all watching.</summary>
    public void Dispose()
    {
        lock (_watched)
        {
            _disposed = true;
            foreach (CancellationTokenSource stop in _watched.Values) stop.Cancel();
            _watched.Clear();
        }
    }

    private async Task FollowAsync(string name, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            NameResolution result = await LookUpAsync(name, stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested) return;
            _deliver(result);
            TimeSpan pause = result.Failure is null ? RuntimeLimits.NameRefresh : RuntimeLimits.NameRetry;
            await Task.Delay(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<NameResolution> LookUpAsync(string name, CancellationToken stop)
    {
        try
        {
            IPAddress[] found = await _lookUp(name, stop).ConfigureAwait(false);
            IpAddress[] addresses = Array.ConvertAll(found, static address => IpAddress.FromBytes(address.GetAddressBytes()));
            return new NameResolution(name, ValueList.Create(addresses.AsSpan()), addresses.Length == 0 ? "no address" : null);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ArgumentException)
        {
            return new NameResolution(name, ValueList<IpAddress>.Empty, exception.Message);
        }
    }
}

/// <summary>How a look-up ended.</summary>
/// <param name="Name">The name as given to <see cref="NameResolver.Watch"/>.</param>
/// <param name="Addresses">IPv4 and IPv6 addresses in the resolver's order; empty after a failure.</param>
/// <param name="Failure">Why there are none; null when there are.</param>
public readonly record struct NameResolution(string Name, ValueList<IpAddress> Addresses, string? Failure);
