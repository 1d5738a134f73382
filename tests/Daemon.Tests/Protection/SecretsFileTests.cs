using Dmvpn.Daemon.Protection;
using Dmvpn.Ike;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>The file of <c>run --state</c>.</summary>
public sealed class SecretsFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _directory = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;

    private string File => Path.Combine(_directory, "new", "dmvpn.secrets");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void File_IsMadeForItsOwnerAlone_AndReadTheNextTime()
    {
        IkeSecrets made = SecretsFile.LoadOrCreate(File, NullLogger.Instance);
        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(File));
        Assert.Equal([File], Directory.GetFiles(Path.GetDirectoryName(File)!));
        IkeSecrets read = SecretsFile.LoadOrCreate(File, NullLogger.Instance);
        Assert.True(made.QuickCrashDetection.FixedTimeEquals(read.QuickCrashDetection.Span));
        Assert.True(made.Tickets.FixedTimeEquals(read.Tickets.Span));
        Assert.False(made.QuickCrashDetection.FixedTimeEquals(made.Tickets.Span));
    }

    [Fact]
    public void FileThatOthersMayRead_StopsTheStart_WithRemedy()
    {
        SecretsFile.LoadOrCreate(File, NullLogger.Instance);
        System.IO.File.SetUnixFileMode(File, OwnerOnly | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<InvalidOperationException>(() => SecretsFile.LoadOrCreate(File, NullLogger.Instance)).Message);
    }

    [Fact]
    public void Link_StopsTheStart_AndWhatItLeadsToIsLeftAlone()
    {
        byte[] theirs = new byte[64];
        Put(theirs);
        string link = Path.Combine(_directory, "link");
        System.IO.File.CreateSymbolicLink(link, File);
        Assert.Contains("symbolic link", Assert.Throws<IOException>(() => SecretsFile.LoadOrCreate(link, NullLogger.Instance)).Message);
        Assert.Equal(theirs, System.IO.File.ReadAllBytes(File));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(5000)]
    public void DamagedFile_IsLeftAlone_SaidInTheLog_AndTheRunHasSecretsOfItsOwn(int length)
    {
        byte[] damaged = new byte[length];
        Put(damaged);
        var log = new FirstLine();
        IkeSecrets one = SecretsFile.LoadOrCreate(File, log), other = SecretsFile.LoadOrCreate(File, NullLogger.Instance);
        Assert.Contains($"it has {length} bytes, not 64", log.Line);
        Assert.Contains("--state", log.Line);
        Assert.Equal(damaged, System.IO.File.ReadAllBytes(File));
        Assert.False(one.QuickCrashDetection.FixedTimeEquals(other.QuickCrashDetection.Span));
        Assert.False(one.QuickCrashDetection.FixedTimeEquals(new byte[one.QuickCrashDetection.Length]));
    }

    [Fact]
    public void EmptyFile_AsAFullDiskLeavesIt_IsMadeAnew()
    {
        Put([]);
        var log = new FirstLine();
        SecretsFile.LoadOrCreate(File, log);
        Assert.Null(log.Line);
        Assert.Equal((64, OwnerOnly), (System.IO.File.ReadAllBytes(File).Length, System.IO.File.GetUnixFileMode(File)));
    }

    private void Put(byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllBytes(File, content);
        System.IO.File.SetUnixFileMode(File, OwnerOnly);
    }

    private sealed class FirstLine : ILogger
    {
        public string? Line { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format) => Line ??= format(state, exception);
    }
}
