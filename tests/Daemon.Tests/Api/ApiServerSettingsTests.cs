using System.Net;
using System.Net.Sockets;

namespace Dmvpn.Daemon.Tests.Api;

/// <summary>Nothing but our own code says where the control socket is: who may write to the environment or the working directory must not open another.</summary>
public sealed class ApiServerSettingsTests : IDisposable
{
    private const string Variable = "Kestrel__Endpoints__Other__Url";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task EndpointInTheEnvironment_ServerStarted_DoesNotListenThere()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        Environment.SetEnvironmentVariable(Variable, $"http://127.0.0.1:{port}");
        await using var running = new RunningServer();
        await running.Server.StartAsync(Cancel);
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () => await client.ConnectAsync(IPAddress.Loopback, port, Cancel));
    }

    [Fact]
    public async Task ServerStarted_WatchesNoDirectory()
    {
        await using var running = new RunningServer();
        await running.Server.StartAsync(Cancel);
        Assert.Equal(0, Directory.EnumerateFiles("/proc/self/fdinfo").Sum(Watches));
    }

    public void Dispose() => Environment.SetEnvironmentVariable(Variable, null);

    private static int Watches(string descriptor)
    {
        try
        {
            return File.ReadLines(descriptor).Count(l => l.StartsWith("inotify", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return 0;
        }
    }
}
