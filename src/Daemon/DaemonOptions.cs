using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>How <c>dmvpn run</c> was asked to run.</summary>
/// <param name="ConfigFile">The configuration file.</param>
/// <param name="SocketPath">The control socket.</param>
public sealed record DaemonOptions(string ConfigFile, string SocketPath)
{
    /// <summary>The lowest severity that goes to stderr; the configuration's <c>logging</c> decides when null.</summary>
    public LogLevel? LogLevel { get; init; }

    /// <summary>The file with the secrets that outlive the process; beside the control socket by default.</summary>
    public string StateFile { get; init; } = SocketPath + ".secrets";

    /// <summary>The file that the keys of all SAs are written to, for Wireshark; null, as it should be, for none.</summary>
    public string? KeyLogFile { get; init; }

    /// <summary>True to write for systemd's journal; null to find out (JOURNAL_STREAM).</summary>
    public bool? Journal { get; init; }
}
