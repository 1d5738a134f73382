using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tests.Screens;
using Dmvpn.Ike;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>Peers that one packet is for: wanted for half a minute, and not many of them.</summary>
public sealed class TransientWantsTests : IDisposable
{
    private const int Most = 256;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    private readonly ProtectedRouter _router = new("hub", "192.0.2.1", 1);
    private readonly TransientWants _wants;
    private readonly Instant _now = ProtectedRouter.Now;

    public TransientWantsTests() => _wants = new TransientWants(_router.Engines);

    [Fact]
    public void Touched_PacketsMayWait_AndIkeIsAskedOnce()
    {
        NbmaPeer peer = Peer(1);
        _wants.Touch(_router.Source, peer, _now);
        Assert.True(MayWait(peer));
        Assert.True(AskedFor() > 0);
        _wants.Touch(_router.Source, peer, _now);
        Assert.Equal(0, AskedFor());
    }

    [Fact]
    public void TouchedAgain_TimeStartsAnew_ThenItIsReleased()
    {
        NbmaPeer peer = Peer(1), other = Peer(2);
        _wants.Touch(_router.Source, peer, _now);
        _wants.Touch(_router.Source, other, _now + TimeSpan.FromSeconds(1));
        _wants.Touch(_router.Source, peer, _now + TimeSpan.FromSeconds(20));
        Assert.Equal(_now + Duration, _wants.NextDeadline);
        _wants.OnDeadline(_now + Duration);
        Assert.True(MayWait(peer) && MayWait(other));
        Assert.Equal(_now + TimeSpan.FromSeconds(31), _wants.NextDeadline);
        _wants.OnDeadline(_wants.NextDeadline);
        Assert.True(MayWait(peer) && !MayWait(other));
        Assert.Equal(_now + TimeSpan.FromSeconds(50), _wants.NextDeadline);
        _wants.OnDeadline(_wants.NextDeadline);
        Assert.False(MayWait(peer));
        Assert.Equal(Instant.Never, _wants.NextDeadline);
    }

    [Fact]
    public void AdjacencyToThePeer_StaysWhenTheWantIsOver()
    {
        NbmaPeer peer = Peer(1);
        _router.Engines.Forwarding.Security.Acquire(_router.Source.Number, peer);
        _wants.Touch(_router.Source, peer, _now);
        _wants.OnDeadline(_now + Duration);
        Assert.True(MayWait(peer));
    }

    [Fact]
    public void ManyPeersAtOnce_OnlySoManyAreWanted_UntilSomeAreOver()
    {
        for (int i = 0; i < Most + 100; i++) _wants.Touch(_router.Source, Peer(i), _now);
        Assert.Equal(Most, Enumerable.Range(0, Most + 100).Count(i => MayWait(Peer(i))));
        // One that is known is still heard.
        _wants.Touch(_router.Source, Peer(0), _now + TimeSpan.FromSeconds(10));
        _wants.OnDeadline(_now + Duration);
        Assert.Equal(1, Enumerable.Range(0, Most + 100).Count(i => MayWait(Peer(i))));
        _wants.Touch(_router.Source, Peer(Most + 1), _now + Duration);
        Assert.True(MayWait(Peer(Most + 1)));
    }

    [Fact]
    public void PeerWithAnAssociation_OrNowhere_IsNotWanted()
    {
        _wants.Touch(_router.Source, new NbmaPeer(IpAddress.Parse("192.0.2.9"), 4), _now);
        _wants.Touch(_router.Source, new NbmaPeer(IpAddress.Parse("0.0.0.0")), _now);
        Assert.Equal((Instant.Never, 0), (_wants.NextDeadline, AskedFor()));
    }

    public void Dispose() => _router.Dispose();

    private static NbmaPeer Peer(int number) => new(IpAddress.FromIPv4(0xC633_6401 + (uint)number));

    private bool MayWait(NbmaPeer peer) => _router.Engines.Forwarding.Security.TryGetPeer(_router.Source.Number, peer, out _);

    private int AskedFor()
    {
        int count = _router.Engines.IkeOut.Effects.Length;
        foreach (ref readonly IkeEffect effect in _router.Engines.IkeOut.Effects)
        {
            if (effect.Kind == IkeEffectKind.RunJob) effect.Job!.Run();
        }
        _router.Engines.IkeOut.Clear();
        return count;
    }
}
