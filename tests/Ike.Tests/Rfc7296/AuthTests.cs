using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Rfc7296;

/// <summary>IKE_AUTH: keys and certificates of identities, what it offers, whom INITIAL_CONTACT concerns (RFC 7296 1.2, 2.4, 2.9, 2.12, 3.6, 4).</summary>
public sealed class AuthTests
{
    [Fact]
    public void KeyringByIdentity_EachIdentity_IsBelievedWithItsOwnKeyOnly()
    {
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h") with
        {
            Keyrings =
            [
                new Ikev2Keyring
                {
                    Name = "K",
                    Peers = [Peer("A", "a.example.org", "key of a"), Peer("C", "c.example.org", "key of c")],
                },
            ],
        });
        Node a = net.Add("A", "192.0.2.1", Configs.SharedKey("a", "key of a")), c = net.Add("C", "192.0.2.3", Configs.SharedKey("c", "key of a"));
        a.Want(hub);
        c.Want(hub);
        net.Run(0.5);
        // C has a key that the hub knows, and it is another identity's.
        Assert.Equal(["up a.example.org"], hub.Events);
        Assert.Equal("failed 192.0.2.9", c.Events[0]);
        Assert.Equal(1, hub.Engine.Drops[IkeDrop.AuthenticationFailed]);
        c.Configure(Configs.SharedKey("c", "key of c"));
        net.Run(20);
        Assert.Equal(["up a.example.org", "up c.example.org"], hub.Events);
    }

    [Theory]
    [InlineData(IkeIdType.Fqdn)]
    [InlineData(IkeIdType.Email)]
    [InlineData(IkeIdType.KeyId)]
    [InlineData(IkeIdType.IPv4)]
    [InlineData(IkeIdType.IPv6)]
    public void SharedKey_OfAnIdentityOfThisKind_IsBelieved(IkeIdType kind)
    {
        (IkeIdentity id, IdentityMatch match) = kind switch
        {
            IkeIdType.Fqdn => (IkeIdentity.Fqdn("x.example.net"), new IdentityMatch(IdentityMatchKind.Fqdn, "x.example.net")),
            IkeIdType.Email => (IkeIdentity.Email("x@example.net"), new IdentityMatch(IdentityMatchKind.Email, "x@example.net")),
            IkeIdType.KeyId => (IkeIdentity.KeyId("spoke 7"), new IdentityMatch(IdentityMatchKind.KeyId, "spoke 7")),
            IkeIdType.IPv4 => (IkeIdentity.Of(IpAddress.Parse("192.0.2.1")), new IdentityMatch(IdentityMatchKind.Any, "")),
            _ => (IkeIdentity.Of(IpAddress.Parse("2001:db8::1")), new IdentityMatch(IdentityMatchKind.Any, "")),
        };
        Pair pair = new Pair(
            a: config => config.With((Ikev2Profile p) => p with { LocalIdentity = id }),
            b: config => config.With((Ikev2Profile p) => p with { MatchRemote = [match] })).Up();
        Assert.Equal(id, pair.B.Peer.Identity.Id);
        Assert.Equal(kind, pair.B.IkeSas[0].RemoteId!.Type);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void FirstCertificate_IsNotThatOfTheKey_IsRefused()
    {
        (Net net, Node a, Node b) = WithCertificates();
        net.Rewrite = packet => packet is not { Exchange: IkeExchangeType.Auth, IsResponse: false } ? packet.Bytes : net.Text.Rewrite(packet.Bytes, static list =>
        {
            int first = list.FindIndex(static payload => payload.Type == IkePayloadType.Certificate);
            // CERT of C, which is as good as A's; then CERT of A, whose key has signed.
            list.Insert(first, new RawPayload(IkePayloadType.Certificate, [4, .. Der("c")]));
            return list;
        });
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(b.Events);
        Assert.Equal(1, b.Engine.Drops[IkeDrop.AuthenticationFailed]);
    }

    [Fact]
    public void MoreCertificates_BehindTheFirst_AreAccepted()
    {
        (Net net, Node a, Node b) = WithCertificates();
        net.Rewrite = packet => packet.Exchange != IkeExchangeType.Auth ? packet.Bytes : net.Text.Rewrite(packet.Bytes, static list =>
        {
            int first = list.FindIndex(static payload => payload.Type == IkePayloadType.Certificate);
            foreach (string name in (string[])["c", "d", "e"]) list.Insert(first + 1, new RawPayload(IkePayloadType.Certificate, [4, .. Der(name)]));
            return list;
        });
        a.Want(b);
        net.Run(2);
        Assert.Equal(["up b.example.org"], a.Events);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void ChainOfFourCertificates_IsSentWithTheOwnOneFirst_InOneLongMessage()
    {
        var net = new Net();
        string[] names = ["a", "c", "d", "e"];
        var material = new TrustpointMaterial
        {
            Name = "TP",
            Authorities = Encoding.ASCII.GetBytes(Certificates.Authority.CertificatePem),
            Certificates = Encoding.ASCII.GetBytes(string.Concat(names.Select(static name => Certificates.Of(name, KeyKind.Rsa).CertificatePem))),
            Key = Encoding.ASCII.GetBytes(Certificates.Of("a", KeyKind.Rsa).KeyPem),
        };
        Node a = net.Add("A", "192.0.2.1", new IkeConfig());
        a.Trustpoints["TP"] = TrustpointLoader.Load(material, net.Clock, out string failure) ?? throw new InvalidOperationException(failure);
        a.Configure(Certificates.Config("a") with { FragmentationMtu = null });
        Node b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        a.Want(b);
        net.Run(2);
        Packet request = net.Packets.First(packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false });
        Assert.Equal(names.Select(static name => Convert.ToHexString(Der(name, KeyKind.Rsa))), net.Payloads(request).Where(static payload => payload.Type == IkePayloadType.Certificate).Select(static payload => Convert.ToHexString(payload.Body[1..])));
        Assert.InRange(request.Bytes.Length, 3000, int.MaxValue);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void SecrecyIsConfigured_TheOfferOfIkeAuth_HasNoGroupAndLaterOnesHaveThatOfTheirKe()
    {
        var pair = new Pair(both: static config => config.With((IpsecProfile p) => p with { Pfs = DhGroup.Ecp256 }));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        List<RawPayload> request = pair.Net.Payloads(pair.Net.Packets[2]);
        Assert.Empty(request.Groups());
        Assert.DoesNotContain(request, static payload => payload.Type == IkePayloadType.KeyExchange);
        pair.Net.TakeTrace();
        pair.SoftLimit(pair.A);
        pair.Net.Run(8);
        List<RawPayload> rekeying = pair.Net.Payloads(pair.Net.Packets[0]);
        Assert.Equal((ushort)DhGroup.Ecp256, rekeying.Group());
        // The first group that is offered is the one of the KE payload (3.4).
        Assert.Equal(rekeying.Group(), rekeying.Groups()[0]);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void InitialContact_OfAnotherIdentity_EndsNothingOfAnybodyElse()
    {
        Pair pair = new Pair().Up();
        Node c = pair.Net.Add("C", "192.0.2.3", Configs.SharedKey("c"));
        c.Want(pair.B);
        pair.Net.Run(2);
        Assert.Contains(pair.Net.Trace, line => line.StartsWith("C > B AUTH request 1 {IDi, N(InitialContact)", StringComparison.Ordinal));
        Assert.Equal(["up c.example.org"], pair.B.Events);
        Assert.Equal(2, pair.B.Peers.Count);
        pair.A.SendTo(pair.A.Peer);
        pair.Net.Run(1);
        Assert.Equal((0, 1), (pair.B.Lost, pair.B.Received));
    }

    [Fact]
    public void WideTrafficSelectors_AreNarrowed()
    {
        var pair = new Pair();
        // Everything to everything (TSi, TSr), as many implementations ask for
        byte[] everything = [1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255];
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, list => [.. list.Select(payload => payload.Type is IkePayloadType.TrafficSelectorInitiator or IkePayloadType.TrafficSelectorResponder ? payload with { Body = everything } : payload)])
            : packet.Bytes;
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        List<RawPayload> answer = pair.Net.Payloads(pair.Net.Packets[3]);
        Assert.Equal([1, 0, 0, 0, 7, 47, 0, 16, 0, 0, 255, 255, 192, 0, 2, 1, 192, 0, 2, 1], answer.Of(IkePayloadType.TrafficSelectorInitiator).Body);
        Assert.DoesNotContain(answer, static payload => payload.Notify == IkeNotifyType.SinglePairRequired);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void SelectorsOfSomebodyElse_AreUnacceptable()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false }
            ? pair.Net.Text.Rewrite(packet.Bytes, static list => [.. list.Select(static payload => payload.Type == IkePayloadType.TrafficSelectorInitiator
                ? payload with { Body = [1, 0, 0, 0, 7, 47, 0, 16, 0, 0, 255, 255, 9, 9, 9, 9, 9, 9, 9, 9] } : payload)]) : packet.Bytes;
        pair.A.Want(pair.B);
        pair.Net.Run(0.3);
        Assert.EndsWith("N(TsUnacceptable)}", pair.Net.Trace[3], StringComparison.Ordinal);
        Assert.Contains("AUTH", pair.Net.Trace[3][12..], StringComparison.Ordinal);
        Assert.Empty(pair.B.Sas);
    }

    [Fact]
    public void SaThatEnds_ForgetsItsKeys()
    {
        Pair pair = new Pair().Up();
        IkeSa sa = pair.A.Engine.Core.Sas.Values.Single();
        IkeKeys keys = sa.Keys!;
        // Those of IKE_AUTH and of messages are gone before (the ciphers have the latter).
        Assert.Equal((0, 0, 0, 0), (keys.SkPi.Length, keys.SkPr.Length, keys.SkEi.Length, keys.SkEr.Length));
        Assert.Equal(32, keys.SkD.Length);
        Agreement.Rekey(pair.A);
        pair.Net.Run(8);
        Assert.Equal(0, keys.SkD.Length);
        Assert.NotSame(sa, pair.A.Engine.Core.Sas.Values.Single());
    }

    private static Ikev2KeyringPeer Peer(string name, string fqdn, string key) =>
        new() { Name = name, Identity = new IdentityMatch(IdentityMatchKind.Fqdn, fqdn), LocalKey = key, RemoteKey = key };

    private static byte[] Der(string name, KeyKind kind = KeyKind.EcdsaP256) => X509Certificate2.CreateFromPem(Certificates.Of(name, kind).CertificatePem).RawData;

    private static (Net Net, Node A, Node B) WithCertificates()
    {
        var net = new Net();
        return (net, Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b")));
    }
}
