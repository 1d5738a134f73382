using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Dmvpn.Core;
using Dmvpn.Daemon.Api;
using Dmvpn.Management.Api;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Api;

public sealed class ApiServerTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly RunningServer _running = new();

    public async ValueTask InitializeAsync() => await _running.Server.StartAsync(Cancel);

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    [Fact]
    public async Task Request_EveryRoute_AnswersJson()
    {
        foreach (FieldInfo field in typeof(ApiRoutes).GetFields())
        {
            string path = (string)field.GetRawConstantValue()!;
            if (path == ApiRoutes.Debug) continue;
            bool get = !path.StartsWith("/v1/clear/", StringComparison.Ordinal) && path is not (ApiRoutes.Reload or ApiRoutes.Check);
            string body = path == ApiRoutes.Check ? """{"fileName":"a","text":"b"}""" : "{}";
            using HttpResponseMessage response = get ? await _running.Client.GetAsync(path, Cancel) : await PostAsync(path, body);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode}");
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
            Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
        }
        // The log is the server's own, and all others are asked once each, on the control thread.
        string[] methods = [.. typeof(IRouterApi).GetMethods().Select(method => method.Name).Order()];
        Assert.Equal(methods, _running.Router.Asked.Order());
        Assert.Equal(_running.ControlThread, _running.Router.LastThread);
    }

    [Fact]
    public async Task Get_WithQuery_RouterSeesIt()
    {
        var query = new ScreenQuery { Tunnel = new TunnelId(3), Family = AddressFamily.Ipv6, Address = IpAddress.Parse("2001:db8::1"), Filter = "static" };
        using HttpResponseMessage response = await _running.Client.GetAsync(ApiRoutes.NhrpCache + query.ToQueryString(), Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(query, _running.Router.LastQuery);
    }

    [Theory]
    [InlineData("?tunnel=x", "tunnel")]
    [InlineData("?family=ipx", "family")]
    [InlineData("?address=10.0.0", "address")]
    [InlineData("?nbma=", "nbma")]
    public async Task Get_BadQuery_400SaysWhich(string query, string names)
    {
        ApiError error = await RefusedAsync(HttpStatusCode.BadRequest, await _running.Client.GetAsync(ApiRoutes.Dmvpn + query, Cancel));
        Assert.StartsWith(names, error.Error);
        Assert.Empty(_running.Router.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"tunnel":"Ethernet0"}""")]
    [InlineData("""{"tunnel":1}""")]
    [InlineData("""{"address":1}""")]
    [InlineData("""{"address":"10.0.0"}""")]
    [InlineData("""{"family":"ipx"}""")]
    public async Task Post_BadJson_400(string body)
    {
        await RefusedAsync(HttpStatusCode.BadRequest, await PostAsync(ApiRoutes.ClearNhrp, body));
        Assert.Empty(_running.Router.Asked);
    }

    [Fact]
    public async Task Post_Request_RouterSeesIt()
    {
        using HttpResponseMessage response = await PostAsync(ApiRoutes.ClearNhrp, """{"family":"ipv6","scope":"shortcut","tunnel":"Tunnel2"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            new ClearNhrpRequest { Family = AddressFamily.Ipv6, Scope = ClearNhrpScope.Shortcut, Tunnel = new TunnelId(2) },
            _running.Router.LastRequest);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("{}", false)]
    [InlineData("""{"force":true}""", true)]
    public async Task Reload_WithOrWithoutABody_RouterSeesWhetherItIsForced(string body, bool force)
    {
        using HttpResponseMessage response = await PostAsync(ApiRoutes.Reload, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(new ReloadRequest { Force = force }, _running.Router.LastRequest);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(409)]
    public async Task Get_RouterRefuses_ItsStatusAndError(int status)
    {
        _running.Router.Failure = new ApiRefusal(status, new ApiError("there is no such thing", "name another"));
        ApiError error = await RefusedAsync((HttpStatusCode)status, await _running.Client.GetAsync(ApiRoutes.Dmvpn, Cancel));
        Assert.Equal(new ApiError("there is no such thing", "name another"), error);
    }

    [Fact]
    public async Task Get_RouterFails_500IsLoggedAndTheServerGoesOn()
    {
        _running.Router.Failure = new InvalidOperationException("a bug");
        await RefusedAsync(HttpStatusCode.InternalServerError, await _running.Client.GetAsync(ApiRoutes.Dmvpn, Cancel));
        Assert.Contains("a bug", Assert.Single(_running.Log.Buffer.Snapshot()).Text);
        _running.Router.Failure = null;
        using HttpResponseMessage response = await _running.Client.GetAsync(ApiRoutes.Dmvpn, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Request_WrongMethodOrPath_Refused()
    {
        using HttpResponseMessage method = await _running.Client.GetAsync(ApiRoutes.Reload, Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        using HttpResponseMessage path = await _running.Client.GetAsync("/v1/nothing", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, path.StatusCode);
    }

    [Fact]
    public async Task Log_AfterLines_GivesThemUntilCleared()
    {
        _running.Log.CreateLogger("Nhrp").Log(LogLevel.Warning, new EventId(1004, "NhsDown"), "text", null, static (text, _) => text);
        LogState state = await LogAsync();
        Dmvpn.Management.Api.LogLine line = Assert.Single(state.Lines);
        Assert.Equal(("NHRP", "NHS_DOWN", 1004, "text", LogSeverity.Warnings), (line.Facility, line.Mnemonic, line.EventId, line.Text, line.Severity));
        using (await PostAsync(ApiRoutes.ClearLogging, "")) Assert.Empty((await LogAsync()).Lines);
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body) =>
        _running.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancel);

    private async Task<LogState> LogAsync() =>
        JsonSerializer.Deserialize(await _running.Client.GetStringAsync(ApiRoutes.Log, Cancel), ApiJson.Default.LogState)!;

    private static async Task<ApiError> RefusedAsync(HttpStatusCode status, HttpResponseMessage response)
    {
        using (response)
        {
            Assert.Equal(status, response.StatusCode);
            ApiError? error = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Cancel), ApiJson.Default.ApiError);
            Assert.NotEmpty(error!.Error);
            return error;
        }
    }
}
