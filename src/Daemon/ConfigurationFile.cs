using System.Text;
using Dmvpn.Core;
using Dmvpn.Daemon.Api;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>
/// The configuration file on disk: read at start, and again at every reload. A file that is refused changes nothing.
/// </summary>
internal sealed class ConfigurationFile(string path, ConfigApplier applier, ILogger logger)
{
    // A configuration is text of some kilobytes; a device or a huge file given by mistake must not fill the memory.
    private const int LargestFile = 16 * 1024 * 1024;

    public string Path { get; } = path;

    /// <summary>Reads and validates a file; the configuration is null when there are errors.</summary>
    public static (RouterConfig? Config, ConfigReport Report) Read(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var text = new StringBuilder();
            Span<char> piece = stackalloc char[4096];
            // Counted while it is read: a device says that its length is 0.
            while (reader.Read(piece) is > 0 and int length)
            {
                if (text.Length + length > LargestFile) return Unreadable($"is larger than {LargestFile} characters", "name the configuration file");
                text.Append(piece[..length]);
            }
            return ConfigLoader.Load(text.ToString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unreadable(e.Message, "check the path and the permissions");
        }

        (RouterConfig?, ConfigReport) Unreadable(string reason, string remedy) =>
            (null, new ConfigReport([new Finding { Kind = FindingKind.Error, Line = 0, Reason = $"{path}: {reason}", Remedy = remedy }]));
    }

    /// <summary>Errors, warnings and notes to the log.</summary>
    public static void Log(ConfigReport report, string path, ILogger logger)
    {
        Finding? first = null;
        foreach (Finding finding in report.Findings)
        {
            if (finding.Kind == FindingKind.Error) first ??= finding;
            else if (finding.Kind == FindingKind.Note) DaemonLog.ConfigNote(logger, path, Text(finding));
            else DaemonLog.ConfigWarning(logger, path, Text(finding));
        }
        if (first is not null) DaemonLog.ConfigRefused(logger, path, report.Count(FindingKind.Error), Text(first));
    }

    /// <summary>Reads the file again and takes it into use. Control thread.</summary>
    public ReloadResult Reload(string who, Instant now)
    {
        (RouterConfig? config, ConfigReport report) = Read(Path);
        Log(report, Path, logger);
        if (config is null) return new ReloadResult { Messages = Messages(report) };
        if (applier.Apply(config, now, out string failure) is not { } changes)
        {
            var refused = new ConfigMessage { Kind = ConfigMessageKind.Error, Text = failure, Remedy = "nothing was changed" };
            return new ReloadResult { Messages = [.. Messages(report), refused] };
        }
        DaemonLog.Configured(logger, Path, who, changes.Count == 0 ? "nothing changed" : string.Join("; ", changes));
        return new ReloadResult { Accepted = true, Changes = changes, Messages = Messages(report) };
    }

    /// <summary>What a reload with this text would do.</summary>
    public ReloadResult Check(CheckRequest request, RouterConfig running)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(request.Text);
        return new ReloadResult
        {
            Accepted = config is not null,
            Changes = config is null ? [] : ConfigChanges.Describe(ConfigDiff.Compute(running, config)),
            Messages = Messages(report),
        };
    }

    /// <summary>The running configuration as text, secrets masked.</summary>
    public static string Write(RouterConfig config, TunnelId? only) =>
        only is not { } id ? Management.Config.RunningConfig.Write(config)
        : config.Tunnel(id) is { } tunnel ? Management.Config.RunningConfig.Write(tunnel)
        : throw new ApiRefusal(404, new ApiError($"there is no interface {id}"));

    public static List<ConfigMessage> Messages(ConfigReport report)
    {
        var messages = new List<ConfigMessage>();
        foreach (Finding finding in report.Findings)
        {
            messages.Add(new ConfigMessage
            {
                Kind = (ConfigMessageKind)finding.Kind,
                Line = finding.Line,
                Column = finding.Column,
                Text = finding.Reason,
                Remedy = finding.Remedy.Length == 0 ? null : finding.Remedy,
            });
        }
        return messages;
    }

    private static string Text(Finding finding)
    {
        string where = finding.Line > 0 ? $"line {finding.Line}: " : "";
        return finding.Remedy.Length > 0 ? $"{where}{finding.Reason} ({finding.Remedy})" : where + finding.Reason;
    }
}
