using System.Net;
using System.Text.Json;
using Dmvpn.Management.Api;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Api;

public sealed class DebugEndpointTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly RunningServer _running = new();

    public async ValueTask InitializeAsync() => await _running.Server.StartAsync(Cancel);

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    [Fact]
    public async Task Debug_Topic_ItsLinesArriveAndEndWithTheClient()
    {
        ILogger logger = _running.Log.CreateLogger("Nhrp");
        using (HttpResponseMessage response = await OpenAsync("?topic=nhrp-packet&topic=nhrp-cache"))
        {
            Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
            Say(1000, "of another topic");
            Say(1100, "packet");
            Say(1200, "cache");
            Assert.Equal(("nhrp-packet", "packet"), await ReadAsync(reader));
            Assert.Equal(("nhrp-cache", "cache"), await ReadAsync(reader));
            Assert.True(logger.IsEnabled(LogLevel.Debug));
        }
        for (int i = 0; i < 1000 && logger.IsEnabled(LogLevel.Debug); i++) await Task.Delay(10, Cancel);
        Assert.False(logger.IsEnabled(LogLevel.Debug));
    }

    [Theory]
    [InlineData("peer=10.0.0.1", "to 10.0.0.1", "to 10.0.0.12", "to 110.0.0.1", "to 2001:db8::10.0.0.1")]
    [InlineData("peer=10.0.0.1", "to 10.0.0.1: sent", "to 10.0.0.1.2")]
    [InlineData("peer=10.0.0.1", "from 10.0.0.12 to 10.0.0.1.", "to 10.0.0.10.")]
    [InlineData("peer=2001:DB8::1", "to 2001:db8::1", "to 2001:db8::1:2", "to fe80:2001:db8::1")]
    [InlineData("tunnel=1", "Tunnel1: up", "Tunnel10: up")]
    public async Task Debug_Condition_OnlyLinesThatNameIt(string condition, string named, params string[] others)
    {
        using HttpResponseMessage response = await OpenAsync("?" + condition);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        foreach (string other in others) Say(1000, other);
        Say(1000, named);
        Assert.Equal(("nhrp", named), await ReadAsync(reader));
    }

    [Fact]
    public async Task Debug_UnknownTopic_400NamesAll()
    {
        using HttpResponseMessage response = await OpenAsync("?topic=ospf");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        ApiError? error = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Cancel), ApiJson.Default.ApiError);
        Assert.Contains("ospf", error!.Error);
        foreach (string name in DebugTopics.All) Assert.Contains(name, error.Remedy);
    }

    [Fact]
    public async Task Debug_SlowClient_IsToldHowManyItLost()
    {
        using HttpResponseMessage response = await OpenAsync("?topic=nhrp");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        // Enough that neither the stream nor the sockets hold them all while nobody reads.
        string text = new('x', 1000);
        for (int i = 0; i < 30_000; i++) Say(1000, text);
        long read = 0, lost = 0;
        while (read + lost < 30_000)
        {
            (string topic, string line) = await ReadAsync(reader);
            if (topic != "lost") read++;
            else lost += long.Parse(line.Split(' ')[0]);
        }
        Assert.Equal(30_000, read + lost);
        Assert.True(lost > 0);
    }

    private Task<HttpResponseMessage> OpenAsync(string query) =>
        _running.Client.GetAsync(ApiRoutes.Debug + query, HttpCompletionOption.ResponseHeadersRead, Cancel);

    private static async Task<(string Topic, string Text)> ReadAsync(StreamReader reader)
    {
        string? text = await reader.ReadLineAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        DebugLine line = JsonSerializer.Deserialize(text!, ApiJson.Default.DebugLine)!;
        return (line.Topic, line.Text);
    }

    private void Say(int id, string text) =>
        _running.Log.CreateLogger("Nhrp").Log(LogLevel.Debug, new EventId(id, "Event"), text, null, static (state, _) => state);
}
