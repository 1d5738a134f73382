using System.Diagnostics;
using System.Globalization;

namespace Dmvpn.Lab.Hosts;

/// <summary>
/// What one run has made on this machine, a line for each thing, written before the thing is used: so whoever comes later can
/// take away what a run that was killed left behind.
/// </summary>
internal sealed class Journal
{
    /// <summary>Where the journals are; gone after a reboot, as the namespaces are.</summary>
    public const string Directory = "/run/opendmvpn-lab";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly Lock _lock = new();
    private readonly string _file;

    private Journal(string file) => _file = file;

    /// <summary>The prefix of the run's namespaces.</summary>
    public string Prefix => Path.GetFileName(_file);

    /// <summary>Every run there is a journal of.</summary>
    public static IEnumerable<Journal> All =>
        System.IO.Directory.Exists(Directory) ? System.IO.Directory.GetFiles(Directory, "odl*").Select(f => new Journal(f)) : [];

    /// <summary>Begins the journal of a new run under a prefix that no other run on this machine has.</summary>
    public static Journal Begin()
    {
        System.IO.Directory.CreateDirectory(Directory);
        while (true)
        {
            string prefix = $"odl{Random.Shared.Next(0x10000):x4}-";
            int self = Environment.ProcessId;
            // It appears with its owner in it: others take away at once what has none.
            string draft = Path.Combine(Directory, $".{self}-{Random.Shared.Next():x}");
            File.WriteAllText(draft, $"owner {self} {Signals.StartTime(self)}\n");
            try
            {
                File.Move(draft, Path.Combine(Directory, prefix), overwrite: false);
                return new Journal(Path.Combine(Directory, prefix));
            }
            catch (IOException) when (File.Exists(Path.Combine(Directory, prefix)))
            {
                // Somebody else's prefix: take another.
                File.Delete(draft);
            }
        }
    }

    /// <summary>True while the process that began the run lives and has not left the run to the user.</summary>
    public bool IsOwned => !IsKept && Processes("owner").Any(p => Signals.StartTime(p.Pid) == p.Started);

    /// <summary>True when the run stays up for the user (<c>dmvpn lab</c>).</summary>
    public bool IsKept => Read("kept").Any();

    /// <summary>Notes one thing.</summary>
    public void Add(string kind, string what)
    {
        lock (_lock)
            File.AppendAllText(_file, $"{kind} {what}\n");
    }

    /// <summary>What was noted under a kind.</summary>
    public IEnumerable<string> Read(string kind) =>
        File.Exists(_file) ? File.ReadAllLines(_file).Where(l => l.StartsWith(kind + ' ', StringComparison.Ordinal)).Select(l => l[(kind.Length + 1)..]) : [];

    /// <summary>Takes everything away again. It may be called by any process and more than once.</summary>
    public void Undo(bool keepFiles)
    {
        Signals.End([.. Processes("process")], Patience);
        foreach (string name in Read("namespace"))
            Delete(name);
        foreach (string directory in Read("directory").Where(_ => !keepFiles))
            DeleteDirectory(directory);
        File.Delete(_file);
    }

    /// <summary>Takes away what runs left behind whose process is gone.</summary>
    public static void UndoAbandoned()
    {
        foreach (Journal journal in All.Where(j => !j.IsKept && !j.IsOwned))
            journal.Undo(keepFiles: false);
    }

    private static void DeleteDirectory(string directory)
    {
        try
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Never made, or another process is taking away the same run.
        }
    }

    private static void Delete(string name)
    {
        using Process process = Host.Start(new ProcessStartInfo("ip", ["netns", "del", name]) { RedirectStandardError = true });
        process.WaitForExit();
    }

    private IEnumerable<(int Pid, ulong Started)> Processes(string kind) =>
        Read(kind).Select(line => line.Split(' ')).Select(f =>
            (int.Parse(f[0], CultureInfo.InvariantCulture), ulong.Parse(f[1], CultureInfo.InvariantCulture)));
}
