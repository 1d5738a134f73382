using System.Diagnostics;

namespace Dmvpn.Lab.Hosts;

/// <summary>A process of the laboratory that goes on running, leading a process group of its own, with all it says in a file.</summary>
public sealed class LabProcess
{
    private readonly Process _process;
    private readonly ulong _started;

    private LabProcess(Process process, string name, string log)
    {
        _process = process;
        _started = Signals.StartTime(process.Id) ?? 0;
        Name = name;
        LogFile = log;
    }

    /// <summary>What the log is named after.</summary>
    public string Name { get; }

    /// <summary>Number of the process.</summary>
    public int Pid => _process.Id;

    /// <summary>Standard output and error.</summary>
    public string LogFile { get; }

    /// <summary>It is no more.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>How it ended, of one that is no more: 128 and the signal for one that was killed.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What it has said so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>Its standard input, where it was started with one.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>
    /// Starts one. The log is a file and not a pipe so that the process outlives us where it shall; setsid so that a Ctrl-C at
    /// the terminal is ours alone. The number stays the same through setsid, ip and sh: each of them becomes the next.
    /// </summary>
    internal static LabProcess Start(string? networkNamespace, string name, string log, bool input, string[] command)
    {
        List<string> arguments = networkNamespace is null ? [] : ["ip", "netns", "exec", networkNamespace];
        arguments.AddRange(["sh", "-c", input ? "exec \"$@\" >>\"$0\" 2>&1" : "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log]);
        arguments.AddRange(command);
        return new LabProcess(
            Host.Start(new ProcessStartInfo("setsid", arguments) { RedirectStandardInput = input }), name, log);
    }

    /// <summary>For the journal.</summary>
    internal string Identity => $"{Pid} {_started}";

    /// <summary>Asks it to end, and kills it when it has not within <paramref name="patience"/>.</summary>
    public Task StopAsync(TimeSpan patience) => Task.Run(() => Signals.End([(Pid, _started)], patience));

    /// <summary>Ends it as a crash would. What it listened on is gone afterwards: a dying process is still connected to.</summary>
    public Task KillAsync() => Task.Run(() =>
    {
        Signals.EndAtOnce([(Pid, _started)]);
        _process.WaitForExit(Host.Patience);
    });
}
