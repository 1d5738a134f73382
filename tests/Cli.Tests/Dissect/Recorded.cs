namespace Dmvpn.Cli.Tests.Dissect;

/// <summary>The recorded captures and keys beside the checkout or above it; tests that need them are skipped, loudly, where they are missing.</summary>
internal static class Recorded
{
    public static string Folder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string shared = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(shared)) return shared;
        }
        Assert.Skip("The recorded captures are not there: no folder 'shared' beside the checkout or above it");
        return "";
    }

    public static string File(string name)
    {
        string[] found = Directory.GetFiles(Folder(), name, SearchOption.AllDirectories);
        if (found.Length == 0) Assert.Skip($"{name} is not among the recorded captures");
        return found[0];
    }
}
