using System.Globalization;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show version</c>, <c>show logging</c>, <c>show drops</c> and the lines of <c>debug</c>.</summary>
public static class SystemScreens
{
    /// <summary><c>show version</c>.</summary>
    public static string Render(VersionState state) => new ScreenText()
        .Line($"OpenDMVPN Software (dmvpn), Version {state.Version}, RELEASE SOFTWARE (native)")
        .Line($"{state.OperatingSystem}; {state.Runtime}")
        .Line()
        .Line($"{state.HostName} uptime is {ScreenFormat.LongAge(state.UptimeSeconds)}")
        .Line($"System restarted at {state.StartedAt.ToUniversalTime().ToString("HH:mm:ss 'UTC' ddd MMM d yyyy", CultureInfo.InvariantCulture)}")
        .Line($"Configuration file is \"{state.ConfigurationFile}\", loaded {ScreenFormat.Age(state.ConfigurationAgeSeconds)} ago")
        .Line()
        .Line($"Process ID {state.ProcessId}, {ScreenFormat.Plural(state.Processors, "processor")}, {state.ResidentBytes / 1024}K bytes of memory.")
        .Line($"{ScreenFormat.Plural(state.Tunnels, "Tunnel interface")}")
        .ToString();

    /// <summary><c>show logging</c>.</summary>
    public static string Render(LogState state)
    {
        long logged = state.Lines.Count + state.Overwritten;
        var text = new ScreenText()
            .Line($"Syslog logging: enabled (0 messages dropped, {state.Overwritten} overruns)").Line()
            .Line($"    Buffer logging:  level {state.Level.ToString().ToLowerInvariant()}, {logged} messages logged").Line()
            .Line($"Log Buffer ({state.Capacity} lines):").Line();
        foreach (LogLine line in state.Lines) text.Line(Line(line));
        return text.ToString();
    }

    /// <summary>One line of the log: <c>Nov 23 00:24:28.123: %NHRP-5-NHS_UP: text</c>.</summary>
    public static string Line(LogLine line) => $"{Time(line.Time)}: %{line.Facility}-{(int)line.Severity}-{line.Mnemonic}: {line.Text}";

    /// <summary>One line of <c>debug</c> (several when its text has several, each after the first indented as the sender gave it).</summary>
    public static string Line(DebugLine line) => $"{Time(line.Time)}: {line.Text}";

    /// <summary><c>show drops</c>.</summary>
    public static string Render(DropState state)
    {
        var text = new ScreenText().Line("Engine      Interface    Packets      Reason");
        foreach (DropEntry drop in state.Drops)
            text.Line($"{drop.Engine,-11} {drop.Tunnel?.ToString() ?? "-",-12} {drop.Count,-12} {drop.Reason}");
        return text.Line().Line($"Total packets dropped: {state.Drops.Sum(drop => drop.Count)}").ToString();
    }

    private static string Time(DateTimeOffset time)
    {
        DateTimeOffset utc = time.ToUniversalTime();
        return string.Create(CultureInfo.InvariantCulture, $"{utc:MMM} {utc.Day,2} {utc:HH:mm:ss.fff}");
    }
}
