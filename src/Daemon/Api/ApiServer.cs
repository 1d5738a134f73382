using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dmvpn.Core;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Logging;
using Dmvpn.Management.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dmvpn.Daemon.Api;

/// <summary>
/// HTTP/JSON on a Unix socket: every screen and command of <see cref="ApiRoutes"/>. Requests are served on pool threads and do their
/// work on the control thread. The socket's directory permissions and mode 0600 decide who may use it.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private const int LargestRequest = 4 * 1024 * 1024;

    private readonly ControlLoop _loop;
    private readonly IRouterApi _router;
    private readonly RouterLog _log;
    private readonly string _path;
    private readonly WebApplication _app;
    private bool _ownsSocket;

    /// <summary>A server for <paramref name="router"/>; nothing listens before <see cref="StartAsync"/>.</summary>
    public ApiServer(string path, ControlLoop loop, IRouterApi router, RouterLog log)
    {
        (_path, _loop, _router, _log) = (path, loop, router, log);
        // The other builders take settings from the environment and from a file in the working directory, which could add a TCP port, and watch all of that directory for changes.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(path);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequest;
        });
        _app = builder.Build();
        MapScreens();
        MapCommands();
        DebugEndpoint.Map(_app, log);
    }

    /// <summary>Starts to listen; a socket left by a crashed predecessor is replaced.</summary>
    /// <exception cref="InvalidOperationException">Another daemon answers at the socket.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        await UnixSocketFile.PrepareAsync(_path, cancel);
        await _app.StartAsync(cancel);
        _ownsSocket = true;
        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _app.StopAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // A debug stream that nobody ended is cut off.
        }
        await _app.DisposeAsync();
        if (_ownsSocket) File.Delete(_path);
    }

    private void MapScreens()
    {
        ApiJson json = ApiJson.Default;
        Screen(ApiRoutes.Dmvpn, json.DmvpnState, _router.Dmvpn);
        Screen(ApiRoutes.NhrpCache, json.NhrpCacheState, _router.NhrpCache);
        Screen(ApiRoutes.Nhs, json.NhsState, _router.Nhs);
        Screen(ApiRoutes.NhrpTraffic, json.NhrpTrafficState, _router.NhrpTraffic);
        Screen(ApiRoutes.NhrpSummary, json.NhrpSummaryState, _router.NhrpSummary);
        Screen(ApiRoutes.NhrpRedirect, json.RedirectState, _router.Redirects);
        Screen(ApiRoutes.NhrpMulticast, json.MulticastState, _router.Multicast);
        Screen(ApiRoutes.Routes, json.RouteState, _router.Routes);
        Screen(ApiRoutes.Interfaces, json.InterfaceState, _router.Interfaces);
        Screen(ApiRoutes.Adjacencies, json.AdjacencyState, _router.Adjacencies);
        Screen(ApiRoutes.CdpNeighbors, json.CdpNeighborState, _router.CdpNeighbors);
        Screen(ApiRoutes.Version, json.VersionState, _router.Version);
        Screen(ApiRoutes.Platform, json.PlatformState, _router.Platform);
        Screen(ApiRoutes.CryptoSessions, json.CryptoState, _router.CryptoSessions);
        Screen(ApiRoutes.CryptoStatistics, json.CryptoStatisticsState, _router.CryptoStatistics);
        Screen(ApiRoutes.CryptoConfig, json.CryptoConfigState, _router.CryptoConfig);
        Screen(ApiRoutes.Certificates, json.CertificateState, _router.Certificates);
        Screen(ApiRoutes.Drops, json.DropState, _router.Drops);
        Screen(ApiRoutes.RunningConfig, json.RunningConfig, _router.RunningConfig);
        _app.MapGet(ApiRoutes.Log, (RequestDelegate)(context => Json(context, LogScreen.Of(_log), json.LogState)));
    }

    private void MapCommands()
    {
        ApiJson json = ApiJson.Default;
        Command(ApiRoutes.ClearNhrp, json.ClearNhrpRequest, json.CommandResult, _router.ClearNhrp);
        Command(ApiRoutes.ClearDmvpnSession, json.ClearDmvpnSessionRequest, json.CommandResult, _router.ClearDmvpnSession);
        Command(ApiRoutes.ClearCrypto, json.ClearCryptoRequest, json.CommandResult, _router.ClearCrypto);
        Command(ApiRoutes.ClearCounters, json.ClearCountersRequest, json.CommandResult, _router.ClearCounters);
        Reading(ApiRoutes.Check, json.CheckRequest, json.ReloadResult, none: null, _router.CheckAsync);
        Command(ApiRoutes.ClearCdp, json.CommandResult, _router.ClearCdp);
        Reading(ApiRoutes.Reload, json.ReloadRequest, json.ReloadResult, none: new ReloadRequest(), _router.ReloadAsync);
        _app.MapPost(ApiRoutes.ClearLogging, (RequestDelegate)(context =>
        {
            _log.Buffer.Clear();
            return Json(context, new CommandResult(), json.CommandResult);
        }));
    }

    private void Screen<T>(string path, JsonTypeInfo<T> type, Func<ScreenQuery, Instant, T> screen) =>
        _app.MapGet(path, (RequestDelegate)(async context =>
        {
            string? Get(string name) => context.Request.Query.TryGetValue(name, out var value) ? (string?)value : null;
            if (!ScreenQuery.TryRead(Get, out ScreenQuery query, out string error))
            {
                await Refuse(context, StatusCodes.Status400BadRequest, new ApiError(error));
                return;
            }
            await Answer(context, type, now => screen(query, now));
        }));

    private void Command<TRequest, T>(string path, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<T> type, Func<TRequest, Instant, T> command)
        where TRequest : class => Reading(path, requestType, type, none: null, request => _loop.InvokeAsync(now => command(request, now)));

    /// <summary>A command that finds its own way to the control thread, when it has read what may be long.</summary>
    /// <param name="none">What a request without a body stands for; null refuses it.</param>
    private void Reading<TRequest, T>(string path, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<T> type, TRequest? none, Func<TRequest, Task<T>> command)
        where TRequest : class =>
        _app.MapPost(path, (RequestDelegate)(context => Read(context, requestType, type, none, command)));

    private async Task Read<TRequest, T>(
        HttpContext context, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<T> type, TRequest? none, Func<TRequest, Task<T>> command)
        where TRequest : class
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        ApiRequest<TRequest> request = ApiRequest<TRequest>.Read(body.GetBuffer().AsSpan(0, (int)body.Length), requestType, none);
        if (request.Value is { } value) await Answer(context, type, () => command(value));
        else await Refuse(context, StatusCodes.Status400BadRequest, new ApiError(request.Error));
    }

    private void Command<T>(string path, JsonTypeInfo<T> type, Func<Instant, T> command) =>
        _app.MapPost(path, (RequestDelegate)(context => Answer(context, type, command)));

    private Task Answer<T>(HttpContext context, JsonTypeInfo<T> type, Func<Instant, T> work) => Answer(context, type, () => _loop.InvokeAsync(work));

    private async Task Answer<T>(HttpContext context, JsonTypeInfo<T> type, Func<Task<T>> work)
    {
        T answer;
        try
        {
            answer = await work();
        }
        catch (ApiRefusal refusal)
        {
            await Refuse(context, refusal.Status, refusal.Error);
            return;
        }
        catch (Exception e)
        {
            DaemonLog.ControlFailure(_log.CreateLogger(EventBlock.Daemon.Category), e);
            await Refuse(context, StatusCodes.Status500InternalServerError, new ApiError("the router failed to answer", "see show logging"));
            return;
        }
        await Json(context, answer, type);
    }

    private static Task Json<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    private static Task Refuse(HttpContext context, int status, ApiError error)
    {
        context.Response.StatusCode = status;
        return Json(context, error, ApiJson.Default.ApiError);
    }
}

/// <summary>A request that cannot be done: becomes an <see cref="ApiError"/>.</summary>
/// <param name="status">HTTP status: 404 no such thing, 409 not now.</param>
/// <param name="error">What is wrong and what to do.</param>
public sealed class ApiRefusal(int status, ApiError error) : Exception(error.Error)
{
    /// <summary>HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The answer's body.</summary>
    public ApiError Error { get; } = error;
}
