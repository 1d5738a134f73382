using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>Ports and addresses (RFC 7296 2.23).</summary>
public sealed class NatTests
{
    [Fact]
    public void WithoutMobike_HostBehindANat_DoesNotFollowThePeerElsewhere()
    {
        var nat = new NatBox("198.51.100.1");
        var pair = new Pair(natOfA: nat);
        pair.Net.Rewrite = packet => packet.Exchange == IkeExchangeType.Auth
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(static payload => payload.Notify != IkeNotifyType.MobikeSupported)]) : packet.Bytes;
        pair.Up();
        IkePath path = pair.A.IkeSas[0].Path;
        IkeSaState sa = pair.B.IkeSas[0];
        // A genuine request of B with an id that is new, from somewhere else
        byte[] message = pair.Net.Text.Seal(new IkeHeader(sa.RemoteSpi, sa.LocalSpi, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.None, 0), []);
        pair.Net.Inject(pair.A, path with { Remote = new IkeEndpoint(Parse("203.0.113.66"), 4500) }, message);
        Packet answer = Assert.Single(pair.Net.Packets);
        // It is answered to where it came from (2.11), and that is all.
        Assert.Equal(Parse("203.0.113.66"), answer.SenderPath.Remote.Address);
        Assert.Equal(path, pair.A.IkeSas[0].Path);
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void WithANat_EverythingAfterIkeSaInit_GoesByPort4500()
    {
        var pair = new Pair(natOfA: new NatBox("198.51.100.1"));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        Agreement.Rekey(pair.B);
        pair.Net.Run(8);
        Assert.All(pair.Net.Packets, packet =>
        {
            ushort port = packet.Exchange == IkeExchangeType.SaInit ? (ushort)500 : (ushort)4500;
            Assert.Equal(port, packet.From == pair.A ? packet.SenderPath.Local.Port : packet.ReceiverPath.Local.Port);
            Assert.Equal(port, (packet.From == pair.A ? packet.SenderPath.Remote : packet.SenderPath.Local).Port);
        });
        Assert.All(pair.A.Live.Concat(pair.B.Live), sa => Assert.True(sa.Udp));
    }
}
