using Dmvpn.Core;
using Dmvpn.Daemon.Control;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>
/// Reads the configuration file again and takes it into use. Reading and checking happen on a pool thread: a large file must
/// not stop the control thread, which only applies the difference. Reloads follow each other, so that the last file wins.
/// </summary>
internal sealed class ConfigurationReload(string path, ControlLoop loop, ConfigApplier applier, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>Reads the file again; a refused one changes nothing.</summary>
    /// <param name="who">Who asked, for the log.</param>
    /// <param name="force">True: also when the last tunnel or the protection of one goes.</param>
    public async Task<ReloadResult> ReloadAsync(string who, bool force)
    {
        await _one.WaitAsync();
        try
        {
            (RouterConfig? config, ConfigReport report) = await Task.Run(() => ConfigurationFile.Read(Path, needsTunnel: false));
            ConfigurationFile.Log(report, Path, logger);
            ReloadResult result = ConfigurationFile.Result(report);
            return config is null ? result : await loop.InvokeAsync(now => Apply(config, result, who, force, now));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>What a reload with this text would do; nothing is changed.</summary>
    public async Task<ReloadResult> CheckAsync(CheckRequest request)
    {
        (RouterConfig? config, ConfigReport report) = await Task.Run(() => ConfigLoader.Load(request.Text ?? ""));
        ReloadResult result = ConfigurationFile.Result(report);
        if (config is null) return result;
        RouterConfig running = await loop.InvokeAsync(_ => applier.Running);
        IReadOnlyList<string> losses = ConfigLosses.Of(running, config);
        if (losses.Count > 0) return NeedsForce(result, losses);
        return result with { Accepted = true, Changes = ConfigChanges.Describe(ConfigDiff.Compute(running, config)) };
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    // Control thread.
    private ReloadResult Apply(RouterConfig config, ReloadResult result, string who, bool force, Instant now)
    {
        if (!force && ConfigLosses.Of(applier.Running, config) is { Count: > 0 } losses)
        {
            foreach (string loss in losses) DaemonLog.NeedsForce(logger, Path, who, loss);
            return NeedsForce(result, losses);
        }
        if (applier.Apply(config, now, out string failure) is not { } changes)
            return result with { Messages = [.. result.Messages, Refusal(failure, "nothing was changed")] };
        DaemonLog.Configured(logger, Path, force ? who + ", forced" : who, changes.Count == 0 ? "nothing changed" : string.Join("; ", changes));
        return result with { Accepted = true, Changes = changes };
    }

    private static ReloadResult NeedsForce(ReloadResult result, IReadOnlyList<string> losses) => result with
    {
        NeedsForce = losses,
        Messages = [.. result.Messages, .. losses.Select(loss => Refusal(loss, "if that is meant: 'dmvpn reload --force'"))],
    };

    private static ConfigMessage Refusal(string text, string remedy) => new() { Kind = ConfigMessageKind.Error, Text = text, Remedy = remedy };
}
