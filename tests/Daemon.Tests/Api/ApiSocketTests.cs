using System.Diagnostics;
using System.Net.Sockets;
using Dmvpn.Daemon.Api;
using Dmvpn.Management.Api;

namespace Dmvpn.Daemon.Tests.Api;

/// <summary>Who gets the socket's path, and in what state it is left.</summary>
public sealed class ApiSocketTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly RunningServer _running = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    [Fact]
    public async Task Start_FreePath_SocketForItsOwnerOnly()
    {
        await _running.Server.StartAsync(Cancel);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_running.Socket));
    }

    [Fact]
    public async Task Start_AnotherServerLives_RefusedAndTheFirstGoesOn()
    {
        await _running.Server.StartAsync(Cancel);
        await using (ApiServer second = _running.New())
        {
            InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => second.StartAsync(Cancel));
            Assert.Contains(_running.Socket, refused.Message);
        }
        Assert.NotEmpty(await _running.Client.GetStringAsync(ApiRoutes.Version, Cancel));
    }

    [Fact]
    public async Task Start_StaleSocket_Replaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_running.Socket)!);
        // Closing a bound socket leaves its file, as a crash does.
        using (var crashed = new Socket(System.Net.Sockets.AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            crashed.Bind(new UnixDomainSocketEndPoint(Path.Combine(_running.Folder, "crashed.sock")));
            File.Move(Path.Combine(_running.Folder, "crashed.sock"), _running.Socket);
        }
        Assert.True(File.Exists(_running.Socket));
        await _running.Server.StartAsync(Cancel);
        Assert.NotEmpty(await _running.Client.GetStringAsync(ApiRoutes.Version, Cancel));
    }

    [Fact]
    public async Task Start_PathIsAFile_RefusedAndTheFileStays()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_running.Socket)!);
        await File.WriteAllTextAsync(_running.Socket, "hostname Hub", Cancel);
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => _running.Server.StartAsync(Cancel));
        Assert.Contains("no socket", refused.Message);
        await _running.Server.DisposeAsync();
        Assert.Equal("hostname Hub", await File.ReadAllTextAsync(_running.Socket, Cancel));
    }

    [Fact]
    public async Task Dispose_Started_SocketIsGone()
    {
        await _running.Server.StartAsync(Cancel);
        await _running.Server.DisposeAsync();
        Assert.False(File.Exists(_running.Socket));
    }

    [Fact]
    public async Task Dispose_DebugStreamOpen_EndsWithinTwoSeconds()
    {
        await _running.Server.StartAsync(Cancel);
        using HttpResponseMessage response = await _running.Client.GetAsync(ApiRoutes.Debug, HttpCompletionOption.ResponseHeadersRead, Cancel);
        long start = Stopwatch.GetTimestamp();
        await _running.Server.DisposeAsync();
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2), $"it took {Stopwatch.GetElapsedTime(start)}");
    }
}
