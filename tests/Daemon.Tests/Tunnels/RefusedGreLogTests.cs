using Dmvpn.Core;
using Dmvpn.Daemon.Logging;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tests.Reload;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Tunnels;

/// <summary>
/// GRE that belongs to no tunnel: one line for each peer and reason, with the remedy.
/// </summary>
public sealed class RefusedGreLogTests : IDisposable
{
    private static readonly IpAddress Peer = IpAddress.Parse("203.0.113.7");

    private readonly MemoryNetwork _network = new();
    private readonly StringWriter _text = new();
    private readonly RefusedGreLog _log;
    private readonly int _source;
    private Instant _now = Instant.FromSeconds(5000);

    public RefusedGreLogTests()
    {
        MemoryRouter hub = _network.Hub;
        string keyed = MemoryNetwork.HubText.Replace(" tunnel key 1\n", " tunnel key 100\n", StringComparison.Ordinal);
        Assert.Contains("tunnel key 100", keyed, StringComparison.Ordinal);
        hub.Reload(keyed, _network.Now);
        Assert.True(hub.Tunnels.TryGet(MemoryRouter.Tunnel, out TunnelInterface? tunnel));
        _source = tunnel.Underlay!.Value.Underlay.Number;
        _log = new RefusedGreLog(hub.Tunnels, new PeerTable(), hub.Underlays)
        {
            Logger = new RouterLog(LogLevel.Information, _text, journal: false) { FixedLevel = LogLevel.Information }.CreateLogger("Tunnel"),
        };
    }

    private string[] Lines => _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void WrongKey_OneLineThatNamesPeerKeysAndRemedy_AgainAfterTenMinutes()
    {
        for (int i = 0; i < 50; i++) Refused(Peer, DataplaneDrop.InNoTunnel, 200);
        string line = Assert.Single(Lines);
        Assert.Contains("WRONG_TUNNEL_KEY", line, StringComparison.Ordinal);
        Assert.Contains("key 200 from 203.0.113.7", line, StringComparison.Ordinal);
        Assert.Contains("Tunnel0 has 'tunnel key 100'", line, StringComparison.Ordinal);
        Assert.Contains("here 'tunnel key 200'", line, StringComparison.Ordinal);
        _now += TimeSpan.FromMinutes(9);
        Refused(Peer, DataplaneDrop.InNoTunnel, 200);
        Assert.Single(Lines);
        _now += TimeSpan.FromMinutes(2);
        Refused(Peer, DataplaneDrop.InNoTunnel, 200);
        Assert.Equal(2, Lines.Length);
    }

    [Theory]
    [InlineData(DataplaneDrop.InNoTunnel, null, "GRE with no key from 203.0.113.7 is dropped")]
    [InlineData(DataplaneDrop.InUnknownPeer, 100u, "has another 'tunnel destination'")]
    [InlineData(DataplaneDrop.InCleartext, 100u, "'tunnel protection' is missing at that end")]
    public void EachReason_HasItsWords(DataplaneDrop why, uint? key, string words)
    {
        Refused(Peer, why, key);
        Assert.Contains(words, Assert.Single(Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void ManySenders_FewLines()
    {
        for (uint i = 0; i < 3000; i++) Refused(IpAddress.FromBits(0, 0x0A00_0000 + i), DataplaneDrop.InNoTunnel, i);
        Assert.InRange(Lines.Length, 1, 10);
    }

    [Fact]
    public void SourceThatIsGone_NoLine()
    {
        Span<byte> bytes = stackalloc byte[RefusedGre.Length];
        new RefusedGre(_source + 77, DataplaneDrop.InNoTunnel, 1).Write(bytes);
        _log.OnRefused(new NbmaPeer(Peer), bytes, _now);
        Assert.Empty(Lines);
    }

    public void Dispose()
    {
        _network.Dispose();
        _text.Dispose();
    }

    private void Refused(IpAddress peer, DataplaneDrop why, uint? key)
    {
        Span<byte> bytes = stackalloc byte[RefusedGre.Length];
        new RefusedGre(_source, why, key).Write(bytes);
        _log.OnRefused(new NbmaPeer(peer), bytes, _now);
    }
}
