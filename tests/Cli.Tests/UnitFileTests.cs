using System.ComponentModel;
using System.Diagnostics;

namespace Dmvpn.Cli.Tests;

/// <summary>The unit file: systemd takes every line of it. Its commands are tried with those of the manual.</summary>
public sealed class UnitFileTests
{
    private const string Program = "/usr/local/bin/dmvpn";

    private static readonly string UnitFile = Path.Combine(Root(), "contrib", "systemd", "dmvpn@.service");

    [Fact]
    public void EveryLine_IsKnownToSystemd()
    {
        string directory = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;
        try
        {
            // What is not installed cannot be started: that is not what is asked here.
            string unit = Path.Combine(directory, "dmvpn@test.service");
            File.WriteAllText(unit, File.ReadAllText(UnitFile).Replace(Program, "/bin/true", StringComparison.Ordinal));
            var start = new ProcessStartInfo("systemd-analyze", ["verify", "--man=no", unit]) { RedirectStandardError = true, RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.Equal("", string.Join('\n', said.Split('\n').Where(line => line.Contains("dmvpn@", StringComparison.Ordinal))));
            Assert.Equal(0, process.ExitCode);
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no systemd-analyze");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Dmvpn.slnx"))) folder = folder.Parent;
        return folder!.FullName;
    }
}
