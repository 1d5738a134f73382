using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;
using Dmvpn.Runtime;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>When a mapping to a protected peer becomes an adjacency: as soon as packets can be sent, wherever the peer was before.</summary>
public sealed class AdjacencyBinderTests : IDisposable
{
    private const uint Spi = 0x1234_5678;
    private static readonly TunnelId Tunnel = new(0);
    private static readonly NhrpInterfaceKey Key = new(Tunnel, IPv6: false);
    private static readonly IpAddress NextHop = IpAddress.Parse("10.0.0.12");
    private static readonly NbmaPeer Before = new(IpAddress.Parse("192.0.2.12"), 2), After = new(IpAddress.Parse("198.51.100.12"), 2);
    private static readonly Instant Now = Instant.FromSeconds(100);

    private readonly ControlLoop _loop = new(NullLogger.Instance);
    private readonly Engines _engines;
    private readonly ProtectionParts _protection;

    public AdjacencyBinderTests()
    {
        var forwarding = new ForwardingTable();
        var children = new ChildSaSet(forwarding, senders: 2, static () => { });
        var secrets = new IkeSecrets(new SecretBytes(32), new SecretBytes(32));
        _engines = new Engines(forwarding, secrets, children, SystemWallClock.Instance, new SeededRandom(1), NullLoggerFactory.Instance);
        _protection = new ProtectionParts(_engines, children, new UnderlaySet(null!), _loop);
        var config = new TunnelConfig
        {
            Id = Tunnel,
            Mode = TunnelMode.GreMultipoint,
            Source = new TunnelSource("eth0", default),
            Protection = new TunnelProtection("IP", Shared: false),
            IpNhrp = new NhrpConfig(),
        };
        _protection.Sources.Update(new TunnelInterface(config, null!) { Source = IpAddress.Parse("192.0.2.11") }, Now);
        forwarding.SetTunnel(new TunnelForwarding { Tunnel = Tunnel, Protection = Source.Number }, null, []);
        // With a server there is another way, and mappings may wait.
        var nhrp = new NhrpConfig { NetworkId = 1, Nhss = [new NhsConfig { Protocol = IpAddress.Parse("10.0.0.1"), Nbma = IpAddress.Parse("192.0.2.1") }] };
        Assert.True(_engines.Nhrp.TryApply(Key, nhrp, Now, _engines.NhrpOut));
        var facts = new NhrpInterfaceFacts
        {
            Key = Key,
            Up = true,
            Addresses = [new NhrpInterfaceAddress(IpAddress.Parse("10.0.0.11"), 24)],
            NbmaSource = IpAddress.Parse("192.0.2.11"),
            Mtu = 1400,
        };
        _engines.Nhrp.OnInterfaceChanged(facts, Now, _engines.NhrpOut);
    }

    private ProtectionId Source => _protection.Sources.Of(Tunnel)!.Value;

    [Fact]
    public void NewPeer_MappingWaitsUntilItCanBeSentTo()
    {
        _protection.Adjacencies.OnMappingUp(Key, NextHop, new NbmaPeer(After.Address));
        Assert.False(IsBound);
        Carry(IkeEffectKind.PeerUp, After);
        Carry(IkeEffectKind.TargetBound, After);
        Assert.False(IsBound);
        Carry(IkeEffectKind.ChildActivated, After);
        Assert.True(IsBound);
    }

    [Theory]
    [InlineData(IkeEffectKind.PeerUp)]
    [InlineData(IkeEffectKind.PeerMoved)]
    public void PeerThatIsUpMoves_MappingToItsNewPlaceIsBoundAtOnce(IkeEffectKind how)
    {
        Carry(IkeEffectKind.PeerUp, Before);
        Carry(IkeEffectKind.ChildActivated, Before);
        _protection.Adjacencies.OnMappingUp(Key, NextHop, new NbmaPeer(After.Address));
        Assert.False(IsBound);
        Carry(how, After);
        // Whoever is there is not the station by that.
        Assert.False(IsBound);
        Carry(IkeEffectKind.TargetBound, After);
        Assert.True(IsBound);
    }

    public void Dispose()
    {
        _protection.Dispose();
        _loop.Dispose();
    }

    private bool IsBound
    {
        get
        {
            _engines.Forwarding.Publish();
            return _engines.Forwarding.Current.TryGet(Tunnel, out TunnelSnapshot? tunnel) && tunnel.TryGetAdjacency(IpPrefix.Host(NextHop), out _);
        }
    }

    private void Carry(IkeEffectKind kind, NbmaPeer peer) => _protection.Carrier.Carry(
        new IkeEffect
        {
            Kind = kind,
            Protection = Source,
            Peer = peer,
            Identity = new PeerIdentity(IkeIdentity.Fqdn("s2.example.org"), IkeAuthMethod.SharedKey, SiteRights.None),
            Spi = Spi,
            Path = new IkePath(null, new IkeEndpoint(IpAddress.Parse("192.0.2.11"), 500), new IkeEndpoint(peer.Address, 500)),
        },
        Now);
}
