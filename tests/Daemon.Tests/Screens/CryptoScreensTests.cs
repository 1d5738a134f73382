using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Screens;
using Dmvpn.Ike;
using Dmvpn.Management.Api;
using Dmvpn.Management.Screens;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Tests.Screens;

public sealed class CryptoScreensTests : IDisposable
{
    private readonly ProtectedRouter _hub = new("hub", "192.0.2.1", 1), _spoke = new("spoke", "192.0.2.2", 2), _other = new("other", "192.0.2.3", 3);

    [Fact]
    public void Sessions_OfTwoThatAreConnected_SayTheSameFromBothEnds()
    {
        Connect();
        CryptoSession hub = Assert.Single(Sessions(_hub)), spoke = Assert.Single(Sessions(_spoke));
        foreach ((CryptoSession session, ProtectedRouter here, ProtectedRouter there) in (ReadOnlySpan<(CryptoSession, ProtectedRouter, ProtectedRouter)>)[(hub, _hub, _spoke), (spoke, _spoke, _hub)])
        {
            Assert.Equal((CryptoSessionStatus.UpActive, there.Address, here.Address, "PR"), (session.Status, session.Peer, session.Local!.Value, session.Profile));
            Assert.Equal([ProtectedRouter.Tunnel], session.Tunnels);
            CryptoIkeSa ike = Assert.Single(session.IkeSas);
            Assert.Equal((session.SessionId, CryptoIkeStatus.Ready, "AES-CBC", 256, "SHA512", "SHA512", 19), (ike.Number, ike.Status, ike.Encryption, ike.KeySize, ike.Prf, ike.Hash, ike.Group));
            Assert.Equal(("PSK", "PSK", 86400, 30), (ike.AuthenticationLocal, ike.AuthenticationRemote, ike.LifetimeSeconds, ike.DpdSeconds));
            CryptoIpsecSa child = Assert.Single(session.IpsecSas);
            Assert.Equal(("esp-256-aes esp-sha256-hmac", 16, 64, true, false, "IP"), (child.Transform, child.IvSize, child.ReplayWindow, child.Sending, child.TunnelMode, child.Profile));
            Assert.Equal(new CryptoSelector(here.Address, here.Address, 47), child.LocalSelector);

            // What IOS says of AES-256 and SHA-256 in transport mode.
            Assert.Equal((1500, 1458), (child.PathMtu, child.PlaintextMtu));
            Assert.Equal(4608000, child.InboundKilobytesLeft);
            Assert.InRange(child.SecondsLeft, 3590, 3600);
        }
        Assert.Equal(("spoke.example.org", "hub.example.org"), (hub.Identity, spoke.Identity));
        Assert.Equal((hub.IkeSas[0].LocalSpi, hub.IpsecSas[0].InboundSpi), (spoke.IkeSas[0].RemoteSpi, spoke.IpsecSas[0].OutboundSpi));
        Assert.Equal((false, true), (hub.IkeSas[0].Initiator, spoke.IkeSas[0].Initiator));
        Assert.Contains("Session status: UP-ACTIVE", CryptoSessionScreen.Render(_hub.Screens.Sessions(ScreenQuery.All, ProtectedRouter.Now), detail: true));
    }

    [Fact]
    public void Sessions_WhileNegotiating_AreDownNegotiatingHereAndAStrangersThere()
    {
        _spoke.Want(_hub);
        ProtectedRouter.Run(1, _spoke, _hub);
        CryptoSession session = Assert.Single(Sessions(_spoke));
        Assert.Equal((CryptoSessionStatus.DownNegotiating, 0, _hub.Address), (session.Status, session.SessionId, session.Peer));
        CryptoIkeSa ike = Assert.Single(session.IkeSas);
        Assert.Equal((CryptoIkeStatus.Negotiating, null, true), (ike.Status, ike.Encryption, ike.Initiator));
        CryptoState hub = _hub.Screens.Sessions(ScreenQuery.All, ProtectedRouter.Now);
        Assert.Empty(hub.Sessions);
        CryptoIkeSa stranger = Assert.Single(hub.Strangers);
        Assert.Equal((_spoke.Address, CryptoIkeStatus.Negotiating, 1), (stranger.Remote, stranger.Status, stranger.Number));
        Assert.Empty(_hub.Screens.Sessions(new ScreenQuery { Nbma = _other.Address }, ProtectedRouter.Now).Strangers);
    }

