using System.Runtime.InteropServices;

namespace Dmvpn.Lab.Hosts;

/// <summary>
/// One run of the laboratory: its namespaces and processes, under a prefix that is unique on this machine, and a directory for
/// logs and captures. Disposing takes everything away; so do Ctrl-C, SIGTERM and the end of this process. What even those leave
/// (SIGKILL) the next run takes away.
/// </summary>
public sealed class LabRun : IAsyncDisposable
{
    private readonly Journal _journal;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Lock _undoing = new();
    private int _undone;

    private LabRun(Journal journal, string directory)
    {
        _journal = journal;
        Directory = directory;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
            _signals.Add(PosixSignalRegistration.Create(signal, _ => Undo()));
    }

    /// <summary>Logs, captures, configurations of this run.</summary>
    public string Directory { get; }

    /// <summary>What the names of this run's namespaces begin with.</summary>
    public string Prefix => _journal.Prefix;

    /// <summary>Leave the files of <see cref="Directory"/> where they are.</summary>
    public bool KeepFiles { get; set; }

    /// <summary>Everything was taken away, by disposing or by a signal.</summary>
    public bool IsOver => Volatile.Read(ref _undone) != 0;

    /// <summary>Begins a run. Needs root.</summary>
    public static LabRun Start()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new CommandFailedException("network namespaces need root");
        Journal.UndoAbandoned();
        Journal journal = Journal.Begin();
        string directory = Path.Combine(Path.GetTempPath(), "opendmvpn-" + journal.Prefix.TrimEnd('-'));
        journal.Add("directory", directory);
        System.IO.Directory.CreateDirectory(directory);
        return new LabRun(journal, directory);
    }

    /// <summary>Makes a network namespace with its loopback up and IPv6 addresses usable at once.</summary>
    public async Task<NetNamespace> AddNamespaceAsync(string name)
    {
        // A signal may have taken the run away while we were busy: then nothing may be added any more.
        ObjectDisposedException.ThrowIf(IsOver, this);
        string full = Prefix + name;
        _journal.Add("namespace", full);
        await Host.RunAsync("ip", "netns", "add", full).ConfigureAwait(false);
        var made = new NetNamespace(this, name, full);
        await made.SysctlAsync("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
            "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0").ConfigureAwait(false);
        await made.IpAsync("link set lo up").ConfigureAwait(false);
        return made;
    }

    /// <summary>A cable between two namespaces; both ends are up.</summary>
    public static async Task ConnectAsync(NetNamespace a, string atA, NetNamespace b, string atB)
    {
        await Host.RunAsync("ip", "link", "add", "name", atA, "netns", a.FullName, "type", "veth",
            "peer", "name", atB, "netns", b.FullName).ConfigureAwait(false);
        await a.IpAsync($"link set {atA} up").ConfigureAwait(false);
        await b.IpAsync($"link set {atB} up").ConfigureAwait(false);
    }

    /// <summary>Leaves the run to the user: it outlives this process until <c>lab down</c>.</summary>
    public void Keep()
    {
        _journal.Add("kept", "for the user");
        Forget();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.Run(Undo).ConfigureAwait(false);
        Forget();
    }

    internal LabProcess StartProcess(string? networkNamespace, string name, bool input, string[] command)
    {
        ObjectDisposedException.ThrowIf(IsOver, this);
        LabProcess process = LabProcess.Start(networkNamespace, name, Path.Combine(Directory, name + ".log"), input, command);
        _journal.Add("process", process.Identity);
        return process;
    }

    private void Undo()
    {
        // A signal and the end of the process may both come: who comes second waits, or the process would end while the first is at it.
        lock (_undoing)
        {
            if (IsOver)
                return;
            Volatile.Write(ref _undone, 1);
            _journal.Undo(KeepFiles);
        }
    }

    private void OnExit(object? sender, EventArgs e) => Undo();

    private void Forget()
    {
        Volatile.Write(ref _undone, 1);
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _signals.Clear();
    }
}
