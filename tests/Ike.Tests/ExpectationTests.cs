using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>A wanted address belongs to the identity that answered a call there, and to no other member with good keys.</summary>
public sealed class ExpectationTests
{
    private static readonly DpdConfig Dpd = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), Periodic: true);
    private static readonly IpAddress HubAddress = IpAddress.Parse("192.0.2.9");

    private readonly Net _net = new();
    private readonly Node _hub, _spoke, _member;

    public ExpectationTests()
    {
        _hub = _net.Add("H", "192.0.2.9", Configs.SharedKey("h") with { Dpd = Dpd });
        _spoke = _net.Add("S", "192.0.2.1", Configs.SharedKey("s") with { Dpd = Dpd });
        _member = _net.Add("M", "192.0.2.66", Configs.SharedKey("m") with { Dpd = Dpd });
    }

    [Fact]
    public void ConfiguredAddress_HubIsLost_MemberThatComesFromThereIsNotTheHub()
    {
        _spoke.Expect(HubAddress);
        _spoke.Want(HubAddress);
        _net.Run(1);
        Assert.Equal("h.example.org", _spoke.BoundAt(HubAddress));
        _net.Unplug(_hub);
        _member.MoveTo("192.0.2.9");
        _member.Want(_spoke);
        _net.Run(300);
        Assert.Contains("up m.example.org", _spoke.Events);
        Assert.Equal("", _spoke.BoundAt(HubAddress));
        // The spoke has called, the member has answered, and was refused.
        Assert.Contains(_spoke.Log.Lines, line => line.Contains("another identity, or another key, answers there: m.example.org; if", StringComparison.Ordinal)
            && line.Contains("'clear crypto session remote 192.0.2.9'", StringComparison.Ordinal));

        _member.MoveTo("192.0.2.66");
        _net.Plug(_hub);
        _net.Run(60);
        Assert.Equal("h.example.org", _spoke.BoundAt(HubAddress));
    }

    [Fact]
    public void ConfiguredAddress_NobodyWasReachedYet_OnlyTheAnswerToACallCounts()
    {
        _net.Unplug(_hub);
        _spoke.Expect(HubAddress);
        _spoke.Want(HubAddress);
        // By a NAT that gives it the hub's address, with another port.
        var nat = new NatBox("192.0.2.9");
        Node behind = _net.Add("N", "10.0.0.1", Configs.SharedKey("n") with { Dpd = Dpd }, nat);
        behind.Want(_spoke);
        _net.Run(3);
        Assert.Contains("up n.example.org", _spoke.Events);
        Assert.Equal("", _spoke.BoundAt(HubAddress));
        Assert.True(Assert.Single(_spoke.Engine.Peers(), peer => peer.Identity is null).IsConnecting);
    }

    [Fact]
    public void OtherAddress_PeerCameByItself_WillDoUntilACallTells()
    {
        IpAddress address = IpAddress.Parse("192.0.2.66");
        _member.Want(_spoke);
        _net.Run(1);
        _spoke.Want(address);
        Assert.Equal("m.example.org", _spoke.BoundAt(address));
        _spoke.Release(address);
        Assert.Equal("", _spoke.BoundAt(address));
    }

    [Fact]
    public void AnotherIdentityAnswers_OperatorClears_ItIsTheOneFromThen()
    {
        _spoke.Expect(HubAddress);
        _spoke.Want(HubAddress);
        _net.Run(1);
        _net.Unplug(_hub);
        Node other = _net.Add("G", "192.0.2.9", Configs.SharedKey("g") with { Dpd = Dpd });
        _net.Run(120);
        Assert.Equal("", _spoke.BoundAt(HubAddress));
        Assert.Empty(other.Peers);
        _spoke.Call((engine, _, _) => engine.ClearExpectations(HubAddress));
        _net.Run(30);
        Assert.Equal("g.example.org", _spoke.BoundAt(HubAddress));
    }

    [Theory]
    [InlineData(SiteRole.Hub, SiteRole.Spoke, "192.0.2.9 was h.example.org (a hub by its certificate) before", "m.example.org (a spoke by its certificate)")]
    [InlineData(SiteRole.Unsaid, SiteRole.Hub, "192.0.2.9 was h.example.org before", "m.example.org (a hub by its certificate)")]
    public void Refusal_CertificatesSayRoles_NamesThem(SiteRole was, SiteRole comes, string before, string now)
    {
        _spoke.Expect(HubAddress);
        IkeCore core = _spoke.Engine.Core;
        IkeProtection protection = core.Protections.Find(Node.Source)!;
        var hub = new IkePeer(core, protection, IkeIdentity.Fqdn("h.example.org"), "", 7) { Identity = Of("h.example.org", was) };
        core.Expectations.OnReached(hub, HubAddress);
        string? refusal = core.Expectations.Refusal(protection, HubAddress, Of("m.example.org", comes));
        Assert.Contains(before, refusal, StringComparison.Ordinal);
        Assert.Contains(now, refusal, StringComparison.Ordinal);

        static PeerIdentity Of(string name, SiteRole role) => new(IkeIdentity.Fqdn(name), IkeAuthMethod.DigitalSignature, SiteRights.None with { Role = role }) { KeyEntry = "" };
    }

    [Fact]
    public void AddressIsConfiguredTwice_OneTunnelGoes_StaysConfigured()
    {
        _spoke.Expect(HubAddress);
        _spoke.Expect(HubAddress);
        _spoke.Call((engine, _, _) => engine.OnAddressConfigured(Node.Source, HubAddress, configured: false));
        _member.Want(_spoke);
        _net.Run(1);
        IkeCore core = _spoke.Engine.Core;
        Assert.True(core.Expectations.IsOfOther(core.Protections.Find(Node.Source)!, HubAddress, core.Peers.All.Single()));
    }

    [Fact]
    public void Reauthentication_AnotherIdentityAnswers_ItDoesNotTakeTheSession()
    {
        var pair = new Pair(a: static config => config.With(static (Ikev2Profile profile) => profile with { Reauthentication = TimeSpan.FromMinutes(10) }));
        pair.Up();
        pair.Net.Unplug(pair.B);
        _ = pair.Net.Add("M", "192.0.2.2", Configs.SharedKey("m"));
        pair.A.Call((engine, now, outbox) => engine.Core.Initiator.Reauthenticate(engine.Core.Peers.All.Single().Current!, now, outbox));
        pair.Net.Run(1);
        Assert.DoesNotContain(pair.A.Peers.Values, peer => peer.Identity.Id.ToString() == "m.example.org");
        Assert.Contains(pair.A.Log.Lines, line => line.Contains("whose authentication is renewed", StringComparison.Ordinal));
    }
}