    [Fact]
    public void Sessions_AskedForOnePeerOrTunnel_AreThoseOnly()
    {
        Connect();
        Assert.Equal(2, Connected(_other).Count);
        Assert.Equal(_other.Address, Assert.Single(_hub.Screens.Sessions(new ScreenQuery { Nbma = _other.Address }, ProtectedRouter.Now).Sessions).Peer);
        Assert.Equal(2, _hub.Screens.Sessions(new ScreenQuery { Tunnel = ProtectedRouter.Tunnel }, ProtectedRouter.Now).Sessions.Count);
        Assert.Empty(_hub.Screens.Sessions(new ScreenQuery { Tunnel = new TunnelId(2) }, ProtectedRouter.Now).Sessions);
    }

    [Fact]
    public void WrongKey_Failure_IsTheSessionsAndIsCountedOnceForManyTries()
    {
        using var stranger = new ProtectedRouter("spoke", "192.0.2.9", 9, ProtectedRouter.Config("spoke", "another"));
        stranger.Want(_hub);
        ProtectedRouter.Run(stranger, _hub);
        CryptoSession session = Assert.Single(Sessions(stranger));
        Assert.Contains("does not accept us as", session.LastFailure);
        Assert.Equal(1, session.Failures);
        CryptoStatisticsState hub = CryptoStatisticsScreens.Of(_hub.Engines.Ike, null, ProtectedRouter.Now);
        CryptoFailure failure = Assert.Single(hub.Failures);
        Assert.Equal((1, "IKE_AUTH", "AuthenticationFailed", "192.0.2.9:4500"), (failure.Count, failure.Exchange, failure.Reason, failure.Remote));
        Assert.Contains("pre-shared", failure.Text);
        Assert.Equal(1, hub.Failed);
        stranger.Engines.Ike.OnPeerReleased(stranger.Source, new NbmaPeer(_hub.Address), ProtectedRouter.Now, stranger.Engines.IkeOut);
        stranger.Want(_hub);
        ProtectedRouter.Run(stranger, _hub);
        Assert.Equal(2, Assert.Single(CryptoStatisticsScreens.Of(_hub.Engines.Ike, null, ProtectedRouter.Now).Failures).Count);
    }

    [Fact]
    public void Statistics_AfterAHandshake_HaveExchangesAndTimes()
    {
        Connect();
        CryptoStatisticsState hub = CryptoStatisticsScreens.Of(_hub.Engines.Ike, "/tmp/keys", ProtectedRouter.Now), spoke = CryptoStatisticsScreens.Of(_spoke.Engines.Ike, null, ProtectedRouter.Now);
        Assert.Equal((1, 0, 1, 1, "/tmp/keys"), (hub.ActiveIncoming, hub.ActiveOutgoing, hub.EstablishedIncoming, hub.IpsecSas, hub.KeyLog));
        Assert.Equal((0, 1, 1, null), (spoke.ActiveIncoming, spoke.ActiveOutgoing, spoke.EstablishedOutgoing, spoke.KeyLog));
        CryptoExchange init = hub.Exchanges.Single(e => e.Name == "IKE_SA_INIT");
        Assert.Equal((1, 1, 0, 0), (init.RequestsReceived, init.ResponsesSent, init.RequestsSent, init.ResponsesReceived));
        foreach ((CryptoStatisticsState state, string name) in (ReadOnlySpan<(CryptoStatisticsState, string)>)[(hub, "R AUTH PROC"), (spoke, "I AUTH Wire"), (spoke, "I Main Exchange")])
        {
            CryptoPhase phase = state.Phases.Single(p => p.Name == name);
            Assert.Equal(1, phase.Count);
            Assert.True(phase.MinimumMicroseconds <= phase.AverageMicroseconds && phase.AverageMicroseconds <= phase.MaximumMicroseconds);
        }
    }

