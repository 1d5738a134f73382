using System.Text.Json;
using Dmvpn.Core;
using Dmvpn.Management.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Cli.Tests.Client;

/// <summary>Something that answers on a Unix socket as the daemon does, with the same few facts every time.</summary>
internal sealed class FakeDaemon : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeDaemon(WebApplication app, string socket) => (_app, Socket) = (app, socket);

    public string Socket { get; }

    /// <summary>The bodies that were posted, by path.</summary>
    public List<(string Path, string Body)> Posts { get; } = [];

    /// <summary>The paths and queries that were asked for.</summary>
    public List<string> Gets { get; } = [];

    public static async Task<FakeDaemon> StartAsync()
    {
        string socket = Path.Combine(Path.GetTempPath(), $"dmvpn-{Guid.NewGuid():N}.sock");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        WebApplication app = builder.Build();
        var daemon = new FakeDaemon(app, socket);
        app.Run(daemon.AnswerAsync);
        await app.StartAsync();
        return daemon;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        File.Delete(Socket);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path;
        if (context.Request.Method == "POST")
        {
            using var reader = new StreamReader(context.Request.Body);
            Posts.Add((path, await reader.ReadToEndAsync()));
        }
        else
        {
            Gets.Add(path + context.Request.QueryString);
        }

        switch (path)
        {
            case ApiRoutes.Version:
                await JsonAsync(new VersionState { Version = "9.9", HostName = "hub" }, ApiJson.Default.VersionState);
                break;
            case ApiRoutes.Adjacencies:
                await JsonAsync(new AdjacencyState { Entries = [new AdjacencyEntry { Tunnel = new TunnelId(1), Address = IpAddress.Parse("10.0.0.2"), Nbma = IpAddress.Parse("172.17.0.2"), References = 3 }] }, ApiJson.Default.AdjacencyState);
                break;
            case ApiRoutes.ClearNhrp:
                await JsonAsync(new CommandResult { Count = 1 }, ApiJson.Default.CommandResult);
                break;
            case ApiRoutes.ClearDmvpnSession:
                context.Response.StatusCode = 404;
                await JsonAsync(new ApiError("no such peer", "see 'show dmvpn'"), ApiJson.Default.ApiError);
                break;
            case ApiRoutes.Reload:
                await JsonAsync(new ReloadResult { Accepted = false, Messages = [new ConfigMessage { Kind = ConfigMessageKind.Error, Line = 3, Column = 5, Text = "no such thing", Remedy = "remove it" }] }, ApiJson.Default.ReloadResult);
                break;
            case ApiRoutes.Debug:
                foreach (string topic in context.Request.Query["topic"]!)
                {
                    await JsonAsync(new DebugLine { Time = new DateTimeOffset(2026, 3, 1, 0, 2, 3, 45, TimeSpan.Zero), Topic = topic, Text = $"NHRP: {topic}\n  (M) more" }, ApiJson.Default.DebugLine);
                    await context.Response.WriteAsync("\n");
                }

                break;
            default:
                context.Response.StatusCode = 500;
                break;
        }

        Task JsonAsync<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => context.Response.WriteAsync(JsonSerializer.Serialize(value, type));
    }
}
