using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Dmvpn.Daemon.Protection;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>Fetching from a real server on the loopback interface, which answers with what a test says, byte for byte.</summary>
public sealed partial class RevocationFetchTests
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

    [Theory]
    [InlineData("http://127.0.0.1:PORT/other.crl", true)]
    [InlineData("/other.crl", true)]
    [InlineData("other.crl", true)]
    [InlineData("http://localhost:PORT/other.crl", false)]
    [InlineData("http://127.0.0.2:PORT/other.crl", false)]
    [InlineData("http://[::1]:PORT/other.crl", false)]
    [InlineData("http://127.0.0.1:9/other.crl", false)]
    [InlineData("http://user@127.0.0.1:PORT/other.crl", false)]
    [InlineData("//127.0.0.2/other.crl", false)]
    [InlineData("file:///etc/hostname", false)]
    [InlineData("ftp://127.0.0.1/other.crl", false)]
    [InlineData("data:,list", false)]
    public async Task ServerThatSendsUsOn_IsFollowedToItselfAlone(string location, bool followed)
    {
        const string List = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlist";
        using var server = new Listener();
        server.Answer($"HTTP/1.1 302 Found\r\nLocation: {location.Replace("PORT", server.Port, StringComparison.Ordinal)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", List);
        (byte[] file, string failure) = await Get($"http://127.0.0.1:{server.Port}/ca.crl");
        Assert.Equal(followed ? ("list", "") : ("", "the server sends us on to"), (Encoding.ASCII.GetString(file), failure[..Math.Min(failure.Length, 25)]));
        Assert.Equal(followed ? 2 : 1, server.Answered);
    }

    [Fact]
    public async Task ServerThatSendsUsRoundInACircle_IsLeftAfterThree()
    {
        using var server = new Listener();
        server.Answer([.. Enumerable.Repeat("HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 9)]);
        Assert.StartsWith("the server sends us on and on", (await Get($"http://127.0.0.1:{server.Port}/ca.crl")).Failure);
        Assert.Equal(4, server.Answered);
    }

    [Fact]
    public async Task FileWithoutAnEnd_AndPipeThatSaysNothing_AreRefusedAtOnce()
    {
        (byte[] zeros, string failure) = await Get("file:///dev/zero");
        Assert.Empty(zeros);
        Assert.NotEqual("", failure);
        string pipe = Path.Combine(Path.GetTempPath(), $"dmvpn-{Guid.NewGuid():N}.pipe");
        try
        {
            Assert.Equal(0, MakePipe(pipe, 0x180));
            Task<(byte[] File, string Failure)> read = Get(new Uri(pipe).AbsoluteUri);
            Assert.Same(read, await Task.WhenAny(read, Task.Delay(TimeSpan.FromSeconds(20), Cancel)));
            Assert.Empty((await read).File);
        }
        finally
        {
            File.Delete(pipe);
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);

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

    /// <summary>A server that answers one connection after the other, each with what a test says.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _answered;

        public Listener() => _listener.Start();

        public string Port => ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        public int Answered => Volatile.Read(ref _answered);

        public void Answer(params string[] answers) => _ = Task.Run(() => ServeAsync(answers));

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string[] answers)
        {
            try
            {
                byte[] request = new byte[4096];
                foreach (string answer in answers)
                {
                    using Socket peer = await _listener.AcceptSocketAsync(Cancel);
                    await peer.ReceiveAsync(request, Cancel);
                    Interlocked.Increment(ref _answered);
                    await peer.SendAsync(Encoding.ASCII.GetBytes(answer), Cancel);
                    peer.Shutdown(SocketShutdown.Send);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The test is over.
            }
        }
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
