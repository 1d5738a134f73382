using System.Globalization;

namespace Dmvpn.Bench.Nhrp;

/// <summary>What the kernel says of a process.</summary>
internal static class ProcessFigures
{
    /// <summary>Time on a CPU of all threads that live, in nanoseconds (schedstat's first number), system calls and the kernel's work within them included.</summary>
    public static long CpuNanoseconds(int process)
    {
        long sum = 0;
        foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
            sum += Nanoseconds(thread);
        return sum;
    }

    /// <summary>The same of the calling thread alone.</summary>
    public static long ThisThreadNanoseconds() => Nanoseconds("/proc/thread-self");

    /// <summary>Memory of its own that is resident, in bytes: without files (the program itself).</summary>
    public static long ResidentBytes(int process)
    {
        foreach (string line in File.ReadLines($"/proc/{process}/status"))
        {
            if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        throw new InvalidDataException("no RssAnon");
    }

    /// <summary>The same once it no longer falls: collections run while the process has nothing else to do.</summary>
    public static async Task<long> SettledBytesAsync(int process)
    {
        long least = ResidentBytes(process);
        for (int quiet = 0; quiet < 10; quiet++)
        {
            await Task.Delay(200).ConfigureAwait(false);
            long now = ResidentBytes(process);
            if (now < least - 256 * 1024) quiet = 0;
            least = Math.Min(least, now);
        }
        return least;
    }

    private static long Nanoseconds(string thread) => long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
}
