using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Api;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Logging;
using Dmvpn.Daemon.Protection;
using Dmvpn.Management.Config;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>The life of <c>dmvpn run</c>: load, start, serve until told to stop, withdraw everything, end.</summary>
public static class DaemonHost
{
    /// <summary>Exit status: ended in good order.</summary>
    public const int Ended = 0;

    /// <summary>Exit status: the configuration was refused.</summary>
    public const int ConfigurationRefused = 1;

    /// <summary>Exit status: the system refused something that the daemon cannot do without.</summary>
    public const int CannotStart = 2;

    /// <summary>Runs the daemon until SIGTERM, SIGINT or <paramref name="cancel"/>.</summary>
    public static async Task<int> RunAsync(DaemonOptions options, CancellationToken cancel)
    {
        options = options with { SocketPath = Path.GetFullPath(options.SocketPath) };
        bool journal = options.Journal ?? Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null;
        using var log = new RouterLog(options.LogLevel ?? LogLevel.Information, Console.Error, journal) { FixedLevel = options.LogLevel };
        ILogger logger = log.CreateLogger(EventBlock.Daemon.Category);

        (RouterConfig? config, ConfigReport report) = ConfigurationFile.Read(options.ConfigFile);
        ConfigurationFile.Log(report, options.ConfigFile, logger);
        if (config is null) return ConfigurationRefused;

        try
        {
            // BEFORE anything random is asked for: .NET would end the process without a word that helps.
            CryptoLibrary.Require();
            if (StartCheck.MissingCapabilities(config) is { } missing)
            {
                DaemonLog.CannotStart(logger, missing, "nothing was changed");
                return CannotStart;
            }
            // Keys are in memory from here on.
            ProcessMemory.IsOpen = false;
            return await RunAsync(options, config, log, logger, cancel);
        }
        catch (CryptographicException e)
        {
            DaemonLog.CannotStart(logger, e.Message, "all cryptography comes from it, random numbers too");
            return CannotStart;
        }
        catch (LinuxException e)
        {
            DaemonLog.CannotStart(logger, e.Message, e.Error.Number == Errno.NotPermitted
                ? "the capabilities are there: a container or a sandbox forbids it (/dev/net/tun must be there and open to this user)"
                : "see the kernel's words");
            return CannotStart;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            DaemonLog.CannotStart(logger, e.Message, "");
            return CannotStart;
        }
    }

    private static async Task<int> RunAsync(DaemonOptions options, RouterConfig config, RouterLog log, ILogger logger, CancellationToken cancel)
    {
        await UnixSocketFile.PrepareAsync(options.SocketPath, cancel);
        using NamespaceClaim claim = StartCheck.ClaimNamespace();
        using var loop = new ControlLoop(logger);
        using var router = new Router(loop, SecretsFile.LoadOrCreate(options.StateFile, logger), config.WorkersInForce, log);
        using KeyLogFile? keys = options.KeyLogFile is { } keyLog ? KeyLogFile.Open(keyLog, logger) : null;
        router.KeyLog = keys;
        using var reload = new ConfigurationReload(options.ConfigFile, loop, router.Configuration, logger);
        await using var server = new ApiServer(options.SocketPath, loop, new RouterApi(router, reload), log);

        Instant now = MonotonicClock.Now;
        router.Trustpoints.Directory = Path.GetDirectoryName(Path.GetFullPath(options.ConfigFile)) ?? "/";
        router.Start(now);
        if (router.Configuration.Apply(config, now, out string failure) is null) throw new InvalidOperationException(failure);
        router.Kernel.Start(now);
        router.OnRoundEnd(now);
        CheckForwarding(config, logger);

        // The socket opens when the loop can answer.
        var control = new Thread(() => loop.Run(router)) { Name = "control" };
        control.Start();
        var stop = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration cancelled = cancel.Register(() => stop.TrySetResult("request"));
        using var signals = new SignalHandling(signal =>
        {
            // A signal never forces: nobody would see what is lost.
            if (signal == SignalRequest.Reload) _ = reload.ReloadAsync("SIGHUP", force: false).ContinueWith(
                failed => DaemonLog.ControlFailure(logger, failed.Exception!), TaskContinuationOptions.OnlyOnFaulted);
            else stop.TrySetResult("signal");
        });
        try
        {
            await server.StartAsync(cancel);
            DaemonLog.Started(logger, ProductVersion.Text, options.ConfigFile, options.SocketPath);
            DaemonLog.Stopping(logger, await stop.Task);
        }
        finally
        {
            loop.Post(at =>
            {
                router.Stop(at);
                loop.Stop();
            });
            control.Join();
        }
        return Ended;
    }

    private static void CheckForwarding(RouterConfig config, ILogger logger)
    {
        bool ipv6 = false;
        foreach (TunnelConfig tunnel in config.Tunnels) ipv6 |= tunnel.Ipv6Addresses.Count > 0;
        if (!KernelSettings.ForwardsIPv4) DaemonLog.ForwardingOff(logger, "ipv4", "ip_forward", "net.ipv4.ip_forward=1");
        if (KernelSettings.ForwardsIPv4 && KernelSettings.SendsRedirects && config.Tunnels.AsSpan().Length > 0) DaemonLog.RedirectsOn(logger);
        if (ipv6 && !KernelSettings.ForwardsIPv6) DaemonLog.ForwardingOff(logger, "ipv6", "conf.all.forwarding", "net.ipv6.conf.all.forwarding=1");
    }
}
