using System.Text;
using Dmvpn.Core;
using Dmvpn.Daemon.Api;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>
/// The configuration file on disk: read at start, and again at every reload, never on the control thread.
/// </summary>
internal static class ConfigurationFile
{
    // A configuration is text of some kilobytes; a device or a huge file given by mistake must not fill the memory.
    private const int LargestFile = 16 * 1024 * 1024;

    /// <summary>Reads and validates a file; the configuration is null when there are errors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="needsTunnel">False for a reload: what it says of a file without a tunnel depends on what runs.</param>
    public static (RouterConfig? Config, ConfigReport Report) Read(string path, bool needsTunnel = true)
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
            return ConfigLoader.Load(text.ToString(), needsTunnel);
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

    /// <summary>The report as the API and <c>--json</c> give it; whether the file is accepted the caller says.</summary>
    public static ReloadResult Result(ConfigReport report) =>
        new() { Messages = Messages(report), Understood = report.Understood, PassedOver = report.PassedOver };

    /// <summary>The running configuration as text, secrets masked.</summary>
    public static string Write(RouterConfig config, TunnelId? only) =>
        only is not { } id ? Management.Config.RunningConfig.Write(config)
        : config.Tunnel(id) is { } tunnel ? Management.Config.RunningConfig.Write(tunnel)
        : throw new ApiRefusal(404, new ApiError($"there is no interface {id}"));

    private static List<ConfigMessage> Messages(ConfigReport report)
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
