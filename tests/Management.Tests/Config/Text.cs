namespace Dmvpn.Management.Tests.Config;

/// <summary>Texts that lie beside the tests.</summary>
internal static class Text
{
    public static string File(string name) => System.IO.File.ReadAllText(Path.Combine(Root(), "tests", "Management.Tests", "Config", "Files", name));

    /// <summary>The repository's root: the folder above the test that holds the solution.</summary>
    public static string Root()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (System.IO.File.Exists(Path.Combine(at.FullName, "Dmvpn.slnx"))) return at.FullName;
        throw new DirectoryNotFoundException("no folder above the test holds Dmvpn.slnx");
    }
}
