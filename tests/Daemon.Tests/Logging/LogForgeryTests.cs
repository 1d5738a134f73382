using Dmvpn.Core;
using Dmvpn.Daemon.Logging;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Logging;

/// <summary>Whatever a peer calls itself, one event is one line, on stderr, in the journal, in <c>show logging</c> and in debug streams.</summary>
public sealed class LogForgeryTests
{
    private const string Forged = "evil\nDec  1 00:00:00.000: %IKEV2-6-PEER_UP: ceo.vpn.example.net is up\r\u001b[2J\u2028\u202e";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NameWithALineFeed_IsOneLineEverywhere(bool journal)
    {
        var written = new StringWriter();
        using var log = new RouterLog(LogLevel.Debug, written, journal);
        using DebugStream stream = log.Open([]);
        log.CreateLogger("Odr").Log(LogLevel.Information, new EventId(1600, "NeighborUp"), Forged, new InvalidOperationException(Forged), static (name, _) => $"CDP neighbor {name}");
        string[] lines = written.ToString().Split(written.NewLine, StringSplitOptions.RemoveEmptyEntries);
        string text = Assert.Single(lines);
        Assert.Equal(text, PrintableText.Escape(text));
        Assert.Contains("evil\\nDec", text, StringComparison.Ordinal);
        Assert.Equal(Assert.Single(log.Buffer.Snapshot()).Text, PrintableText.Escape(log.Buffer.Snapshot()[0].Text));
        Assert.True(stream.Lines.TryRead(out LogLine line));
        Assert.Equal(line.Text, PrintableText.Escape(line.Text));
    }

    [Fact]
    public void AnyName_IsOneLine()
    {
        var random = new SeededRandom(20);
        var written = new StringWriter { NewLine = "\n" };
        using var log = new RouterLog(LogLevel.Information, written, journal: true);
        for (int i = 0; i < 2000; i++)
        {
            char[] name = new char[random.Below(40)];
            for (int at = 0; at < name.Length; at++) name[at] = (char)random.Below(random.Below(2) == 0 ? 0xA0 : 0x10000);
            written.GetStringBuilder().Clear();
            log.CreateLogger("Ike").Log(LogLevel.Warning, new EventId(2000, "Peer"), new string(name), null, static (text, _) => text);
            string line = written.ToString();
            Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
            Assert.DoesNotContain(line[..^1], char.IsControl);
        }
    }
}
