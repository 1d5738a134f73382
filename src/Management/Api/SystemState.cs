using System.Text.Json.Serialization;
using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary><c>show cdp neighbors [detail]</c>.</summary>
public sealed record CdpNeighborState
{
    /// <summary>The neighbours, by name.</summary>
    public IReadOnlyList<CdpNeighbor> Neighbors { get; init; } = [];
}

/// <summary>One CDP neighbour on a tunnel.</summary>
public sealed record CdpNeighbor
{
    /// <summary>Device ID TLV.</summary>
    public required string DeviceId { get; init; }

    /// <summary>The tunnel it was heard on.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>Addresses TLV.</summary>
    public IReadOnlyList<IpAddress> Addresses { get; init; } = [];

    /// <summary>Port ID TLV: the neighbour's interface.</summary>
    public string PortId { get; init; } = "";

    /// <summary>Platform TLV.</summary>
    public string Platform { get; init; } = "";

    /// <summary>Capabilities TLV, the bits as received.</summary>
    public uint Capabilities { get; init; }

    /// <summary>Version TLV, may have several lines.</summary>
    [JsonConverter(typeof(PrintableLinesConverter))]
    public string SoftwareVersion { get; init; } = "";

    /// <summary>CDP version of the packet: 1 or 2.</summary>
    public int AdvertisementVersion { get; init; } = 2;

    /// <summary>Seconds left.</summary>
    public long HoldTimeSeconds { get; init; }

    /// <summary>The prefixes it sent for ODR.</summary>
    public IReadOnlyList<IpPrefix> OdrPrefixes { get; init; } = [];

    /// <summary>The default route it offers to stubs (ODR hub); null when it offers none.</summary>
    public IpAddress? OdrDefaultRoute { get; init; }
}

/// <summary><c>show version</c>.</summary>
public sealed record VersionState
{
    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }

    /// <summary><c>hostname</c>.</summary>
    public required string HostName { get; init; }

    /// <summary>Seconds the daemon has run.</summary>
    public long UptimeSeconds { get; init; }

    /// <summary>When the daemon was started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The configuration file.</summary>
    public string ConfigurationFile { get; init; } = "";

    /// <summary>Seconds since the running configuration was loaded.</summary>
    public long ConfigurationAgeSeconds { get; init; }

    /// <summary>"Linux 6.1.0 x86_64".</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>".NET 10.0.1, NativeAOT".</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Process id.</summary>
    public int ProcessId { get; init; }

    /// <summary>Processors it may use.</summary>
    public int Processors { get; init; }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Tunnel interfaces.</summary>
    public int Tunnels { get; init; }

    /// <summary>The library that all cryptography comes from.</summary>
    public string CryptoLibrary { get; init; } = "";

    /// <summary>The file that all keys are written to (<c>run --keylog</c>); null without.</summary>
    public string? KeyLog { get; init; }
}

/// <summary><c>show logging</c>: the log buffer, oldest first.</summary>
public sealed record LogState
{
    /// <summary>The lines.</summary>
    public IReadOnlyList<LogLine> Lines { get; init; } = [];

    /// <summary>Lines the buffer holds at most.</summary>
    public int Capacity { get; init; }

    /// <summary>Lines that were pushed out of the buffer.</summary>
    public long Overwritten { get; init; }

    /// <summary>Lines below this level are not logged.</summary>
    public LogSeverity Level { get; init; } = LogSeverity.Informational;
}

/// <summary>One line of the log.</summary>
public sealed record LogLine
{
    /// <summary>When it was written, wall clock with offset.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>How bad it is.</summary>
    public LogSeverity Severity { get; init; } = LogSeverity.Informational;

    /// <summary>The part that speaks, in capitals: "NHRP", "DMVPN", "ODR", "LINEPROTO".</summary>
    public string Facility { get; init; } = "DMVPN";

    /// <summary>The event in capitals: "NHS_UP". With facility and severity: <c>%DMVPN-5-NHS_UP</c>.</summary>
    public string Mnemonic { get; init; } = "";

    /// <summary>The event's number, unique in the product.</summary>
    public int EventId { get; init; }

    /// <summary>The text; never a secret.</summary>
    [JsonConverter(typeof(PrintableLinesConverter))]
    public string Text { get; init; } = "";
}

/// <summary>Syslog severities (RFC 5424 6.2.1), as IOS numbers and names them.</summary>
public enum LogSeverity
{
    /// <summary>0.</summary>
    Emergencies,

    /// <summary>1.</summary>
    Alerts,

    /// <summary>2.</summary>
    Critical,

    /// <summary>3.</summary>
    Errors,

    /// <summary>4.</summary>
    Warnings,

    /// <summary>5.</summary>
    Notifications,

    /// <summary>6.</summary>
    Informational,

    /// <summary>7.</summary>
    Debugging,
}

/// <summary><c>show drops</c>: every packet that was not processed, by the name of the reason. Reasons never counted are left out.</summary>
public sealed record DropState
{
    /// <summary>The reasons, by engine.</summary>
    public IReadOnlyList<DropEntry> Drops { get; init; } = [];
}

/// <summary>One reason.</summary>
public sealed record DropEntry
{
    /// <summary>The part that dropped: "dataplane", "nhrp", "odr", "tun"…</summary>
    public required string Engine { get; init; }

    /// <summary>The tunnel; null when the packet could not be given to one.</summary>
    public TunnelId? Tunnel { get; init; }

    /// <summary>Name of the reason: a value of the engine's drop enum.</summary>
    public required string Reason { get; init; }

    /// <summary>Packets.</summary>
    public long Count { get; init; }
}

/// <summary><c>show running-config</c>: IOS syntax, defaults hidden, secrets masked.</summary>
/// <param name="Text">The text, lines ended by a line feed.</param>
public sealed record RunningConfig([property: JsonConverter(typeof(PrintableLinesConverter))] string Text);
