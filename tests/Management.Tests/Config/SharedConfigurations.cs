namespace Dmvpn.Management.Tests.Config;

/// <summary>Configurations of real people, kept beside the repository; tests that need them are skipped where they are missing, and say so.</summary>
internal static class SharedConfigurations
{
    /// <summary>All files of the folders; skips the test when there are none.</summary>
    public static string[] Files(params string[] folders)
    {
        if (folders.Length == 0) folders = ["ios-configs", Path.Combine("failing", "config")];
        for (DirectoryInfo? at = new(Text.Root()); at is not null; at = at.Parent)
        {
            string shared = Path.Combine(at.FullName, "shared", "data");
            string[] files = [.. folders.Select(f => Path.Combine(shared, f)).Where(Directory.Exists).SelectMany(f => Directory.GetFiles(f, "*.conf")).Order()];
            if (files.Length > 0) return files;
        }
        Assert.Skip($"NOT TESTED with real configurations: there is no ../shared/data/{folders[0]} beside the repository");
        return [];
    }
}
