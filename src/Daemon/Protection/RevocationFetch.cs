using System.Net;

namespace Dmvpn.Daemon.Protection;

/// <summary>Fetches a revocation list, from a web server or a file, within limits of time and size. On a pool thread.</summary>
internal sealed class RevocationFetch : IDisposable
{
    /// <summary>Half a million revoked certificates; whoever answers for the server must not fill the memory.</summary>
    public const int LargestList = 16 * 1024 * 1024;

    /// <summary>Half of what <see cref="TrustpointStore"/> keeps a trustpoint for after its last use: an answer never comes to one that is gone.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    public RevocationFetch(TimeSpan? limit = null)
    {
        // Nothing is unpacked on the way, which could be made to be far larger than what was sent.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = true,
            MaxAutomaticRedirections = 3,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        };
        _http = new HttpClient(handler) { Timeout = limit ?? TimeLimit, MaxResponseContentBufferSize = LargestList };
    }

    /// <summary>The file, or why there is none. Never throws.</summary>
    public async Task<(byte[] File, string Failure)> GetAsync(string url, CancellationToken cancel)
    {
        try
        {
            var uri = new Uri(url);
            if (!uri.IsFile) return (await _http.GetByteArrayAsync(uri, cancel), "");
            if (new FileInfo(uri.LocalPath).Length > LargestList) return ([], TooLarge);
            return (await File.ReadAllBytesAsync(uri.LocalPath, cancel), "");
        }
        catch (OperationCanceledException)
        {
            return ([], $"no complete answer within {_http.Timeout.TotalSeconds:0} s");
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return ([], TooLarge);
        }
        catch (HttpRequestException e)
        {
            return ([], e.StatusCode is { } status ? $"the server answers {(int)status} {status}" : e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or UriFormatException)
        {
            return ([], e.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string TooLarge => $"it is larger than {LargestList / (1024 * 1024)} MB";
}