    [Fact]
    public void ClearSession_OfOnePeer_TouchesNoOther()
    {
        Connect();
        List<CryptoSession> before = [.. Connected(_other)];
        var commands = new CryptoCommands(_hub.Engines);
        Assert.Equal(0, commands.Clear(new ClearCryptoRequest { Peer = IpAddress.Parse("192.0.2.77") }, ProtectedRouter.Now));
        Assert.Equal(0, commands.Clear(new ClearCryptoRequest { Local = IpAddress.Parse("192.0.2.77") }, ProtectedRouter.Now));
        Assert.Equal(1, commands.Clear(new ClearCryptoRequest { Peer = _spoke.Address, Local = _hub.Address }, ProtectedRouter.Now));
        ProtectedRouter.Run(_hub, _spoke, _other);
        IReadOnlyList<CryptoSession> after = Sessions(_hub);
        Assert.Equal(Spi(before, _other), Spi(after, _other));
        Assert.NotEqual(Spi(before, _spoke), Spi(after, _spoke));

        static string? Spi(IReadOnlyList<CryptoSession> sessions, ProtectedRouter peer) => sessions.FirstOrDefault(s => s.Peer == peer.Address)?.IkeSas.FirstOrDefault()?.LocalSpi;
    }

    [Fact]
    public void ClearSa_BySpi_ReplacesTheEspSaAndKeepsTheIkeSa()
    {
        Connect();
        CryptoSession before = Assert.Single(Sessions(_hub));
        var commands = new CryptoCommands(_hub.Engines);
        Assert.Equal(0, commands.Clear(new ClearCryptoRequest { Scope = ClearCryptoScope.Ipsec, Spi = 0x12345678 }, ProtectedRouter.Now));

        // The outbound one names the pair as well.
        Assert.Equal(1, commands.Clear(new ClearCryptoRequest { Scope = ClearCryptoScope.Ipsec, Spi = before.IpsecSas[0].OutboundSpi }, ProtectedRouter.Now));
        ProtectedRouter.Run(_hub, _spoke);
        CryptoSession after = Assert.Single(Sessions(_hub));
        Assert.Equal(before.IkeSas[0].LocalSpi, after.IkeSas[0].LocalSpi);
        Assert.NotEqual(before.IpsecSas[0].InboundSpi, after.IpsecSas[0].InboundSpi);

        // The first child SA's keys come from the IKE SA's exchange, the second has one of its own.
        Assert.Equal((null, 19), (before.IpsecSas[0].PfsGroup, after.IpsecSas[0].PfsGroup));
        Assert.True(after.IpsecSas[0].Sending);
    }

    [Fact]
    public void ClearStatistics_AfterAHandshake_IsZero()
    {
        Connect();
        new CryptoCommands(_hub.Engines).Clear(new ClearCryptoRequest { Scope = ClearCryptoScope.Statistics }, ProtectedRouter.Now);
        CryptoStatisticsState hub = CryptoStatisticsScreens.Of(_hub.Engines.Ike, null, ProtectedRouter.Now);
        Assert.Equal((0, 1), (hub.EstablishedIncoming, hub.ActiveIncoming));
        Assert.All(hub.Exchanges, exchange => Assert.Equal(0, exchange.RequestsReceived));
    }

