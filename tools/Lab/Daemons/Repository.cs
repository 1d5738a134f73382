namespace Dmvpn.Lab.Daemons;

/// <summary>Where the sources are.</summary>
public static class Repository
{
    /// <summary>DMVPN_ROOT, or the nearest directory above this program that has the solution.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("DMVPN_ROOT") ?? Find(AppContext.BaseDirectory);

    private static string Find(string from)
    {
        for (DirectoryInfo? d = new(from); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Dmvpn.slnx")))
                return d.FullName;
        }

        return Directory.GetCurrentDirectory();
    }
}
