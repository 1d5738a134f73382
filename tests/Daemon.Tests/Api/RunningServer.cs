using System.Net.Sockets;
using Dmvpn.Core;
using Dmvpn.Daemon.Api;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Logging;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Api;

/// <summary>A control socket in a folder of its own, with a control thread behind it.</summary>
internal sealed class RunningServer : IControlWork, IAsyncDisposable
{
    private readonly ControlLoop _loop;
    private readonly Thread _control;

    public RunningServer()
    {
        Socket = Path.Combine(Folder, "run", "dmvpn.sock");
        _loop = new ControlLoop(Log.CreateLogger("Dmvpn"));
        _control = new Thread(() => _loop.Run(this)) { IsBackground = true };
        _control.Start();
        Server = New();
        Client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromSeconds(20) };
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("dmvpn-test-").FullName;

    public string Socket { get; }

    public RouterLog Log { get; } = new(LogLevel.Information, TextWriter.Null, journal: false);

    public FakeRouterApi Router { get; } = new();

    public ApiServer Server { get; }

    public HttpClient Client { get; }

    public int ControlThread => _control.ManagedThreadId;

    Instant IControlWork.NextDeadline => Instant.Never;

    /// <summary>Another server for the same socket; not started.</summary>
    public ApiServer New() => new(Socket, _loop, Router, Log);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        _loop.Stop();
        _control.Join();
        _loop.Dispose();
        Log.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    void IControlWork.OnReady(ulong token, Instant now)
    {
    }

    void IControlWork.OnDeadline(Instant now)
    {
    }

    void IControlWork.OnRoundEnd(Instant now)
    {
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