    [Fact]
    public void StateBelowNhrp_OfAPeer_FollowsIkeAndEsp()
    {
        var peer = new NbmaPeer(_spoke.Address);
        Assert.Equal(DmvpnSessionState.Ike, State(peer));
        Connect();
        // Whoever is at an address that nobody wants is no station's peer by that.
        Assert.Equal(DmvpnSessionState.Ipsec, State(peer));
        Assert.Null(State(new NbmaPeer(_spoke.Address, Assert.Single(Sessions(_hub)).SessionId)));
        Assert.Equal(DmvpnSessionState.Ike, State(new NbmaPeer(_other.Address)));
        Assert.Equal(DmvpnSessionState.Ike, State(new NbmaPeer(_spoke.Address, 77)));

        // ESP SAs alone are gone.
        ProtectedPeerEntry entry = Assert.Single(_hub.Protection.Peers.All);
        entry.Sending = 0;
        Assert.Equal(DmvpnSessionState.Ipsec, State(peer));
        Assert.Null(new PeerProtection(_hub.Engines.Ike, _hub.Protection).StateBelow(new TunnelId(2), peer));
        Assert.Null(State(new NbmaPeer(IpAddress.AnyIPv4)));

        DmvpnSessionState? State(NbmaPeer of) => new PeerProtection(_hub.Engines.Ike, _hub.Protection).StateBelow(ProtectedRouter.Tunnel, of);
    }

    [Fact]
    public void Configuration_InForce_HasDefaultsAndNoKeys()
    {
        CryptoConfigState state = CryptoConfigScreens.Of(_hub.Engines.Ike, ScreenQuery.All);
        Assert.Equal("default", Assert.Single(state.Proposals).Name);
        Assert.Equal(["AES-CBC-256", "AES-CBC-192", "AES-CBC-128"], state.Proposals[0].Encryption);
        Assert.Equal(["DH_GROUP_256_ECP/Group 19", "DH_GROUP_2048_MODP/Group 14", "DH_GROUP_521_ECP/Group 21"], state.Proposals[0].Groups);
        Assert.Equal(["default"], Assert.Single(state.Policies).Proposals);
        Assert.Equal(["default", "T"], state.TransformSets.Select(set => set.Name));
        CryptoIpsecProfile profile = Assert.Single(state.IpsecProfiles);
        Assert.Equal(("IP", "PR", 3600, 4608000, 19, 64), (profile.Name, profile.Ikev2Profile, profile.LifetimeSeconds, profile.LifetimeKilobytes, profile.PfsGroup, profile.ReplayWindow));
        CryptoIkev2Profile ike = Assert.Single(state.Ikev2Profiles);
        Assert.Equal(("fqdn hub.example.org", "pre-share", "K", 30L), (ike.LocalIdentity, ike.LocalAuthentication, ike.Keyring, ike.DpdSeconds));
        Assert.Equal(["fqdn domain example.org"], ike.RemoteIdentities);
        Assert.DoesNotContain("secret", System.Text.Json.JsonSerializer.Serialize(state, ApiJson.Default.CryptoConfigState));
        CryptoConfigState one = CryptoConfigScreens.Of(_hub.Engines.Ike, new ScreenQuery { Filter = "transform-set", Name = "T" });
        Assert.Equal((0, 0, "T"), (one.Proposals.Count, one.IpsecProfiles.Count, Assert.Single(one.TransformSets).Name));
    }

