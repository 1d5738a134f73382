using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Microsoft.Extensions.Logging;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

public sealed class LogTests
{
    private static readonly NhrpInterfaceKey Key = new(new TunnelId(0), false);

    private readonly ListLogger _log = new();
    private readonly Outbox<NhrpEffect> _outbox = new();
    private readonly NhrpInstance _hub;

    public LogTests()
    {
        _hub = new NhrpInstance(new Cloud().A, new SeededRandom(1), _log);
        _hub.TryApply(Key, Cloud.HubConfig, Instant.Zero, _outbox);
        _hub.OnInterfaceChanged(new NhrpInterfaceFacts { Key = Key, Up = true, Addresses = [new(Parse("10.0.0.1"), 24)], NbmaSource = Parse(Cloud.HubNbma) }, Instant.Zero, _outbox);
    }

    [Fact]
    public void EverythingLogged_WrongAuthenticationIncluded_ShowsNoSecret()
    {
        foreach (string authentication in new[] { "secret", "wrongone" })
        {
            _hub.HandlePacket(new NhrpArrival(Key, new NbmaPeer(Parse("203.0.113.50")), default), NhrpBytes.Registration("203.0.113.50", "10.0.0.50", authentication: authentication), Instant.Zero, _outbox);
        }
        string text = string.Join('\n', _log.Lines);
        Assert.Contains("NHRP: Receive Registration Request via Tunnel0 from 203.0.113.50, packet size: ", text);
        Assert.Contains("(M) flags: \"nat \", reqid: 77", text);
        Assert.Contains("Authentication Extension(7):\n   type:Cleartext(1), data:********", text);
        Assert.Contains("authentication failure, packet from 203.0.113.50", text);
        Assert.DoesNotContain("secret", text);
        Assert.DoesNotContain("wrongone", text);
        Assert.DoesNotContain("73 65 63 72 65 74", text);
        Assert.All(_log.Ids, id => Assert.InRange(id, 1000, 1499));
    }

    [Fact]
    public void HundredRegistrationsAtOnce_Logged_FiftyLinesAndOneThatCountsTheRest()
    {
        void Register(int spoke, double second) => _hub.HandlePacket(
            new NhrpArrival(Key, new NbmaPeer(Parse($"203.0.113.{spoke}")), default),
            NhrpBytes.Registration($"203.0.113.{spoke}", $"10.0.0.{spoke}"), Instant.FromSeconds(second), _outbox);

        for (int i = 0; i < 100; i++) Register(100 + i, 10);
        Assert.Equal(50, _log.Ids.Count(id => id == 1003));
        Assert.Equal(Instant.FromSeconds(11), _hub.NextDeadline);
        _hub.OnDeadline(Instant.FromSeconds(11), _outbox);
        Assert.StartsWith("NHRP: 50 more registrations", Assert.Single(_log.Lines.Where((_, at) => _log.Ids[at] == 1010)));
        Register(50, 11.5);
        Assert.Equal(51, _log.Ids.Count(id => id == 1003));
    }

    [Fact]
    public void ThousandUndecodablePackets_UnderDebug_FiftyLines_AndTheyKeepNoOthersOut()
    {
        for (int i = 0; i < 1000; i++) _hub.HandlePacket(new NhrpArrival(Key, new NbmaPeer(Parse("203.0.113.66")), default), [1, 2, 3], Instant.FromSeconds(10), _outbox);
        Assert.Equal(50, _log.Ids.Count(id => id == 1301));
        _hub.HandlePacket(new NhrpArrival(Key, new NbmaPeer(Parse("203.0.113.7")), default), NhrpBytes.Registration("203.0.113.7", "10.0.0.7"), Instant.FromSeconds(10), _outbox);
        Assert.Equal(1, _log.Ids.Count(id => id == 1003));
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
