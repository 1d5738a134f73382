using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Ike.Tests.Rfc7296;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>Ends that prove their identity by certificates (RFC 7296 1.2, 2.15, 3.6 to 3.8; RFC 7427).</summary>
public sealed class CertificateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(KeyKind.EcdsaP256)]
    [InlineData(KeyKind.EcdsaP384)]
    [InlineData(KeyKind.Rsa)]
    public void BothHaveCertificates_ComeUpAndAddressesOfTheCertificateAreTold(KeyKind kind)
    {
        var net = new Net { JobTime = TimeSpan.FromMilliseconds(3) };
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a", kind)), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b", kind));
        a.Want(b);
        net.Run(2);
        Assert.Contains("CERTREQ", net.Trace[1], StringComparison.Ordinal);
        Assert.Equal(["up b.example.org"], a.Events);
        Assert.Equal(IkeAuthMethod.DigitalSignature, a.Peer.Identity.Method);
        Assert.Equal([IpPrefix.Parse("172.16.0.7/32")], a.Peer.Identity.Rights.TunnelAddresses);
        Assert.Equal([IpPrefix.Parse("172.16.0.7/32")], b.Peer.Identity.Rights.TunnelAddresses);
        Assert.Equal(Certificates.Of("b", kind).NotAfter, Assert.Single(a.IkeSas).PeerNotAfter);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void IdentityIsTheSubject_ByDefaultAndByIdentityLocalDn()
    {
        static IkeConfig Dn(IkeConfig config) => config.With((Ikev2Profile p) => p with { LocalIdentity = null, LocalIdentityIsDn = true, MatchRemote = [new IdentityMatch(IdentityMatchKind.Any, "")] });
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a"), Dn), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"), Dn);
        a.Want(b);
        net.Run(2);
        Assert.Equal("CN=b", a.Peer.Identity.Id.ToString());
        Assert.Equal(IkeIdType.Dn, a.Peer.Identity.Id.Type);
    }

    [Fact]
    public void CertificateOfAStranger_IsRefusedAndTheLogSaysWhy()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a", authority: Certificates.Stranger)), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        a.Want(b);
        net.Run(0.5);
        Assert.Contains(net.Trace, line => line.EndsWith("AUTH response 1 {N(AuthenticationFailed)}", StringComparison.Ordinal));
        Assert.Empty(b.Events);
        Assert.Contains("a.example.org: CN=a: ", Assert.Single(b.Log.Lines), StringComparison.Ordinal);
        Assert.Contains(a.Log.Lines, line => line.Contains("does not trust our certificate", StringComparison.Ordinal));
    }

    [Fact]
    public void ResponderWithTheCertificateOfAStranger_IsNotBelieved()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b", authority: Certificates.Stranger));
        a.Want(b);
        net.Run(0.5);
        Assert.Contains("A > B INFO request 2 {N(AuthenticationFailed)}", net.Trace);
        Assert.Equal("failed 192.0.2.2", a.Events[0]);
        Assert.DoesNotContain("up b.example.org", a.Events);
        a.Release(b.Address);
        net.Run(60);
        Assert.Empty(b.IkeSas);
    }

    [Fact]
    public void IdentityThatIsNotInTheCertificate_IsRefused()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a"), static config => config.With((Ikev2Profile p) => p with { LocalIdentity = IkeIdentity.Fqdn("c.example.org") }));
        Node b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(b.Events);
        Assert.Equal(1, b.Engine.Drops[IkeDrop.AuthenticationFailed]);
        Assert.Contains(b.Log.Lines, line => line.Contains("c.example.org", StringComparison.Ordinal));
    }

    [Fact]
    public void RevokedCertificate_IsRefused()
    {
        var net = new Net();
        string list = Certificates.Authority.RevocationList([(Certificates.Of("a").SerialNumber, Now)], 1, Now, 3650);
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"), revocationList: list);
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(b.Events);
        Assert.Contains(b.Log.Lines, line => line.Contains("revoked", StringComparison.Ordinal));
    }

    [Fact]
    public void ProfileWantsAnotherKindOfKey_IsRefusedWithWhatToChange()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a"));
        Node b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"), static config => config.With((Ikev2Profile p) => p with { RemoteAuthentication = [IkeAuthentication.RsaSignature] }));
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(b.Events);
        Assert.Contains(b.Log.Lines, line => line.Contains("authentication remote", StringComparison.Ordinal));
    }

    [Fact]
    public void InitiatorHasAKeyAndResponderACertificate_EachIsCheckedByItsOwnRule()
    {
        var net = new Net();
        Node a = net.Add("A", "192.0.2.1", new IkeConfig());
        a.Trustpoints["TP"] = Certificates.Trustpoint(net, null);
        a.Configure(Configs.SharedKey("a").With(static (Ikev2Profile p) => p with { RemoteAuthentication = [IkeAuthentication.EcdsaSignature] }));
        Node b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"), static config => config.With((Ikev2Profile p) => p with { RemoteAuthentication = [IkeAuthentication.PreShared], Keyring = "K" }));
        a.Want(b);
        net.Run(2);
        Assert.Equal(IkeAuthMethod.DigitalSignature, a.Peer.Identity.Method);
        Assert.Equal(IkeAuthMethod.SharedKey, b.Peer.Identity.Method);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void KeyWhereACertificateIsWanted_IsRefused()
    {
        var net = new Net();
        Node a = net.Add("A", "192.0.2.1", Configs.SharedKey("a"));
        Node b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(b.Events);
        Assert.Contains(b.Log.Lines, line => line.Contains("authenticates by pre-shared key", StringComparison.Ordinal));
    }

    [Fact]
    public void NoCertificateIsSent_IsRefused()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false }
            ? net.Text.Rewrite(packet.Bytes, static list => [.. list.Where(payload => payload.Type != IkePayloadType.Certificate)]) : packet.Bytes;
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(b.Events);
        Assert.Contains(b.Log.Lines, line => line.Contains("sent no X.509 certificate", StringComparison.Ordinal));
    }

    [Fact]
    public void ForgedSignature_IsRefused()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false }
            ? net.Text.Rewrite(packet.Bytes, static list => [.. list.Select(payload => payload.Type == IkePayloadType.Authentication ? payload with { Body = [.. payload.Body[..^1], (byte)(payload.Body[^1] ^ 1)] } : payload)])
            : packet.Bytes;
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(b.Events);
        Assert.Equal(1, b.Engine.Drops[IkeDrop.AuthenticationFailed]);
    }

    [Fact]
    public void HashesOfTheResponder_AreTakenOutOnTheWay_SignatureWithSha1IsRefused()
    {
        // Somebody between them would have the initiator sign with SHA-1, which he may be able to forge; it said itself that it knows better.
        var net = new Net
        {
            Rewrite = static packet => packet is { Exchange: IkeExchangeType.SaInit, IsResponse: true }
                ? Look.RewriteClear(packet.Bytes, static payloads => [.. payloads.Where(static p => p.Notify != IkeNotifyType.SignatureHashAlgorithms)]) : packet.Bytes,
        };
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a", KeyKind.Rsa)), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b", KeyKind.Rsa));
        a.Want(b);
        net.Run(1);
        Assert.Empty(b.Events);
        Assert.Contains(b.Log.Lines, static line => line.Contains("signs with SHA-1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a\0.example.org")]
    [InlineData("*.example.org")]
    [InlineData("a b.example.org")]
    [InlineData("\u001b[2J\nfake line.example.org")]
    [InlineData("\u00e4.example.org")]
    public void IdentityThatIsNoName_WithAGoodKey_IsRefused(string name)
    {
        var pair = new Pair(a: config => config.With((Ikev2Profile p) => p with { LocalIdentity = IkeIdentity.Fqdn(name) }));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Empty(pair.B.Events);
        Assert.All(pair.B.Log.Lines, static line => Assert.DoesNotContain('\n', line));
        Assert.Contains(pair.B.Log.Lines, static line => line.Contains("this is no name", StringComparison.Ordinal));
    }

    [Fact]
    public void NoTrustpointHasAKey_TheLogSaysSoAndNothingIsSent()
    {
        var net = new Net();
        Node a = net.Add("A", "192.0.2.1", Certificates.Config("a")), b = net.Add("B", "192.0.2.2", Configs.SharedKey("b"));
        a.Want(b);
        net.Run(0.5);
        Assert.Empty(net.Trace);
        Assert.Equal("failed 192.0.2.2", a.Events[0]);
        Assert.Contains(a.Log.Lines, line => line.Contains("trustpoint TP has no usable certificate and key", StringComparison.Ordinal));
    }

    [Fact]
    public void LongCertificates_GoInFragmentsBothWays()
    {
        var net = new Net();
        Func<IkeConfig, IkeConfig> narrow = static config => config with { FragmentationMtu = 576 };
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a"), narrow), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"), narrow);
        a.Want(b);
        net.Run(2);
        Assert.Contains("A > B AUTH request 1 {fragment 1/2}", net.Trace);
        Assert.Contains("B > A AUTH response 1 {fragment 2/2}", net.Trace);
        // With IP and UDP headers and the non-ESP marker no packet is longer than it may be.
        Assert.All(net.Packets.Where(packet => packet.Exchange == IkeExchangeType.Auth), packet => Assert.InRange(packet.Bytes.Length + 20 + 8 + 4, 1, 576));
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void SessionOfACertifiedPeer_Resumed_HasItsAddressesWithoutASignature()
    {
        var net = new Net();
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        a.Want(b);
        net.Run(60);
        net.TakeTrace();
        b.Crash();
        a.SendTo(a.Peer);
        net.Run(1);
        Assert.True(Assert.Single(b.IkeSas).IsResumed);
        Assert.DoesNotContain(net.Trace, line => line.Contains("CERT", StringComparison.Ordinal));
        Assert.Equal([IpPrefix.Parse("172.16.0.7/32")], b.Peer.Identity.Rights.TunnelAddresses);
        Assert.Equal(IkeAuthMethod.DigitalSignature, b.Peer.Identity.Method);
        Assert.Equal([IpPrefix.Parse("172.16.0.7/32")], a.Peer.Identity.Rights.TunnelAddresses);
        Agreement.Check(net, a, b);
    }

    [Fact]
    public void CertificateEnds_SaOfIt_IsAuthenticatedAnewBeforeAndWithoutANewOneEnds()
    {
        var net = new Net();
        IssuedCertificate brief = Certificates.Authority.Issue("b", "b.example.org", [], KeyKind.EcdsaP256, Now, 1);
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", brief);
        a.Want(b);
        net.Run(2);
        Assert.Equal(["up b.example.org"], a.Events);
        // 24 h less what the clock has run: tried again and again from some 80 % on, and cut at the end.
        net.Run(23.5 * 3600);
        Assert.Equal(["up b.example.org"], a.Events);
        net.Run(3600);
        Assert.Contains("down b.example.org Expired", a.Events);
        Assert.DoesNotContain("up b.example.org", a.Events.Skip(2));
        // With another certificate it comes back.
        b.Trustpoints["TP"] = Certificates.Trustpoint(net, Certificates.Of("b"));
        b.Configure(b.Config);
        net.Run(30);
        Assert.Equal("up b.example.org", a.Events[^1]);
    }

    [Fact]
    public void CertificateIsRevoked_ItsSaEndsAtOnce_OthersStay_AndItCannotComeBack()
    {
        var net = new Net();
        string nothing = Certificates.Authority.RevocationList([], 1, Now, 30);
        Node hub = Certificates.Add(net, "H", "192.0.2.9", Certificates.Of("h"), revocationList: nothing);
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        a.Want(hub);
        b.Want(hub);
        net.Run(60);
        Assert.Equal(2, hub.IkeSas.Count);
        Revoke(hub, Certificates.Of("a"), nothing);
        hub.Call(static (engine, now, outbox) => engine.OnRevocationListsChanged(now, outbox));
        net.Run(60);
        Assert.Contains("down a.example.org Revoked", hub.Events);
        Assert.DoesNotContain(hub.Events, line => line.StartsWith("down b", StringComparison.Ordinal));
        Assert.Equal("b.example.org", Assert.Single(hub.IkeSas, sa => sa.Status == IkeSaStatus.Ready).RemoteId!.ToString());
        Assert.Contains(hub.Log.Lines, line => line.Contains("is revoked", StringComparison.Ordinal));
        Assert.DoesNotContain("up a.example.org", hub.Events.SkipWhile(line => line != "down a.example.org Revoked"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TicketOfARevokedPeer_IsWorthNothing(bool revoked)
    {
        var net = new Net();
        string nothing = Certificates.Authority.RevocationList([], 1, Now, 30);
        Node hub = Certificates.Add(net, "H", "192.0.2.9", Certificates.Of("h"), revocationList: nothing);
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a"));
        a.Want(hub);
        net.Run(60);
        Assert.True(a.IkeSas[0].HasTicket);
        if (revoked) Revoke(hub, Certificates.Of("a"), nothing);
        hub.Crash();
        a.SendTo(a.Peer);
        net.Run(10);
        Assert.Equal(!revoked, hub.IkeSas.Any(sa => sa is { Status: IkeSaStatus.Ready, IsResumed: true }));
        Assert.Equal(!revoked, hub.Events.Contains("up a.example.org") && hub.Events[^1] == "up a.example.org");
    }

    [Fact]
    public void ListThatComesDuringTheVerification_Counts()
    {
        var net = new Net { JobTime = TimeSpan.FromSeconds(2) };
        string nothing = Certificates.Authority.RevocationList([], 1, Now, 30);
        Node hub = Certificates.Add(net, "H", "192.0.2.9", Certificates.Of("h"), revocationList: nothing);
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a"));
        a.Want(hub);
        // The jobs are done at once, and their results come two seconds later.
        while (!net.Trace.Any(line => line.Contains("A > H AUTH", StringComparison.Ordinal))) net.Run(0.2);
        net.Run(0.2);
        Revoke(hub, Certificates.Of("a"), nothing);
        net.Run(4);
        Assert.DoesNotContain("up a.example.org", hub.Events);
    }

    private static void Revoke(Node at, IssuedCertificate certificate, string before)
    {
        Assert.NotEmpty(before);
        string list = Certificates.Authority.RevocationList([(certificate.SerialNumber, Now)], 2, Now, 30);
        Assert.Null(at.Trustpoints["TP"].ReplaceRevocationList(System.Text.Encoding.ASCII.GetBytes(list)));
    }

    [Fact]
    public void SignatureIsStillComputed_PeerIsNotWantedAnyMore_TheResultIsThrownAway()
    {
        var net = new Net { JobTime = TimeSpan.FromSeconds(2) };
        Node a = Certificates.Add(net, "A", "192.0.2.1", Certificates.Of("a")), b = Certificates.Add(net, "B", "192.0.2.2", Certificates.Of("b"));
        a.Want(b);
        net.Run(5.5);
        a.Release(b.Address);
        net.Run(60);
        Assert.Empty(a.IkeSas);
        Assert.Equal(0, a.Engine.Statistics.Jobs);
        Assert.Empty(b.IkeSas);
    }
}