    [Fact]
    public void Configuration_NamesDefaults_ShowsWhatIkeTakesForThem()
    {
        IkeConfig config = ProtectedRouter.Config("named") with
        {
            Proposals = [new Ikev2Proposal { Name = "GCM", Encryption = [new(EncryptionId.AesGcm16, 256)], Groups = [DhGroup.Ecp256] }],
            IpsecProfiles = [new IpsecProfile { Name = "NAMED", TransformSets = ["T", "default"] }, new IpsecProfile { Name = "SILENT" }],
        };
        using (var router = new ProtectedRouter("named", "192.0.2.4", 4, config))
        {
            CryptoConfigState state = CryptoConfigScreens.Of(router.Engines.Ike, ScreenQuery.All);
            Assert.Equal(["SHA256"], state.Proposals.Single(proposal => proposal.Name == "GCM").Prf);
            Assert.Equal(["T esp-256-aes esp-sha256-hmac", "default esp-gcm 256"], Sets(state, "NAMED"));
            Assert.Equal(["default esp-gcm 256"], Sets(state, "SILENT"));
        }
        config = config with { TransformSets = [.. config.TransformSets, new TransformSet { Name = "default", Encryption = new(EncryptionId.AesGcm16, 128) }] };
        using (var router = new ProtectedRouter("changed", "192.0.2.5", 5, config))
        {
            CryptoConfigState state = CryptoConfigScreens.Of(router.Engines.Ike, ScreenQuery.All);
            Assert.Equal(["T esp-256-aes esp-sha256-hmac", "default esp-gcm"], Sets(state, "NAMED"));
            Assert.Equal(["default esp-gcm"], Sets(state, "SILENT"));
        }

        static IEnumerable<string> Sets(CryptoConfigState state, string profile) =>
            state.IpsecProfiles.Single(p => p.Name == profile).TransformSets.Select(set => $"{set.Name} {set.Transform}");
    }

    [Fact]
    public void Configuration_RulesForThisEnd_AreShown()
    {
        IkeConfig config = ProtectedRouter.Config("ruled");
        Ikev2Profile ruled = config.Profiles[0] with { MatchVrf = "WAN", MatchLocal = [IpAddress.Parse("192.0.2.6")], MatchInterfaces = ["eth0"] };
        config = config with { Profiles = [ruled], TransformSets = [config.TransformSets[0] with { Esn = true }] };
        using var router = new ProtectedRouter("ruled", "192.0.2.6", 6, config);
        CryptoConfigState state = CryptoConfigScreens.Of(router.Engines.Ike, ScreenQuery.All);
        Assert.Contains(" Match criteria: \n  Fvrf: WAN\n  Local address/interface: 192.0.2.6 eth0\n", CryptoConfigScreen.RenderIkev2Profiles(state));
        Assert.Contains("Transform set T: { esp-256-aes esp-sha256-hmac  } \n   will negotiate = { Transport Esn,  }, \n", CryptoConfigScreen.RenderTransformSets(state));
        Assert.Contains("  Fvrf: any\n  Local address/interface: none\n", CryptoConfigScreen.RenderIkev2Profiles(CryptoConfigScreens.Of(_hub.Engines.Ike, ScreenQuery.All)));
    }

    [Theory]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, "esp-aes esp-sha-hmac")]
    [InlineData(EncryptionId.AesCbc, 192, IntegrityId.HmacSha384, "esp-192-aes esp-sha384-hmac")]
    [InlineData(EncryptionId.AesGcm16, 256, IntegrityId.None, "esp-gcm 256")]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.None, "esp-gcm")]
    [InlineData(EncryptionId.NullAesGmac, 256, IntegrityId.None, "esp-gmac 256")]
    [InlineData(EncryptionId.Null, 0, IntegrityId.HmacSha512, "esp-null esp-sha512-hmac")]
    [InlineData(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, "esp-chacha20-poly1305")]
    public void Transform_InIosWords_IsThatOfItsScreens(EncryptionId encryption, int bits, IntegrityId integrity, string expected) =>
        Assert.Equal(expected, CryptoNames.Transform(encryption, bits, integrity));

    public void Dispose()
    {
        _hub.Dispose();
        _spoke.Dispose();
        _other.Dispose();
    }

    private static IReadOnlyList<CryptoSession> Sessions(ProtectedRouter router) => router.Screens.Sessions(ScreenQuery.All, ProtectedRouter.Now).Sessions;

    private void Connect()
    {
        _spoke.Want(_hub);
        ProtectedRouter.Run(_spoke, _hub);
    }

    private IReadOnlyList<CryptoSession> Connected(ProtectedRouter peer)
    {
        peer.Want(_hub);
        ProtectedRouter.Run(peer, _hub);
        return Sessions(_hub);
    }
}
