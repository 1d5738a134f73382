using System.Text.Json;
using Dmvpn.Daemon.Logging;
using Dmvpn.Management.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using LogLine = Dmvpn.Daemon.Logging.LogLine;

namespace Dmvpn.Daemon.Api;

/// <summary><see cref="ApiRoutes.Debug"/>: a live stream of one JSON line per event, until the client hangs up.</summary>
internal static class DebugEndpoint
{
    public static void Map(WebApplication app, RouterLog log) =>
        app.MapGet(ApiRoutes.Debug, (RequestDelegate)(context => Serve(context, log)));

    private static async Task Serve(HttpContext context, RouterLog log)
    {
        var topics = new List<DebugTopic>();
        foreach (string? name in context.Request.Query["topic"])
        {
            if (!DebugTopic.TryFind(name ?? "", out DebugTopic? topic))
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                await JsonSerializer.SerializeAsync(
                    context.Response.Body,
                    new ApiError($"topic: '{name}' is none", $"one of {string.Join(", ", DebugTopics.All)}"),
                    ApiJson.Default.ApiError);
                return;
            }
            topics.Add(topic);
        }
        // The condition: an address or tunnel that the text must name. Texts name both ends, as IOS's do.
        string? peer = context.Request.Query["peer"];
        string? tunnel = context.Request.Query["tunnel"] is [{ } number] ? $"Tunnel{number}" : null;

        using DebugStream stream = log.Open(topics);
        context.Response.ContentType = "application/x-ndjson";
        try
        {
            // The client learns that it is accepted now, not with the first line.
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await foreach (LogLine line in stream.Lines.ReadAllAsync(context.RequestAborted))
            {
                if (stream.TakeLost() is > 0 and long lost)
                    await Write(context, new DebugLine { Time = line.Time, Topic = "lost", Text = $"{lost} lines were lost: the reader was too slow" });
                if (peer is not null && !Names(line.Text, peer) || tunnel is not null && !Names(line.Text, tunnel)) continue;
                await Write(context, new DebugLine { Time = line.Time, Topic = stream.TopicOf(line).Name, Text = line.Text });
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone: that is how a stream ends.
        }
    }

    private static async Task Write(HttpContext context, DebugLine line)
    {
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, ApiJson.Default.DebugLine), (byte)'\n'];
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    // "10.0.0.1" must not be found in "10.0.0.12" or "110.0.0.1", but in "10.0.0.1:500".
    private static bool Names(string text, string what)
    {
        for (int at = text.IndexOf(what, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(what, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            bool startsWord = at == 0 || !(char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '.' or ':');
            int end = at + what.Length;
            bool endsWord = end == text.Length || !char.IsLetterOrDigit(text[end]) && !((text[end] == '.' || text[end] == ':' && what.Contains(':')) && end + 1 < text.Length && char.IsLetterOrDigit(text[end + 1]));
            if (startsWord && endsWord) return true;
        }
        return false;
    }
}
