using System.Globalization;
using Dmvpn.Management.Api;

namespace Dmvpn.Management.Screens;

/// <summary><c>show version</c>, <c>show logging</c>, <c>show drops</c> and the lines of <c>debug</c>.</summary>
public static class SystemScreens
{
    /// <summary><c>show version</c>.</summary>
    public static string Render(VersionState state)
    {
        var text = new ScreenText();
        if (state.KeyLog is { } file) text.Line(CryptoFormat.KeyLogWarning(file)).Line();
        text.Line($"OpenDMVPN Software (dmvpn), Version {state.Version}, RELEASE SOFTWARE (native)");
        text.Line($"{state.OperatingSystem}; {state.Runtime}").Line();
        text.Line($"{state.HostName} uptime is {ScreenFormat.LongAge(state.UptimeSeconds)}");
        text.Line($"System restarted at {state.StartedAt.ToUniversalTime().ToString("HH:mm:ss 'UTC' ddd MMM d yyyy", CultureInfo.InvariantCulture)}");
        text.Line($"Configuration file is \"{state.ConfigurationFile}\", loaded {ScreenFormat.Age(state.ConfigurationAgeSeconds)} ago").Line();
        text.Line($"Process ID {state.ProcessId}, {ScreenFormat.Plural(state.Processors, "processor")}, {state.ResidentBytes / 1024}K bytes of memory.");
        text.Line($"{ScreenFormat.Plural(state.Tunnels, "Tunnel interface")}");
        if (state.CryptoLibrary.Length > 0) text.Line($"Cryptography by {state.CryptoLibrary}");
        return text.ToString();
    }

    /// <summary><c>show platform</c>.</summary>
    public static string Render(PlatformState state)
    {
        ScreenText text = new ScreenText()
        .Line($"Operating system    : {state.OperatingSystem}")
        .Line($"Runtime             : {state.Runtime}")
        .Line($"Crypto library      : {state.CryptoLibrary}")
        .Line($"Crypto acceleration : {(state.CryptoAcceleration.Length == 0 ? "unknown" : state.CryptoAcceleration)}")
        .Line($"Processors          : {state.Processors}")
        .Line($"Threads             : {state.ForwardingThreads} forwarding, {state.CryptoThreads} computing for IKE")
        .Line($"Memory              : {state.ResidentBytes / 1024}K resident, {state.ManagedBytes / 1024}K managed, {state.AvailableBytes / 1024}K available")
        .Line($"Garbage collections : {string.Join('/', state.Collections)} of generations 0/1/2, {state.CollectionPauseMicroseconds / 1000.0:0.0} ms in all; {state.AllocatedBytes / 1024}K allocated since the start");
        PlatformScreen.Forwarding(text, state);
        return text.ToString();
    }

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
