namespace Dmvpn.Lab.Hosts;

/// <summary>A run that its maker left up for the user.</summary>
public sealed class KeptRun
{
    private readonly Journal _journal;

    private KeptRun(Journal journal) => _journal = journal;

    /// <summary>What the names of its namespaces begin with.</summary>
    public string Prefix => _journal.Prefix;

    /// <summary>Its logs and configurations.</summary>
    public string Directory => _journal.Read("directory").First();

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KeptRun> All => [.. Journal.All.Where(j => j.IsKept).Select(j => new KeptRun(j))];

    /// <summary>Its namespaces, by the names within the run.</summary>
    public IReadOnlyList<string> Namespaces => [.. _journal.Read("namespace").Select(n => n[Prefix.Length..])];

    /// <summary>One of its namespaces.</summary>
    public NetNamespace Open(string name) => Namespaces.Contains(name)
        ? new NetNamespace(run: null, name, Prefix + name)
        : throw new CommandFailedException($"no '{name}' in the laboratory; there are {string.Join(", ", Namespaces)}");

    /// <summary>Takes it away, and with it what runs left behind that were killed.</summary>
    public static int RemoveAll()
    {
        IReadOnlyList<KeptRun> all = All;
        foreach (KeptRun run in all)
            run._journal.Undo(keepFiles: false);
        Journal.UndoAbandoned();
        return all.Count;
    }
}
