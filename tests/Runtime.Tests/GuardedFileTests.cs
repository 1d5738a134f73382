using System.Diagnostics;

namespace Dmvpn.Runtime.Tests;

/// <summary>Files with secrets: whose they are, what they are, and what is left when writing them fails.</summary>
public sealed class GuardedFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly byte[] Secret = "secret"u8.ToArray();

    private readonly string _directory = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Secret_OfOurOwn_IsReadAndSaysWhoElseMay()
    {
        string path = At("key");
        GuardedFile.Create(path, Secret);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.Equal(Secret, GuardedFile.ReadSecret(path, 100, out bool isExposed));
        Assert.False(isExposed);
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.GroupRead);
        Assert.Equal(Secret, GuardedFile.ReadSecret(path, 100, out isExposed));
        Assert.True(isExposed);
    }

    [Fact]
    public void Secret_ThatIsALink_IsNotFollowed_AndAPublicFileIs()
    {
        GuardedFile.Create(At("key"), Secret);
        File.CreateSymbolicLink(At("link"), At("key"));
        Assert.Contains("symbolic link", Assert.Throws<IOException>(() => GuardedFile.ReadSecret(At("link"), 100, out _)).Message);
        Assert.Equal(Secret, GuardedFile.Read(At("link"), 100));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Secret_ThatOthersMayWrite_IsRefused(UnixFileMode more)
    {
        GuardedFile.Create(At("key"), Secret);
        File.SetUnixFileMode(At("key"), OwnerOnly | more);
        Assert.Contains("chmod 600", Assert.Throws<IOException>(() => GuardedFile.ReadSecret(At("key"), 100, out _)).Message);
    }

    [Fact]
    public void SecretAndDirectory_OfAnotherUser_AreRefused()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("only root can give files away");
        GuardedFile.Create(At("key"), Secret);
        GuardedFile.MakeDirectory(At("keys"));
        foreach (string path in (string[])[At("key"), At("keys")])
        {
            using var chown = Process.Start("chown", ["65534", path]);
            chown.WaitForExit();
        }
        Assert.Contains("belongs to user 65534", Assert.Throws<IOException>(() => GuardedFile.ReadSecret(At("key"), 100, out _)).Message);
        Assert.Contains("belongs to user 65534", Assert.Throws<IOException>(() => GuardedFile.MakeDirectory(At("keys"))).Message);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/tty")]
    [InlineData("/tmp")]
    [InlineData("/nowhere/at/all")]
    public void WhatIsNoFile_IsRefusedWithoutWaiting(string path)
    {
        Assert.Contains(path, Assert.Throws<IOException>(() => GuardedFile.Read(path, 100)).Message);
        Assert.Contains(path, Assert.Throws<IOException>(() => GuardedFile.ReadSecret(path, 100, out _)).Message);
    }

    [Fact]
    public void FileThatIsTooLong_IsNotReadWhole()
    {
        File.WriteAllBytes(At("long"), new byte[101]);
        Assert.Contains("longer than 100", Assert.Throws<IOException>(() => GuardedFile.Read(At("long"), 100)).Message);
        Assert.Equal(101, GuardedFile.Read(At("long"), 101).Length);
    }

    [Fact]
    public void FileThatIsThere_IsReplacedAsAWhole_AndALinkIsNotWrittenThrough()
    {
        File.WriteAllText(At("elsewhere"), "theirs");
        File.CreateSymbolicLink(At("key"), At("elsewhere"));
        Assert.Throws<IOException>(() => GuardedFile.Create(At("key"), Secret));
        GuardedFile.Replace(At("key"), Secret);
        Assert.Equal("theirs", File.ReadAllText(At("elsewhere")));
        Assert.Equal(Secret, File.ReadAllBytes(At("key")));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(At("key")));
        Assert.Equal([At("elsewhere"), At("key")], Directory.GetFiles(_directory).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void FilesThatBelongTogether_WhenOneCannotBeWritten_StayAsTheyWere()
    {
        GuardedFile.Create(At("key"), Secret);
        Assert.ThrowsAny<IOException>(() => GuardedFile.Replace([(At("key"), "other"u8.ToArray()), (At("missing/pem"), Secret)]));
        Assert.Equal(Secret, File.ReadAllBytes(At("key")));
        Assert.Equal([At("key")], Directory.GetFiles(_directory));
    }

    [Fact]
    public void DirectoryForSecrets_IsTheOwnersAlone_AndNoLink()
    {
        GuardedFile.MakeDirectory(At("keys"));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(At("keys")));
        GuardedFile.MakeDirectory(At("keys"));
        Directory.CreateSymbolicLink(At("link"), At("keys"));
        Assert.Contains("a link to one", Assert.Throws<IOException>(() => GuardedFile.MakeDirectory(At("link"))).Message);
        File.SetUnixFileMode(At("keys"), OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        Assert.Contains("others may write", Assert.Throws<IOException>(() => GuardedFile.MakeDirectory(At("keys"))).Message);
    }

    [Fact]
    public void MemoryOfTheProcess_IsClosedToOthers()
    {
        bool before = ProcessMemory.IsOpen;
        try
        {
            ProcessMemory.IsOpen = false;
            Assert.False(ProcessMemory.IsOpen);
        }
        finally
        {
            ProcessMemory.IsOpen = before;
        }
    }

    private string At(string name) => Path.Combine(_directory, name);
}
