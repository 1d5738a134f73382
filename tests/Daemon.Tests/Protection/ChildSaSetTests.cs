using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Protection;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>What the data path has of child SAs.</summary>
public sealed class ChildSaSetTests
{
    private static readonly EspSuite Suite = new(EncryptionId.AesGcm16, 128, IntegrityId.None, Esn: false);
    private static readonly Instant Start = Instant.FromSeconds(1000);

    private readonly ForwardingTable _table = new();
    private readonly ChildSaSet _children;

    public ChildSaSetTests() => _children = new ChildSaSet(_table, senders: 1, static () => { });

    [Fact]
    public void HaveWindow_OneSaHasLess_No()
    {
        Install(1001, association: 5, window: 4096);
        Install(1002, association: 6, window: 0);
        Install(1003, association: 7, window: 64, protection: 2);
        Assert.True(_children.HaveWindow(new ProtectionId(1), 1024));
        Assert.False(_children.HaveWindow(new ProtectionId(2), 1024));
        Install(1004, association: 5, window: 64);
        Assert.False(_children.HaveWindow(new ProtectionId(1), 1024));
        _children.Remove(1004);
        Assert.True(_children.HaveWindow(new ProtectionId(1), 1024));
    }

    private void Install(uint spi, int association, int window = 64, int protection = 1)
    {
        IpAddress local = IpAddress.Parse("192.0.2.1"), remote = IpAddress.Parse("192.0.2.2");
        _children.Install(
            new ChildSaInstall
            {
                Peer = new NbmaPeer(remote, association),
                Protection = new ProtectionId(protection),
                Path = new IkePath(null, new IkeEndpoint(local, 4500), new IkeEndpoint(remote, 4500)),
                UdpEncapsulation = true,
                InboundSpi = spi,
                OutboundSpi = spi + 1000,
                Suite = Suite,
                InboundKey = new SecretBytes(EspCipher.KeyMaterialLength(Suite)),
                OutboundKey = new SecretBytes(EspCipher.KeyMaterialLength(Suite)),
                ReplayWindow = window,
                TunnelMode = false,
                LocalSelectors = [],
                RemoteSelectors = [],
                SendNow = false,
                SoftBytes = 0,
                HardBytes = 0,
            }, Start);
    }
}
