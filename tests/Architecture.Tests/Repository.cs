namespace Dmvpn.Architecture.Tests;

/// <summary>The files of the repository that these tests are about.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>All sources below these folders, without what the build makes. Paths are relative to the root, with '/'.</summary>
    public static IEnumerable<string> Sources(params string[] folders) =>
        from folder in folders
        let path = Path.Combine(Root, folder)
        where Directory.Exists(path)
        from file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal)
        select relative;

    private static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Dmvpn.slnx"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("No folder above the tests has Dmvpn.slnx");
    }
}
