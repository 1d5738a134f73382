using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dmvpn.Management.Api;

namespace Dmvpn.Cli.Client;

/// <summary>The client's end of the control socket. Failures come as <see cref="ControlException"/>, ready to be shown.</summary>
internal sealed class ControlClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _socket;

    public ControlClient(string socket)
    {
        _socket = socket;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var unix = new Socket(System.Net.Sockets.AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await unix.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                    return new NetworkStream(unix, ownsSocket: true);
                }
                catch
                {
                    unix.Dispose();
                    throw;
                }
            },
        };
        // A debug stream is open for as long as the user looks: no timeout but the user's Ctrl-C.
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://dmvpn"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The body of a GET.</summary>
    public async Task<byte[]> GetAsync(string path, CancellationToken cancel) =>
        await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancel);

    /// <summary>The body of the answer to a POST; <paramref name="body"/> is JSON, null for none.</summary>
    public async Task<byte[]> PostAsync(string path, byte[]? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new("application/json");
        }

        return await SendAsync(request, cancel);
    }

    /// <summary>A GET as the record it carries.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) => Read(await GetAsync(path, cancel), type);

    /// <summary>The lines of a stream that ends when the daemon does or <paramref name="cancel"/> is cancelled.</summary>
    public async IAsyncEnumerable<string> StreamAsync(string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using HttpResponseMessage response = await Guard(() => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel));
        await ThrowIfFailed(response, cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
        while (await Guard(() => reader.ReadLineAsync(cancel).AsTask()) is { } line) yield return line;
    }

    /// <summary>Reads an answer's JSON.</summary>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new ControlException(ExitCodes.Failed, $"the daemon's answer was not understood: {exception.Message}", "is it another version? compare 'dmvpn --version' with 'dmvpn show version'");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using HttpResponseMessage response = await Guard(() => _http.SendAsync(request, cancel));
        await ThrowIfFailed(response, cancel);
        return await Guard(() => response.Content.ReadAsByteArrayAsync(cancel));
    }

    private static async Task ThrowIfFailed(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.StatusCode == HttpStatusCode.OK) return;
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancel);
        ApiError? error = null;
        try
        {
            error = JsonSerializer.Deserialize(body, ApiJson.Default.ApiError);
        }
        catch (JsonException)
        {
            // An answer of something that is not our daemon, or of an older one: the status says all there is.
        }

        throw error is null
            ? new ControlException(ExitCodes.Failed, $"the daemon answered {(int)response.StatusCode} {response.ReasonPhrase}", null)
            : new ControlException(ExitCodes.Failed, error.Error, error.Remedy);
    }

    private async Task<T> Guard<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (HttpRequestException exception)
        {
            throw new ControlException(ExitCodes.NoDaemon, Why(exception.InnerException as SocketException, out string remedy), remedy);
        }
        catch (IOException)
        {
            throw new ControlException(ExitCodes.NoDaemon, "the daemon closed the connection", $"it was stopped or has crashed; start it with 'dmvpn run FILE --socket {_socket}'");
        }
    }

    private string Why(SocketException? exception, out string remedy)
    {
        remedy = $"start it with 'dmvpn run FILE --socket {_socket}', or name another socket with --socket or DMVPN_SOCKET";
        switch (exception?.SocketErrorCode)
        {
            case SocketError.AccessDenied:
                remedy = "run this command as the user that runs the daemon, or as root";
                return $"no permission to use the socket {_socket}";
            case SocketError.ConnectionRefused:
                return $"no daemon answers at {_socket}: it was stopped without removing its socket";
            default:
                return File.Exists(_socket) ? $"no daemon answers at {_socket}" : $"no daemon is running here: there is no socket {_socket}";
        }
    }
}

/// <summary>A request that failed, in words for the user.</summary>
/// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="error">What is wrong.</param>
/// <param name="remedy">What to do about it; null when that is plain.</param>
internal sealed class ControlException(int exitCode, string error, string? remedy) : Exception(error)
{
    public int ExitCode { get; } = exitCode;

    public string? Remedy { get; } = remedy;
}
