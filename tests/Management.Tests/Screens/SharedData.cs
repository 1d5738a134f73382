namespace Dmvpn.Management.Tests.Screens;

/// <summary>Samples of real screens, kept beside the repository; tests that need them are skipped where they are missing.</summary>
internal static class SharedData
{
    public static string ReadIosScreen(string name, string file)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "ntc-templates", "cisco_ios", name, file);
            if (File.Exists(path)) return File.ReadAllText(path);
        }

        Assert.Skip($"no sample {name}/{file} beside the repository");
        return "";
    }
}
