using Dmvpn.Daemon.Logging;
using Dmvpn.Management.Api;
using Microsoft.Extensions.Logging;
using LogLine = Dmvpn.Daemon.Logging.LogLine;

namespace Dmvpn.Daemon.Tests.Logging;

public sealed class DebugStreamTests : IDisposable
{
    private readonly RouterLog _log = new(LogLevel.Information, TextWriter.Null, journal: false);

    [Fact]
    public void TryFind_EveryNameOfTheApi_IsATopic()
    {
        foreach (string name in DebugTopics.All)
        {
            Assert.True(DebugTopic.TryFind(name.ToUpperInvariant(), out DebugTopic? topic), name);
            Assert.Equal(name, topic.Name);
        }
        Assert.Equal(DebugTopics.All.Count, DebugTopic.All.Count);
        Assert.False(DebugTopic.TryFind("nhrp-", out _));
    }

    [Theory]
    [InlineData(DebugTopics.Nhrp, new[] { 1000, 1099, 1400, 1499 }, new[] { 999, 1100, 1399, 1500 })]
    [InlineData(DebugTopics.NhrpPacket, new[] { 1100, 1199 }, new[] { 1099, 1200 })]
    [InlineData(DebugTopics.NhrpExtension, new[] { 1100, 1199 }, new[] { 1099, 1200 })]
    [InlineData(DebugTopics.NhrpCache, new[] { 1200, 1299 }, new[] { 1199, 1300 })]
    [InlineData(DebugTopics.NhrpError, new[] { 1004, 1008, 1009, 1300, 1399 }, new[] { 1003, 1005, 1007, 1010, 1299, 1400 })]
    [InlineData(DebugTopics.NhrpRate, new[] { 1010 }, new[] { 1009, 1011 })]
    [InlineData(DebugTopics.Routing, new[] { 1500, 1599 }, new[] { 1499, 1600 })]
    [InlineData(DebugTopics.Cdp, new[] { 1600, 1699 }, new[] { 1599, 1700 })]
    [InlineData(DebugTopics.Tunnel, new[] { 1700, 1799 }, new[] { 1699, 1800 })]
    [InlineData(DebugTopics.Dmvpn, new[] { 1000, 1007, 1700, 1899 }, new[] { 999, 1008, 1699, 1900 })]
    [InlineData(DebugTopics.Ikev2, new[] { 2000, 2099, 2400, 2499 }, new[] { 1999, 2100, 2399, 2500 })]
    [InlineData(DebugTopics.Ikev2Packet, new[] { 2100, 2199 }, new[] { 2099, 2200 })]
    [InlineData(DebugTopics.Ikev2Internal, new[] { 2200, 2299 }, new[] { 2199, 2300 })]
    [InlineData(DebugTopics.Ikev2Error, new[] { 2002, 2006, 2300, 2399 }, new[] { 2001, 2005, 2299, 2400 })]
    [InlineData(DebugTopics.Ipsec, new[] { 2500, 2599 }, new[] { 2499, 2600 })]
    [InlineData(DebugTopics.Pki, new[] { 2600, 2699 }, new[] { 2599, 2700 })]
    public void Log_EventsAroundATopic_OnlyItsOwnArrive(string name, int[] wanted, int[] others)
    {
        Assert.True(DebugTopic.TryFind(name, out DebugTopic? topic));
        using DebugStream stream = _log.Open([topic]);
        foreach (int id in (int[])[.. wanted, .. others]) Say(id);
        Assert.Equal(wanted, Read(stream).ConvertAll(line => line.Event.Id));
    }

    [Fact]
    public void MayMatch_AnEventTheTopicWants_ItsCategoryIsWatched()
    {
        for (int id = 1000; id < 2700; id++)
        {
            string category = id < 1500 ? "Nhrp" : id < 1600 ? "Rib" : id < 1700 ? "Odr" : id < 2000 ? "Tunnel" : id < 2500 ? "IKEv2" : id < 2600 ? "Ipsec" : "Pki";
            foreach (DebugTopic topic in DebugTopic.All)
                Assert.True(!topic.Matches(id) || topic.MayMatch(category), $"{topic.Name} does not watch {category}, but wants {id}");
        }
    }

    [Fact]
    public void Open_NoTopic_AllTopics()
    {
        using DebugStream stream = _log.Open([]);
        foreach (int id in (int[])[1000, 1100, 1200, 1300, 1500, 1600, 1700, 1800]) Say(id);
        Assert.Equal(8, Read(stream).Count);
    }

    [Fact]
    public void TopicOf_SeveralTopicsWantIt_FirstOfTheStream()
    {
        Assert.True(DebugTopic.TryFind(DebugTopics.Cdp, out DebugTopic? cdp));
        Assert.True(DebugTopic.TryFind(DebugTopics.NhrpCache, out DebugTopic? cache));
        using DebugStream stream = _log.Open([cdp, cache]);
        Assert.Equal(DebugTopics.NhrpCache, stream.TopicOf(Line(1200)).Name);
        Assert.Equal(DebugTopics.Cdp, stream.TopicOf(Line(1600)).Name);
        using DebugStream all = _log.Open([]);
        Assert.Equal(DebugTopics.NhrpError, all.TopicOf(Line(1004)).Name);
    }

    [Fact]
    public void Log_SlowReader_LosesTheNewestAndIsToldHowMany()
    {
        using DebugStream stream = _log.Open([]);
        for (int i = 0; i < 4096 + 7; i++) Say(1000, i.ToString());
        Assert.Equal(7, stream.TakeLost());
        Assert.Equal(0, stream.TakeLost());
        List<LogLine> lines = Read(stream);
        Assert.Equal(("0", "4095"), (lines[0].Text, lines[^1].Text));
        Say(1000, "again");
        Assert.Equal("again", Assert.Single(Read(stream)).Text);
        Assert.Equal(0, stream.TakeLost());
    }

    [Fact]
    public async Task Dispose_OpenStream_ItsLinesEnd()
    {
        DebugStream stream = _log.Open([]);
        Say(1000);
        stream.Dispose();
        Say(1001);
        Assert.Equal([1000], Read(stream).ConvertAll(line => line.Event.Id));
        await stream.Lines.Completion.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Dispose_LogWithOpenStreams_AllEnd()
    {
        DebugStream one = _log.Open([]), two = _log.Open([]);
        _log.Dispose();
        await Task.WhenAll(one.Lines.Completion, two.Lines.Completion).WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    public void Dispose() => _log.Dispose();

    private static LogLine Line(int id) => new(DateTimeOffset.UnixEpoch, LogLevel.Debug, id, "Nhrp", "text");

    private static List<LogLine> Read(DebugStream stream)
    {
        var lines = new List<LogLine>();
        while (stream.Lines.TryRead(out LogLine line)) lines.Add(line);
        return lines;
    }

    private void Say(int id, string text = "text") =>
        _log.CreateLogger("Nhrp").Log(LogLevel.Information, new EventId(id, "Event"), text, null, static (state, _) => state);
}
