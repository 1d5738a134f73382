using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Microsoft.Extensions.Logging;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

public sealed class LogTests
{
    [Fact]
    public void EverythingLogged_WrongAuthenticationIncluded_ShowsNoSecret()
    {
        var log = new ListLogger();
        var outbox = new Outbox<NhrpEffect>();
        var key = new NhrpInterfaceKey(new TunnelId(0), false);
        var engine = new NhrpInstance(new Cloud().A, new SeededRandom(1), log);
        engine.TryApply(key, Cloud.HubConfig, Instant.Zero, outbox);
        engine.OnInterfaceChanged(new NhrpInterfaceFacts { Key = key, Up = true, Addresses = [new(Parse("10.0.0.1"), 24)], NbmaSource = Parse(Cloud.HubNbma) }, Instant.Zero, outbox);
        foreach (string authentication in new[] { "secret", "wrongone" })
        {
            engine.HandlePacket(new NhrpArrival(key, new NbmaPeer(Parse("203.0.113.50")), default), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", authentication: authentication), Instant.Zero, outbox);
        }
        string text = string.Join('\n', log.Lines);
        Assert.Contains("NHRP: Receive Registration Request via Tunnel0 from 203.0.113.50, packet size: ", text);
        Assert.Contains("(M) flags: \"nat \", reqid: 77", text);
        Assert.Contains("Authentication Extension(7):\n   type:Cleartext(1), data:********", text);
        Assert.Contains("authentication failure, packet from 203.0.113.50", text);
        Assert.DoesNotContain("secret", text);
        Assert.DoesNotContain("wrongone", text);
        Assert.DoesNotContain("73 65 63 72 65 74", text);
        Assert.All(log.Ids, id => Assert.InRange(id, 1000, 1499));
    }

    [Fact]
    public void HundredRegistrationsAtOnce_Logged_FiftyLinesAndOneThatCountsTheRest()
    {
        var log = new ListLogger();
        var outbox = new Outbox<NhrpEffect>();
        var key = new NhrpInterfaceKey(new TunnelId(0), false);
        var engine = new NhrpInstance(new Cloud().A, new SeededRandom(1), log);
        engine.TryApply(key, Cloud.HubConfig, Instant.Zero, outbox);
        engine.OnInterfaceChanged(new NhrpInterfaceFacts { Key = key, Up = true, Addresses = [new(Parse("10.0.0.1"), 24)], NbmaSource = Parse(Cloud.HubNbma) }, Instant.Zero, outbox);
        void Register(int spoke, double second) => engine.HandlePacket(
            new NhrpArrival(key, new NbmaPeer(Parse($"203.0.113.{spoke}")), default),
            NhrpBytes.Registration($"203.0.113.{spoke}", $"10.0.0.{spoke}"), Instant.FromSeconds(second), outbox);

        for (int i = 0; i < 100; i++) Register(100 + i, 10);
        Assert.Equal(50, log.Ids.Count(id => id == 1003));
        Assert.Equal(Instant.FromSeconds(11), engine.NextDeadline);
        engine.OnDeadline(Instant.FromSeconds(11), outbox);
        Assert.StartsWith("NHRP: 50 more registrations", Assert.Single(log.Lines.Where((_, at) => log.Ids[at] == 1010)));
        Register(50, 11.5);
        Assert.Equal(51, log.Ids.Count(id => id == 1003));
    }

    [Fact]
    public void ThousandUndecodablePackets_UnderDebug_FiftyLines_AndTheyKeepNoOthersOut()
    {
        var log = new ListLogger();
        var outbox = new Outbox<NhrpEffect>();
        var key = new NhrpInterfaceKey(new TunnelId(0), false);
        var engine = new NhrpInstance(new Cloud().A, new SeededRandom(1), log);
        engine.TryApply(key, Cloud.HubConfig, Instant.Zero, outbox);
        engine.OnInterfaceChanged(new NhrpInterfaceFacts { Key = key, Up = true, Addresses = [new(Parse("10.0.0.1"), 24)], NbmaSource = Parse(Cloud.HubNbma) }, Instant.Zero, outbox);
        for (int i = 0; i < 1000; i++) engine.HandlePacket(new NhrpArrival(key, new NbmaPeer(Parse("203.0.113.66")), default), [1, 2, 3], Instant.FromSeconds(10), outbox);
        Assert.Equal(50, log.Ids.Count(id => id == 1301));
        engine.HandlePacket(new NhrpArrival(key, new NbmaPeer(Parse("203.0.113.7")), default), NhrpBytes.Registration("203.0.113.7", "10.0.0.7"), Instant.FromSeconds(10), outbox);
        Assert.Equal(1, log.Ids.Count(id => id == 1003));
    }

    private sealed class ListLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public List<int> Ids { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            Ids.Add(eventId.Id);
        }
    }
}
