using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>IKE_SA_INIT: groups, cookies, errors that need not be true, ports (RFC 7296 1.2, 2.6, 2.7, 2.10, 2.11, 2.21.1).</summary>
public sealed class SaInitTests
{
    [Fact]
    public void AnotherGroupIsWanted_TheSecondRequest_HasThatGroupAndTheVeryProposalsOfTheFirst()
    {
        var pair = new Pair(b: config => config with { Proposals = [Configs.Quick with { Groups = [DhGroup.Ecp256] }] });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        List<RawPayload> first = pair.Net.Payloads(pair.Net.Packets[0]), second = pair.Net.Payloads(pair.Net.Packets[2]);
        // A > B {SA, KE 31}, B > A {INVALID_KE_PAYLOAD 19}, A > B {SA, KE 19}
        Assert.Equal([0, 19], pair.Net.Payloads(pair.Net.Packets[1]).Of(IkeNotifyType.InvalidKePayload).Body[4..]);
        Assert.Equal(((ushort)31, (ushort)19), (first.Group(), second.Group()));
        Assert.Equal(first.Of(IkePayloadType.SecurityAssociation).Body, second.Of(IkePayloadType.SecurityAssociation).Body);
        // The likeliest group first: the KE payload is of the first that is offered.
        Assert.Equal([31, 19], first.Groups());
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void CookieIsNotTakenAfterTheGroupChanged_TheLongerExchange_WorksToo()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, Proposals = [Configs.Quick with { Groups = [DhGroup.Ecp256] }] });
        int requests = 0;
        pair.Net.Rewrite = packet =>
        {
            // The third request has cookie and group; what arrives has another cookie: B asks for one again (2.6.1).
            if (packet.Exchange != IkeExchangeType.SaInit || packet.IsResponse || ++requests != 3) return packet.Bytes;
            return Look.RewriteClear(packet.Bytes, static list => [.. list.Select(payload => payload.Notify == IkeNotifyType.Cookie ? RawPayload.Of(IkeNotifyType.Cookie, 1, 2, 3) : payload)]);
        };
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Equal(["N(Cookie)", "N(InvalidKePayload)", "N(Cookie)"], pair.Net.Packets.Where(packet => packet is { Exchange: IkeExchangeType.SaInit, IsResponse: true }).Select(packet => pair.Net.Text.Payloads(packet.Bytes)[0]).Take(3));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void Cookie_HasOneTo64Octets()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0 });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.InRange(pair.Net.Payloads(pair.Net.Packets[1]).Of(IkeNotifyType.Cookie).Body.Length - 4, 1, 64);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void Cookie_ThatIsNone_IsNotSentBack(int length)
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0 });
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.SaInit, IsResponse: true }
            ? Look.RewriteClear(packet.Bytes, list => [.. list.Select(payload => payload.Notify == IkeNotifyType.Cookie ? RawPayload.Of(IkeNotifyType.Cookie, new byte[length]) : payload)]) : packet.Bytes;
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        Assert.Equal(2, pair.Net.Trace.Count);
    }

    [Theory]
    [InlineData(IkeNotifyType.NoProposalChosen)]
    [InlineData(IkeNotifyType.InvalidSyntax)]
    [InlineData(IkeNotifyType.InvalidMajorVersion)]
    public void Error_Forged_TheTrueAnswerCounts(IkeNotifyType error)
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet =>
        {
            if (packet.Exchange != IkeExchangeType.SaInit || packet.IsResponse) return packet.Bytes;
            Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
            var writer = new IkePayloadWriter(new byte[64]);
            writer.Notify(error);
            byte[] answer = IkeSealing.Clear(view.Header with { Flags = IkeFlags.Response }, writer);
            pair.Net.At(pair.Net.Now, () => pair.Net.Inject(pair.A, packet.SenderPath, answer));
            return packet.Bytes;
        };
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Equal(["up b.example.org"], pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void AnswerWithASuiteThatWasNotOffered_IsNotUsed()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet is not { Exchange: IkeExchangeType.SaInit, IsResponse: true } ? packet.Bytes : Look.RewriteClear(packet.Bytes, static list =>
        [
            .. list.Select(payload => payload.Type != IkePayloadType.SecurityAssociation ? payload : payload with
            {
                Body = Look.Body(list.Proposals().Select(static proposal => proposal with
                {
                    Transforms = [.. proposal.Transforms.Select(static transform => transform.KeyBits == 128 ? transform with { KeyBits = 256 } : transform)],
                })),
            }),
        ]);
        pair.A.Want(pair.B);
        pair.Net.Run(16);
        Assert.DoesNotContain(pair.Net.Trace, line => line.Contains("AUTH", StringComparison.Ordinal));
        Assert.True(pair.A.Engine.Drops[IkeDrop.NoProposalChosen] > 0);
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("was not offered", StringComparison.Ordinal));
        Assert.Equal("failed 192.0.2.2", pair.A.Events[0]);
    }

    [Fact]
    public void Request_FromAnyPort_IsAnsweredToThereFromWhereItCame()
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Run(0.001);
        Packet init = pair.Net.Packets[0];
        pair.Net.TakeTrace();
        byte[] other = [.. init.Bytes];
        other[0] ^= 1;
        foreach ((ushort local, ushort remote) in ((ushort, ushort)[])[(500, 12_345), (4500, 61_000), (4500, 500)])
        {
            other[1]++;
            pair.Net.Inject(pair.B, new IkePath(null, new IkeEndpoint(pair.B.Address, local), new IkeEndpoint(Parse("203.0.113.5"), remote)), [.. other]);
            pair.Net.Run(0);
            Packet answer = Assert.Single(pair.Net.Packets, packet => packet.From == pair.B);
            Assert.Equal((local, remote, Parse("203.0.113.5")), (answer.SenderPath.Local.Port, answer.SenderPath.Remote.Port, answer.SenderPath.Remote.Address));
            pair.Net.TakeTrace();
        }
    }

    [Fact]
    public void RequestOfAnUnknownSa_FromAnyPort_IsAnsweredInTheClearToThere()
    {
        Pair pair = new Pair().Up();
        byte[] message = new byte[28 + 4 + 32];
        new IkeHeader(5, 7, IkePayloadType.Encrypted, IkeExchangeType.Informational, IkeFlags.Initiator, 9).Write(message, message.Length);
        message[31] = 36;
        pair.Net.Inject(pair.B, new IkePath(null, new IkeEndpoint(pair.B.Address, 4500), new IkeEndpoint(Parse("203.0.113.5"), 33_333)), message);
        Packet answer = Assert.Single(pair.Net.Packets);
        Assert.Equal((4500, 33_333), (answer.SenderPath.Local.Port, answer.SenderPath.Remote.Port));
        // The SPIs and the id of the request, R, and not I (2.21.4)
        Assert.Equal(message[..16], answer.Bytes[..16]);
        Assert.Equal((9u, (byte)IkeFlags.Response), (answer.Id, answer.Bytes[19]));
        Assert.StartsWith("INFO response 9 {N(InvalidIkeSpi)", pair.Net.Text.Of(answer.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void NoncesAndSpis_OfManyExchanges_AreNeverTheSame()
    {
        Pair pair = new Pair().Up();
        var nonces = new List<string>();
        var children = new HashSet<uint>();
        var ike = new HashSet<ulong>();
        for (int i = 0; i < 40; i++)
        {
            if (i % 4 == 0) Agreement.Rekey(pair.A);
            else pair.SoftLimit(i % 2 == 0 ? pair.A : pair.B);
            pair.Net.Run(9);
            ike.UnionWith(pair.A.IkeSas.SelectMany(static sa => (ulong[])[sa.LocalSpi, sa.RemoteSpi]));
            children.UnionWith(pair.A.Sas.Values.SelectMany(static sa => (uint[])[sa.Install.InboundSpi, sa.Install.OutboundSpi]));
        }
        nonces.AddRange(pair.Net.Packets.Where(packet => packet.Exchange == IkeExchangeType.CreateChildSa).Select(packet => Convert.ToHexString(pair.Net.Payloads(packet).Of(IkePayloadType.Nonce).Body)));
        Assert.Equal(80, nonces.Count);
        Assert.Equal(80, nonces.Distinct().Count());
        Assert.All(nonces, nonce => Assert.Equal(2 * 32, nonce.Length));
        // Two for each rekeying, and those of the first child SA.
        Assert.Equal((2 * 10, 2 * 31), (ike.Count, children.Count));
        Assert.DoesNotContain(0ul, ike);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }
}
