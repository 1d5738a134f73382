using Dmvpn.Daemon.Logging;
using Dmvpn.Management.Api;
using Microsoft.Extensions.Logging;
using LogLine = Dmvpn.Management.Api.LogLine;

namespace Dmvpn.Daemon.Api;

/// <summary>The log buffer as <c>show logging</c> sees it.</summary>
internal static class LogScreen
{
    public static LogState Of(RouterLog log)
    {
        Logging.LogLine[] lines = log.Buffer.Snapshot();
        return new LogState
        {
            Lines = Array.ConvertAll(lines, Of),
            Capacity = log.Buffer.Capacity,
            Overwritten = Math.Max(0, log.Buffer.Written - lines.Length),
            Level = Severity(log.BufferLevel),
        };
    }

    public static LogSeverity Severity(LogLevel level) => level switch
    {
        LogLevel.Critical => LogSeverity.Critical,
        LogLevel.Error => LogSeverity.Errors,
        LogLevel.Warning => LogSeverity.Warnings,
        LogLevel.Information => LogSeverity.Informational,
        _ => LogSeverity.Debugging,
    };

    private static LogLine Of(Logging.LogLine line) => new()
    {
        Time = line.Time,
        Severity = Severity(line.Level),
        Facility = line.Category.ToUpperInvariant(),
        Mnemonic = line.Mnemonic,
        EventId = line.Event.Id,
        Text = line.Text,
    };
}
