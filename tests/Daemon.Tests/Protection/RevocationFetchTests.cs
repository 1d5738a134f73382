using System.Net;
using System.Net.Sockets;
using System.Text;
using Dmvpn.Daemon.Protection;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>Fetching from a real server on the loopback interface, which answers with what a test says, byte for byte.</summary>
public sealed class RevocationFetchTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task File_OfAWebServer_Comes()
    {
        using var server = new OneAnswer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist");
        (byte[] file, string failure) = await Get(server.Url);
        Assert.Equal(("list", ""), (Encoding.ASCII.GetString(file), failure));
        Assert.StartsWith("GET /ca.crl HTTP/1.1", await server.Request);
    }

    [Fact]
    public async Task OtherAnswers_AreSaidInWords()
    {
        using var missing = new OneAnswer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal("the server answers 404 NotFound", (await Get(missing.Url)).Failure);
        using var nonsense = new OneAnswer("hello\r\n\r\n");
        Assert.NotEqual("", (await Get(nonsense.Url)).Failure);
        using var away = new OneAnswer("HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n");
        (byte[] file, string failure) = await Get(away.Url);
        Assert.NotEqual("", failure);
        Assert.Empty(file);
        using var closed = new OneAnswer("");
        closed.Dispose();
        Assert.Contains("refused", (await Get(closed.Url)).Failure);
        Assert.NotEqual("", (await Get("gopher://127.0.0.1/")).Failure);
        Assert.NotEqual("", (await Get("no address")).Failure);
    }

    [Fact]
    public async Task TooMuch_IsNotTaken_WhetherAnnouncedOrNot()
    {
        using var announced = new OneAnswer($"HTTP/1.1 200 OK\r\nContent-Length: {RevocationFetch.LargestList + 1}\r\n\r\nx");
        Assert.Equal("it is larger than 16 MB", (await Get(announced.Url)).Failure);
        using var endless = new OneAnswer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", RevocationFetch.LargestList + 1);
        Assert.Equal("it is larger than 16 MB", (await Get(endless.Url)).Failure);
    }

    [Fact]
    public async Task ServerThatSaysNothing_IsGivenUp()
    {
        using var silent = new OneAnswer(null);
        using var fetch = new RevocationFetch(TimeSpan.FromMilliseconds(100));
        (byte[] file, string failure) = await fetch.GetAsync(silent.Url, Cancel);
        Assert.Empty(file);
        Assert.StartsWith("no complete answer within", failure);
    }

    [Fact]
    public async Task File_OfThisMachine_ComesWithinTheLimit()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dmvpn-{Guid.NewGuid():N}.crl");
        try
        {
            await File.WriteAllTextAsync(path, "list", Cancel);
            (byte[] file, string failure) = await Get(new Uri(path).AbsoluteUri);
            Assert.Equal(("list", ""), (Encoding.ASCII.GetString(file), failure));
            using (FileStream stream = File.OpenWrite(path)) stream.SetLength(RevocationFetch.LargestList + 1L);
            Assert.Equal("it is larger than 16 MB", (await Get(new Uri(path).AbsoluteUri)).Failure);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Contains("Could not find", (await Get(new Uri(path).AbsoluteUri)).Failure);
    }

    private static async Task<(byte[] File, string Failure)> Get(string url)
    {
        using var fetch = new RevocationFetch();
        return await fetch.GetAsync(url, Cancel);
    }

    /// <summary>A server that takes one connection, reads the request, and answers; with null it never does.</summary>
    private sealed class OneAnswer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<string> _request = new();

        public OneAnswer(string? answer, int more = 0)
        {
            _listener.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/ca.crl";
            _ = Task.Run(() => ServeAsync(answer, more));
        }

        public string Url { get; }

        public Task<string> Request => _request.Task;

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string? answer, int more)
        {
            try
            {
                using Socket peer = await _listener.AcceptSocketAsync(Cancel);
                byte[] request = new byte[4096];
                int length = await peer.ReceiveAsync(request, Cancel);
                _request.TrySetResult(Encoding.ASCII.GetString(request, 0, length));
                if (answer is null)
                {
                    // Until the other side gives up.
                    await peer.ReceiveAsync(request, Cancel);
                    return;
                }
                await peer.SendAsync(Encoding.ASCII.GetBytes(answer), Cancel);
                byte[] piece = new byte[65536];
                for (int sent = 0; sent < more; sent += piece.Length) await peer.SendAsync(piece, Cancel);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                _request.TrySetCanceled();
            }
        }
    }
}
