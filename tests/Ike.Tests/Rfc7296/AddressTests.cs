using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>Whose word about addresses counts (RFC 4555 3.5, RFC 7296 2.11): messages with the right keys at the wrong time.</summary>
public sealed class AddressTests
{
    [Fact]
    public void Responder_AsksForAnUpdate_IsAnsweredAndNotObeyed()
    {
        Pair pair = new Pair().Up();
        IkeSaState sa = pair.A.IkeSas[0];
        // "The initiator of the IKE_SA … is responsible for deciding which addresses are used"
        byte[] message = pair.Net.Text.Seal(new IkeHeader(sa.LocalSpi, sa.RemoteSpi, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.None, 0), [RawPayload.Of(IkeNotifyType.UpdateSaAddresses)]);
        pair.Net.Inject(pair.A, sa.Path with { Remote = new IkeEndpoint(Parse("203.0.113.66"), 4500) }, message);
        Assert.Equal("A > 203.0.113.66 INFO response 0 {}", Assert.Single(pair.Net.Trace));
        Assert.Equal(sa.Path, pair.A.IkeSas[0].Path);
        Assert.Empty(pair.A.Events);
    }

    [Fact]
    public void OlderUpdate_OvertakenByANewerOne_IsAnsweredAndNotObeyed()
    {
        Pair pair = new Pair().Up();
        foreach ((uint id, string from) in ((uint, string)[])[(3, "192.0.2.78"), (2, "192.0.2.77")])
        {
            IkePath path = pair.B.IkeSas[0].Path;
            byte[] message = pair.Net.Text.Seal(pair.Request(id), [RawPayload.Of(IkeNotifyType.UpdateSaAddresses)]);
            pair.Net.Inject(pair.B, path with { Remote = new IkeEndpoint(Parse(from), 4500) }, message);
        }
        // COOKIE2 goes to the newer place only; both requests are answered to where they came from.
        Assert.Equal(["192.0.2.78"], pair.Net.Packets.Where(static packet => !packet.IsResponse).Select(static packet => packet.SenderPath.Remote.Address.ToString()));
        Assert.Equal(["192.0.2.78", "192.0.2.77"], pair.Net.Packets.Where(static packet => packet.IsResponse).Select(static packet => packet.SenderPath.Remote.Address.ToString()));
        Assert.Empty(pair.B.Events);
    }

    [Fact]
    public void Update_ReplayedFromElsewhere_IsAnsweredFromMemoryAndNotObeyed()
    {
        Pair pair = new Pair().Up();
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(1);
        Packet update = pair.Net.Packets[0];
        byte[] answer = pair.Net.Packets.First(static packet => packet.IsResponse).Bytes;
        pair.Net.TakeTrace();
        pair.Net.Inject(pair.B, update.ReceiverPath with { Remote = new IkeEndpoint(Parse("203.0.113.66"), 4500) }, update.Bytes);
        Assert.Equal(answer, Assert.Single(pair.Net.Packets).Bytes);
        Assert.Equal(Parse("192.0.2.77"), pair.B.Peer.Nbma.Address);
        pair.Traffic(1);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ChildSaMadeAfterAMove_HasTheNewAddresses_AndNothingIsLost()
    {
        Pair pair = new Pair().Up();
        pair.A.MoveTo("192.0.2.77");
        pair.Net.Run(1);
        pair.SoftLimit(pair.B);
        pair.Traffic(8);
        Assert.Equal(TrafficSelector.Gre(Parse("192.0.2.77")), Assert.Single(pair.B.Live[0].Install.RemoteSelectors));
        Assert.Equal(Parse("192.0.2.77"), pair.B.Live[0].Path.Remote.Address);
        Agreement.Rekey(pair.B);
        pair.Traffic(8);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }
}
