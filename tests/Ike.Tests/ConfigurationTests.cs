using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests;

/// <summary>Sources that come and go, configurations that change, several sources at one address, peers at several addresses.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void Reload_WithTheSameProfile_TouchesNoSa()
    {
        Pair pair = new Pair().Up();
        pair.A.Configure(Configs.SharedKey("a") with { NatKeepalive = TimeSpan.FromSeconds(7), Window = 9, CookieChallenge = 3 });
        // Another peer's entry in the keyring, another profile, another proposal: none of them is this SA's.
        IkeConfig config = pair.A.Config;
        pair.A.Configure(config with
        {
            Keyrings = [config.Keyrings[0] with { Peers = [new Ikev2KeyringPeer { Name = "X", Address = IpPrefix.Parse("10.9.9.9/32"), LocalKey = "x", RemoteKey = "x" }, .. config.Keyrings[0].Peers] }],
            Profiles = [config.Profiles[0], new Ikev2Profile { Name = "OTHER" }],
            Proposals = [Configs.Quick with { Groups = [DhGroup.Ecp256, DhGroup.Curve25519] }],
        });
        pair.Net.Run(5);
        Assert.Empty(pair.Net.Trace);
        Assert.Empty(pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("profile")]
    [InlineData("transform set")]
    [InlineData("IPsec profile")]
    public void Reload_ChangesWhatTheSaWasMadeWith_ItIsMadeAnew(string what)
    {
        Pair pair = new Pair().Up();
        IkeConfig config = pair.A.Config;
        pair.A.Configure(what switch
        {
            "key" => Configs.SharedKey("a", "new"),
            "profile" => config.With((Ikev2Profile p) => p with { Lifetime = TimeSpan.FromSeconds(1000) }),
            "transform set" => config with { TransformSets = [config.TransformSets[0] with { TunnelMode = true }] },
            _ => config.With((IpsecProfile p) => p with { Pfs = DhGroup.Ecp256 }),
        });
        Assert.Equal("down b.example.org Unconfigured", pair.A.Events[0]);
        pair.Net.Run(0.1);
        Assert.Equal("A > B INFO request 2 {D(IKE)}", pair.Net.Trace[0]);
        if (what == "key") pair.B.Configure(Configs.SharedKey("b", "new"));
        pair.Net.Run(10);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void ProfileIsMissing_Wanted_FailsAndComesUpWhenItIsThere()
    {
        var pair = new Pair(a: static config => config with { IpsecProfiles = [] });
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        Assert.Empty(pair.Net.Trace);
        Assert.Equal("failed 192.0.2.2", pair.A.Events[0]);
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("there is no 'crypto ipsec profile P'", StringComparison.Ordinal));
        pair.A.Configure(Configs.SharedKey("a"));
        pair.Net.Run(1);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
    }

    [Fact]
    public void SourceRemoved_DeletesItsSasAndForgetsItsPeers()
    {
        Pair pair = new Pair().Up();
        pair.A.Call((engine, now, outbox) => engine.OnProtectionRemoved(Node.Source, now, outbox));
        pair.Net.Run(20);
        Assert.Equal(["down b.example.org Unconfigured"], pair.A.Events);
        Assert.Equal(["down a.example.org DeletedByPeer"], pair.B.Events);
        Assert.Empty(pair.A.Engine.Peers());
        Assert.Empty(pair.A.IkeSas);
        Assert.True(pair.A.NextDeadline.IsNever);
    }

    [Fact]
    public void SourceRemoved_PeerWantedByItsAssociation_IsNotCalledAgain()
    {
        Pair pair = new Pair().Up();
        int association = pair.A.Engine.Peers().Single().Peer.Association;
        pair.A.Want(pair.B.Outside, association);
        pair.A.Call((engine, now, outbox) => engine.OnProtectionRemoved(Node.Source, now, outbox));
        pair.Net.Run(20);
        pair.Net.Trace.Clear();
        pair.Net.Run(600);
        Assert.Empty(pair.Net.Trace);
        Assert.Empty(pair.A.Engine.Peers());
        Assert.True(pair.A.NextDeadline.IsNever);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(95)]
    [InlineData(247)]
    [InlineData(311.3)]
    [InlineData(1000)]
    [InlineData(1004.4)]
    [InlineData(3601.7)]
    public void PathIsDead_HoweverLong_PeerIsReachedWithin13SecondsOfItsReturn(double seconds)
    {
        var pair = new Pair();
        pair.Net.Lose = static _ => true;
        pair.A.Want(pair.B);
        pair.Net.Run(seconds);
        Assert.DoesNotContain("up b.example.org", pair.A.Events);
        pair.Net.Lose = static _ => false;
        pair.Net.Run(13);
        Assert.Equal("up b.example.org", pair.A.Events[^1]);
    }

    [Fact]
    public void SourceWithoutAddress_Wanted_CallsWhenItHasOne()
    {
        var pair = new Pair();
        pair.A.LoseAddress();
        pair.A.Want(pair.B);
        pair.Net.Run(5);
        Assert.Empty(pair.Net.Trace);
        pair.A.MoveTo("192.0.2.55");
        pair.Net.Run(1);
        Assert.Equal(["up b.example.org"], pair.A.Events);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void TwoSourcesAtOneAddress_ThePeersIdentityDecidesWhichItIs()
    {
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h"));
        IkeConfig config = hub.Config;
        hub.Configure(config with
        {
            Profiles =
            [
                config.Profiles[0] with { MatchRemote = [new IdentityMatch(IdentityMatchKind.Fqdn, "a.example.org")] },
                config.Profiles[0] with { Name = "PR2", MatchRemote = [new IdentityMatch(IdentityMatchKind.Fqdn, "b.example.org")] },
            ],
            IpsecProfiles = [config.IpsecProfiles[0], config.IpsecProfiles[0] with { Name = "P2", Ikev2Profile = "PR2" }],
        });
        hub.Call((engine, now, outbox) => engine.OnProtectionChanged(new ProtectionFacts { Id = new ProtectionId(2), Local = hub.Address, Profile = "P2" }, now, outbox));
        Node a = net.Add("A", "192.0.2.1", Configs.SharedKey("a")), b = net.Add("B", "192.0.2.2", Configs.SharedKey("b"));
        a.Want(hub);
        b.Want(hub);
        net.Run(1);
        Assert.Equal(new ProtectionId(1), hub.Sas.Values.Single(sa => sa.Install.Peer.Address == a.Address).Install.Protection);
        Assert.Equal(new ProtectionId(2), hub.Sas.Values.Single(sa => sa.Install.Peer.Address == b.Address).Install.Protection);
    }

    [Fact]
    public void MessageToAnAddressWithoutSource_IsCounted()
    {
        var pair = new Pair();
        pair.B.Call((engine, now, outbox) => engine.OnProtectionRemoved(Node.Source, now, outbox));
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.NoProtection]);
    }

    [Fact]
    public void OnePeerAtTwoAddresses_WantedAtBoth_IsAnAssociationAtEachAndBothStay()
    {
        var net = new Net();
        Node a = net.Add("A", "192.0.2.1", Configs.SharedKey("a")), b = net.Add("B", "192.0.2.2", Configs.SharedKey("b"));
        // B is reached at 192.0.2.3 too: a box that changes nothing but the address.
        var second = new NatBox("192.0.2.3");
        net.AddAlias(Parse("192.0.2.3"), b);
        b.Call((engine, now, outbox) => engine.OnProtectionChanged(new ProtectionFacts { Id = new ProtectionId(2), Local = Parse("192.0.2.3"), Profile = "P" }, now, outbox));
        a.Want(b);
        a.Want(second.Outside);
        net.Run(30);
        int ups = a.Events.Count(line => line.StartsWith("up", StringComparison.Ordinal));
        Assert.DoesNotContain(a.Events, line => line.StartsWith("down", StringComparison.Ordinal));
        Assert.Equal(2, a.Peers.Count);
        net.Run(300);
        Assert.Equal(ups, a.Events.Count(line => line.StartsWith("up", StringComparison.Ordinal)));
        Assert.Equal(2, a.IkeSas.Count);
    }

    [Fact]
    public void KeyLog_GetsTheKeysOfIkeAndChildSas_AndNobodyElseDoes()
    {
        var pair = new Pair();
        var log = new CountingLog();
        pair.A.Call((engine, _, _) => engine.SetKeyLog(log));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Equal((1, 1), (log.IkeSas, log.ChildSas));
        pair.A.Call((engine, _, _) => engine.SetKeyLog(null));
        pair.SoftLimit(pair.A);
        Assert.Equal((1, 1), (log.IkeSas, log.ChildSas));
        string key = Convert.ToHexString(pair.A.Sas.Values.First().InboundKey);
        Assert.DoesNotContain(pair.A.Log.Lines, line => line.Contains(key, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("secret", pair.A.Engine.Sas().First().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ChildSa_HasTheLimitsAndTheWindowOfTheProfile()
    {
        Pair pair = new Pair(a: static config => config.With((IpsecProfile p) => p with { LifetimeKilobytes = 10_000, ReplayWindow = 512 })).Up();
        ChildSaInstall ours = pair.A.Live[0].Install, theirs = pair.B.Live[0].Install;
        Assert.Equal(10_240_000, ours.HardBytes);
        Assert.InRange(ours.SoftBytes, 8_000_000, 9_500_000);
        Assert.Equal(512, ours.ReplayWindow);
        Assert.Equal(64, theirs.ReplayWindow);
        Assert.Equal(4_608_000L * 1024, theirs.HardBytes);
    }

    [Fact]
    public void ExtendedSequenceNumbers_Configured_AreAgreedOnAndOtherwiseNot()
    {
        Assert.True(new Pair(both: static config => config.With((IpsecProfile p) => p with { Esn = true })).Up().A.Live[0].Install.Suite.Esn);
        Assert.False(new Pair().Up().A.Live[0].Install.Suite.Esn);
    }

    [Fact]
    public void ClearChild_ReplacesThatChildSaAlone()
    {
        Pair pair = new Pair().Up();
        uint spi = pair.A.Live[0].Install.InboundSpi;
        pair.A.Call((engine, now, outbox) => Assert.True(engine.ClearChild(spi, now, outbox)));
        pair.Net.Run(8);
        Assert.NotEqual(spi, Assert.Single(pair.A.Live).Install.InboundSpi);
        Assert.Empty(pair.A.Events);
        pair.A.Call((engine, now, outbox) => Assert.False(engine.ClearChild(spi, now, outbox)));
    }

    [Fact]
    public void ScreensShow_WhatIsThere()
    {
        Pair pair = new Pair().Up();
        ChildSaState child = Assert.Single(pair.A.Engine.ChildSas());
        Assert.Equal((true, false, false, "P"), (child.IsSending, child.IsRetired, child.TunnelMode, child.Profile));
        Assert.Equal("b.example.org", child.RemoteId.ToString());
        IkePeerState peer = Assert.Single(pair.A.Engine.Peers());
        Assert.Equal((true, 1, 0), (peer.IsUp, peer.Wants, peer.Failures));
        IkeSaState sa = Assert.Single(pair.A.Engine.Sas());
        Assert.Equal(("a.example.org", "b.example.org", "PR"), (sa.LocalId!.ToString(), sa.RemoteId!.ToString(), sa.Profile));
        Assert.Equal((IkeAuthMethod.SharedKey, true, true, true), (sa.RemoteMethod, sa.QuickCrashDetection, sa.HasTicket, sa.Fragmentation));
        Assert.Equal(1, pair.A.Engine.Statistics.Of(IkePhase.InitiatorTotal).Count);
        Assert.InRange(pair.A.Engine.Statistics.Of(IkePhase.InitiatorTotal).Mean.TotalMilliseconds, 39, 60);
        pair.A.Engine.ClearStatistics();
        Assert.Equal(0, pair.A.Engine.Statistics.Of(IkePhase.InitiatorTotal).Count);
    }

    private sealed class CountingLog : IIkeKeyLog
    {
        public int IkeSas { get; private set; }

        public int ChildSas { get; private set; }

        public void OnIkeSa(
            ulong initiatorSpi, ulong responderSpi, IkeSuite suite, ReadOnlySpan<byte> encryptionInitiator, ReadOnlySpan<byte> encryptionResponder,
            ReadOnlySpan<byte> integrityInitiator, ReadOnlySpan<byte> integrityResponder)
        {
            Assert.Equal(20, encryptionInitiator.Length);
            IkeSas++;
        }

        public void OnChildSa(ChildSaInstall child)
        {
            Assert.Equal(20, child.InboundKey.Length);
            ChildSas++;
        }
    }
}
