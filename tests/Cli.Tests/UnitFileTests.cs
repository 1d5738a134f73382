using System.ComponentModel;
using System.Diagnostics;

namespace Dmvpn.Cli.Tests;

/// <summary>The unit file: systemd takes every line of it. Its commands are tried with those of the manual.</summary>
public sealed class UnitFileTests
{
    private const string Program = "/usr/local/bin/dmvpn";

    private static readonly string UnitFile = Path.Combine(Root(), "contrib", "systemd", "dmvpn@.service");

    /// <summary>A line of the sandbox that is lost is missed by nobody: the daemon runs all the same.</summary>
    public static TheoryData<string> Sandbox =>
    [
        "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE CAP_SYS_ADMIN", "NoNewPrivileges=yes", "UMask=0077", "LimitCORE=0", "StateDirectoryMode=0700",
        "ProtectSystem=strict", "ReadWritePaths=/run", "ProtectHome=yes", "PrivateTmp=yes", "DevicePolicy=closed", "DeviceAllow=/dev/net/tun rw", "ProtectKernelModules=yes",
        "ProtectKernelLogs=yes", "ProtectControlGroups=yes", "ProtectClock=yes", "ProtectHostname=yes", "ProtectProc=invisible", "KeyringMode=private", "LockPersonality=yes",
        "MemoryDenyWriteExecute=yes", "RemoveIPC=yes", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK", "RestrictNamespaces=net mnt", "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes", "SystemCallArchitectures=native", "SystemCallFilter=@system-service mount",
    ];

    [Theory]
    [MemberData(nameof(Sandbox))]
    public void Sandbox_IsClosedAsFarAsTheDaemonAllows(string line)
    {
        string name = line[..(line.IndexOf('=', StringComparison.Ordinal) + 1)];
        // Of a list systemd takes all lines together: a second one would open what the first one closes.
        Assert.Equal([line], File.ReadAllLines(UnitFile).Where(other => other.StartsWith(name, StringComparison.Ordinal)));
    }

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
