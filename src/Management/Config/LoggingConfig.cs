namespace Dmvpn.Management.Config;

/// <summary><c>logging …</c>: which severities go where. A null level turns the destination off.</summary>
public sealed record LoggingConfig
{
    /// <summary><c>logging console [level]</c>: to standard error.</summary>
    public Severity? Console { get; init; } = Severity.Informational;

    /// <summary><c>logging trap [level]</c>: to the journal, when the daemon was started by systemd.</summary>
    public Severity? Journal { get; init; } = Severity.Informational;

    /// <summary><c>logging buffered [size] [level]</c>: to the ring that <c>show logging</c> prints.</summary>
    public Severity? Buffered { get; init; } = Severity.Debugging;

    /// <summary>Size of that ring in bytes of text, 4096-2147483647.</summary>
    public int BufferSize { get; init; } = 65536;
}

/// <summary>Syslog severities, RFC 5424 6.2.1, by IOS's names.</summary>
public enum Severity
{
    /// <summary>0: system is unusable.</summary>
    Emergencies,

    /// <summary>1: action must be taken at once.</summary>
    Alerts,

    /// <summary>2: critical conditions.</summary>
    Critical,

    /// <summary>3: error conditions.</summary>
    Errors,

    /// <summary>4: warning conditions.</summary>
    Warnings,

    /// <summary>5: normal but significant.</summary>
    Notifications,

    /// <summary>6: informational.</summary>
    Informational,

    /// <summary>7: debugging.</summary>
    Debugging,
}
