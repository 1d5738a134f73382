using Dmvpn.Management.Config;

namespace Dmvpn.Daemon.Tests;

public sealed class ConfigurationFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;

    [Fact]
    public void Read_ValidFile_Configuration()
    {
        string path = Path.Combine(_folder, "router.conf");
        File.WriteAllText(path, "hostname Hub\ninterface Tunnel0\n shutdown\n");
        (RouterConfig? config, ConfigReport report) = ConfigurationFile.Read(path);
        Assert.Equal("Hub", config?.Hostname);
        Assert.Equal(0, report.Count(FindingKind.Error));
    }

    [Fact]
    public void Read_MissingFile_ErrorNamesIt() => Refused(Path.Combine(_folder, "missing.conf"), "Could not find file");

    [Fact]
    public void Read_Directory_ErrorNamesIt() => Refused(_folder, "denied");

    [Fact]
    public void Read_TooLarge_RefusedUnread()
    {
        string path = Path.Combine(_folder, "large.conf");
        using (FileStream file = File.Create(path)) file.SetLength(16 * 1024 * 1024 + 1);
        Refused(path, "is larger than");
    }

    [Fact]
    public void Read_EndlessDevice_RefusedBeforeTheMemoryIsFull()
    {
        long before = GC.GetTotalAllocatedBytes();
        Refused("/dev/zero", "is larger than");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 512L * 1024 * 1024);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Refused(string path, string reason)
    {
        (RouterConfig? config, ConfigReport report) = ConfigurationFile.Read(path);
        Assert.Null(config);
        Finding finding = Assert.Single(report.Findings);
        Assert.Equal(FindingKind.Error, finding.Kind);
        Assert.StartsWith($"{path}: ", finding.Reason);
        Assert.Contains(reason, finding.Reason);
        Assert.NotEmpty(finding.Remedy);
    }
}
