using System.Net;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Protection;

/// <summary>Fetches a revocation list, from a web server or a file, within limits of time and size. On a pool thread.</summary>
internal sealed class RevocationFetch : IDisposable
{
    /// <summary>Half a million revoked certificates; whoever answers for the server must not fill the memory.</summary>
    public const int LargestList = 16 * 1024 * 1024;

    /// <summary>Half of what <see cref="TrustpointStore"/> keeps a trustpoint for after its last use: an answer never comes to one that is gone.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private const int MostRedirects = 3;

    private readonly HttpClient _http;

    public RevocationFetch(TimeSpan? limit = null)
    {
        // Nothing is unpacked on the way, which could be made to be far larger than what was sent.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
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
            if (!uri.IsFile) return await GetAsync(uri, cancel);
            if (new FileInfo(uri.LocalPath).Length > LargestList) return ([], TooLarge);
            return (GuardedFile.Read(uri.LocalPath, LargestList), "");
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

    private async Task<(byte[] File, string Failure)> GetAsync(Uri uri, CancellationToken cancel)
    {
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            using HttpResponseMessage response = await _http.GetAsync(uri, cancel);
            if ((int)response.StatusCode is < 300 or > 399 || response.Headers.Location is not { } location)
                return (await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancel), "");
            Uri next = location.IsAbsoluteUri ? location : new Uri(uri, location);
            if (!IsAllowed(uri, next)) return ([], $"the server sends us on to {Words(next)}, and lists come from http or https and {uri.Host} alone: write the right address into 'crl url'");
            uri = next;
        }
        return ([], $"the server sends us on and on, more than {MostRedirects} times");
    }

    /// <summary>
    /// Whoever answers for the server must not have this router ask others, or its own machine: the same name, by http or https and never from https back to http, at that protocol's port or
    /// the one that was asked.
    /// </summary>
    private static bool IsAllowed(Uri from, Uri to) =>
        (to.Scheme == Uri.UriSchemeHttps || to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp)
        && string.Equals(from.IdnHost, to.IdnHost, StringComparison.OrdinalIgnoreCase) && (to.IsDefaultPort || to.Port == from.Port) && to.UserInfo.Length == 0;

    /// <summary>For the log: the server chose it.</summary>
    private static string Words(Uri uri) => uri.IsFile ? "a file" : uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) is { Length: < 256 } short_ ? short_ : "a long address";

    public void Dispose() => _http.Dispose();

    private static string TooLarge => $"it is larger than {LargestList / (1024 * 1024)} MB";
}
