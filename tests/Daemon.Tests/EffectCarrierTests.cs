using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Kernel;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Nhrp;
using Dmvpn.Odr;
using Dmvpn.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tests;

/// <summary>The order in which effects are carried out. The kernel is never asked: no tunnel has a device.</summary>
public sealed class EffectCarrierTests : IDisposable
{
    private static readonly TunnelId Tunnel = new(1);
    private static readonly NhrpInterfaceKey Key = new(Tunnel, IPv6: false);
    private static readonly IpAddress Spoke = IpAddress.Parse("10.0.0.2");
    private static readonly NbmaPeer Peer = new(IpAddress.Parse("192.0.2.2"));
    private static readonly IpPrefix Lan = IpPrefix.Parse("192.168.2.0/24");

    private readonly Engines _engines;
    private readonly ControlLoop _loop = new(NullLogger.Instance);
    private readonly ProtectionParts _protection;
    private readonly KernelSync _kernel;
    private readonly ServerNames _names;
    private readonly EffectCarrier _carrier;
    private readonly FakePort _port;

    public EffectCarrierTests()
    {
        var forwarding = new ForwardingTable();
        var children = new ChildSaSet(forwarding, senders: 2, static () => { });
        var secrets = new IkeSecrets(new SecretBytes(32), new SecretBytes(32));
        _engines = new Engines(forwarding, secrets, children, SystemWallClock.Instance, new SeededRandom(1), NullLoggerFactory.Instance);
        _protection = new ProtectionParts(_engines, children, new UnderlaySet(null!), _loop);
        _kernel = new KernelSync(_engines, NullLogger.Instance);
        var tunnels = new TunnelSet(_engines, _kernel, null!, null!, null!, _protection.Sources, NullLogger.Instance);
        _names = new ServerNames(_engines, tunnels, static _ => { }, NullLogger.Instance);
        _carrier = new EffectCarrier(_engines, tunnels, _kernel, _names, _protection, controlSender: 1);
        _port = new FakePort(() => HasMapping);
        _engines.Forwarding.SetTunnel(new TunnelForwarding { Tunnel = Tunnel }, new Underlay(_port.LocalAddress, [_port], _port), []);
    }

    private bool HasMapping =>
        _engines.Forwarding.Current.TryGet(Tunnel, out TunnelSnapshot? tunnel) && tunnel.TryGetAdjacency(IpPrefix.Host(Spoke), out _);

    [Fact]
    public void CarryOut_ReplyAheadOfItsMapping_MappingIsPublishedFirst()
    {
        Transmit();
        Put(NhrpEffectKind.MappingUp);
        _carrier.CarryOut(Instant.FromSeconds(1));
        (IpAddress to, bool mapped) = Assert.Single(_port.Sent);
        Assert.Equal(Peer.Address, to);
        Assert.True(mapped);
    }

    [Fact]
    public void CarryOut_ReplyAndMappingDown_MappingIsGoneFirst()
    {
        Put(NhrpEffectKind.MappingUp);
        _carrier.CarryOut(Instant.FromSeconds(1));
        Transmit();
        Put(NhrpEffectKind.MappingDown);
        _carrier.CarryOut(Instant.FromSeconds(2));
        Assert.False(Assert.Single(_port.Sent).Mapped);
    }

    [Fact]
    public void CarryOut_Twice_NothingIsDoneAgain()
    {
        Transmit();
        _carrier.CarryOut(Instant.FromSeconds(1));
        _carrier.CarryOut(Instant.FromSeconds(2));
        Assert.Single(_port.Sent);
        Assert.True(_engines.NhrpOut.IsEmpty);
    }

    [Fact]
    public void CarryOut_TunnelGone_PacketIsNotSent()
    {
        Transmit();
        _engines.Forwarding.RemoveTunnel(Tunnel);
        _carrier.CarryOut(Instant.FromSeconds(1));
        Assert.Empty(_port.Sent);
        Assert.True(_engines.NhrpOut.IsEmpty);
    }

    [Fact]
    public void CarryOut_MulticastUpAndDown_ListFollows()
    {
        Put(NhrpEffectKind.MulticastUp);
        _carrier.CarryOut(Instant.FromSeconds(1));
        Assert.Equal(1, MulticastPeers());
        Put(NhrpEffectKind.MulticastDown);
        _carrier.CarryOut(Instant.FromSeconds(2));
        Assert.Equal(0, MulticastPeers());
    }

    [Fact]
    public void CarryOut_ShortcutUpAndDown_RibHasItMeanwhile()
    {
        Put(NhrpEffectKind.ShortcutUp);
        _carrier.CarryOut(Instant.FromSeconds(1));
        Assert.Equal(1, _engines.Rib.PrefixCount);
        Assert.True(_engines.RibOut.IsEmpty);
        Put(NhrpEffectKind.ShortcutDown);
        _carrier.CarryOut(Instant.FromSeconds(2));
        Assert.Equal(0, _engines.Rib.PrefixCount);
    }

    [Fact]
    public void CarryOut_OdrRouteLearntAndForgotten_RibHasItMeanwhile()
    {
        _engines.OdrOut.Add(Odr(OdrEffectKind.LearnRoute));
        _carrier.CarryOut(Instant.FromSeconds(1));
        Assert.Equal(1, _engines.Rib.PrefixCount);
        _engines.OdrOut.Add(Odr(OdrEffectKind.ForgetRoute));
        _carrier.CarryOut(Instant.FromSeconds(2));
        Assert.Equal(0, _engines.Rib.PrefixCount);
        Assert.True(_engines.OdrOut.IsEmpty);
    }

    public void Dispose()
    {
        _protection.Dispose();
        _loop.Dispose();
        _carrier.Dispose();
        _names.Dispose();
        _kernel.Dispose();
    }

    private static OdrEffect Odr(OdrEffectKind kind) => new() { Kind = kind, Tunnel = Tunnel, Prefix = Lan, NextHop = Spoke, Distance = 160, Metric = 1 };

    private void Transmit() => _engines.NhrpOut.Add(new NhrpEffect
    {
        Kind = NhrpEffectKind.Transmit,
        Key = Key,
        Peer = Peer,
        Bytes = _engines.NhrpOut.Append([1, 2, 3, 4]),
    });

    private void Put(NhrpEffectKind kind) =>
        _engines.NhrpOut.Add(new NhrpEffect { Kind = kind, Key = Key, Peer = Peer, Address = Spoke, Prefix = Lan });

    private int MulticastPeers() => _engines.Forwarding.Current.TryGet(Tunnel, out TunnelSnapshot? tunnel) ? tunnel.Multicast.Count : -1;

    private sealed class FakePort(Func<bool> isMapped) : IDatagramPort
    {
        public List<(IpAddress To, bool Mapped)> Sent { get; } = [];

        public IpAddress LocalAddress { get; } = IpAddress.Parse("192.0.2.1");

        public int Receive(PacketBatch batch) => 0;

        public void Send(Span<OutgoingPacket> packets)
        {
            foreach (ref OutgoingPacket packet in packets)
            {
                packet.Outcome = SendOutcome.Sent;
                Sent.Add((packet.Destination, isMapped()));
            }
        }
    }
}
