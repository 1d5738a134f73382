using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Dmvpn.Lab.Hosts;

/// <summary>Ending processes by their number, and only those that are the ones meant.</summary>
internal static partial class Signals
{
    private const int Terminate = 15;
    private const int Kill = 9;

    /// <summary>When a process started, in clock ticks since boot: with the number it names one process for good. Null when gone.</summary>
    public static ulong? StartTime(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            // The second field is the command in parentheses and may hold anything; the state follows, the time is the 22nd.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Ends these processes with the groups they lead (each was started by setsid): asks, waits for all of them together until
    /// <paramref name="patience"/> is over, then kills.
    /// </summary>
    public static void End(IReadOnlyCollection<(int Pid, ulong Started)> processes, TimeSpan patience)
    {
        Send(processes, Terminate);
        long begin = Stopwatch.GetTimestamp();
        while (processes.Any(IsAlive) && Stopwatch.GetElapsedTime(begin) < patience)
            Thread.Sleep(Poll.Interval / 5);
        Send(processes, Kill);
        begin = Stopwatch.GetTimestamp();
        while (processes.Any(IsAlive) && Stopwatch.GetElapsedTime(begin) < patience)
            Thread.Sleep(Poll.Interval / 5);
    }

    /// <summary>Ends processes and their children at once, without a chance to tidy up.</summary>
    public static void EndAtOnce(IReadOnlyCollection<(int Pid, ulong Started)> processes) => Send(processes, Kill);

    private static bool IsAlive((int Pid, ulong Started) process) => StartTime(process.Pid) == process.Started;

    private static void Send(IEnumerable<(int Pid, ulong Started)> processes, int signal)
    {
        foreach ((int Pid, ulong Started) process in processes)
        {
            if (IsAlive(process))
                _ = kill(-process.Pid, signal);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int kill(int pid, int signal);
}
