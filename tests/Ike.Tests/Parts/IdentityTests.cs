using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Which profile and which key count for a peer, and what is said when none does.</summary>
public sealed class IdentityTests
{
    private static readonly IpAddress Here = IpAddress.Parse("198.51.100.1"), There = IpAddress.Parse("203.0.113.9");

    [Theory]
    [InlineData("fqdn", "spoke9.example", "fqdn:Spoke9.EXAMPLE", true)]
    [InlineData("fqdn", "spoke9.example", "fqdn:spoke9.example.", true)]
    [InlineData("fqdn", "spoke9.example", "fqdn:xspoke9.example", false)]
    [InlineData("fqdn", "spoke9.example", "email:spoke9.example", false)]
    [InlineData("fqdn domain", "example", "fqdn:spoke9.example", true)]
    [InlineData("fqdn domain", ".example", "fqdn:a.b.EXAMPLE", true)]
    [InlineData("fqdn domain", "example", "fqdn:example", false)]
    [InlineData("fqdn domain", "example", "fqdn:badexample", false)]
    [InlineData("fqdn domain", "example", "fqdn:example.org", false)]
    [InlineData("fqdn domain", "", "fqdn:example.org", false)]
    [InlineData("fqdn domain", "example", "key:spoke9.example", false)]
    [InlineData("email", "op@site.example", "email:OP@site.example", true)]
    [InlineData("email", "op@site.example", "fqdn:op@site.example", false)]
    [InlineData("email domain", "site.example", "email:op@site.example", true)]
    [InlineData("email domain", "site.example", "email:op@x.site.example", true)]
    [InlineData("email domain", "site.example", "email:op@evilsite.example", false)]
    [InlineData("email domain", "site.example", "email:site.example@evil.example", false)]
    [InlineData("email domain", "site.example", "email:x@evil.example@site.example", true)]
    [InlineData("email domain", "site.example", "fqdn:op.site.example", false)]
    [InlineData("key-id", "Branch 9", "key:Branch 9", true)]
    [InlineData("key-id", "Branch 9", "key:branch 9", false)]
    [InlineData("key-id", "Branch 9", "fqdn:Branch 9", false)]
    [InlineData("address", "203.0.113.0/24", "address:203.0.113.9", true)]
    [InlineData("address", "203.0.113.9/32", "address:203.0.113.10", false)]
    [InlineData("address", "0.0.0.0/0", "address:2001:db8::1", false)]
    [InlineData("address", "0.0.0.0/0", "fqdn:203.0.113.9", false)]
    [InlineData("address", "::/0", "fqdn:a", false)]
    [InlineData("dn", "CN=spoke9, O=Example", "dn:CN=spoke9, O=Example", true)]
    [InlineData("dn", "cn=SPOKE9,o=example", "dn:CN=spoke9, O=Example", true)]
    [InlineData("dn", "CN=spoke9", "dn:CN=spoke9, O=Example", false)]
    [InlineData("dn", "no name at all", "dn:CN=spoke9", false)]
    [InlineData("dn", "CN=spoke9", "fqdn:CN=spoke9", false)]
    [InlineData("any", "", "key:x", true)]
    public void Rule_FitsOnlyIdentitiesOfItsKind(string kind, string text, string identity, bool fits) => Assert.Equal(fits, IdentityRules.Fit(Rule(kind, text), Identity(identity)) > 0);

    [Fact]
    public void Profile_MostExactRuleWins_OfEqualOnesTheFirst()
    {
        IkeConfig config = Config(
            Profile("ANY", "any"), Profile("DOMAIN", "fqdn domain:example"), Profile("SUB", "fqdn domain:hq.example"), Profile("ONE", "fqdn:spoke9.hq.example"), Profile("TWIN", "fqdn:spoke9.hq.example"));
        Assert.Equal("ONE", Found(config, "fqdn:spoke9.hq.example"));
        Assert.Equal("SUB", Found(config, "fqdn:spoke8.hq.example"));
        Assert.Equal("DOMAIN", Found(config, "fqdn:x.example"));
        Assert.Equal("ANY", Found(config, "key:x"));
        Assert.Equal("TWIN", Found(config, "fqdn:spoke9.hq.example", "TWIN"));
    }

    [Fact]
    public void Profile_WithoutRules_OrForAnotherLocalAddress_FitsNobody()
    {
        IkeConfig config = Config(Profile("EMPTY"), Profile("ELSEWHERE", "any") with { MatchLocal = [IpAddress.Parse("192.0.2.99")] });
        Assert.False(ProfileChoice.TryFind(config, null, Here, Identity("fqdn:spoke9.example"), out _, out string problem));
        Assert.Equal(
            "no profile matches identity fqdn spoke9.example at local address 198.51.100.1: profile EMPTY matches nobody (it has no 'match identity remote'); "
            + "profile ELSEWHERE matches any at other local addresses (192.0.2.99). Add 'match identity remote fqdn spoke9.example' to 'crypto ikev2 profile EMPTY', or change the peer's identity", problem);
        Assert.False(ProfileChoice.Fits(config.Profiles[1], Here, Identity("key:x")));
        Assert.True(ProfileChoice.Fits(config.Profiles[1], IpAddress.Parse("192.0.2.99"), Identity("key:x")));
    }

    [Fact]
    public void Profile_None_IsExplained()
    {
        ProfileChoice.TryFind(Config(), null, Here, Identity("key:x"), out _, out string problem);
        Assert.Equal("there is no 'crypto ikev2 profile'", problem);
        ProfileChoice.TryFind(Config(Profile("A", "any")), "B", Here, Identity("key:x"), out _, out problem);
        Assert.Equal("there is no 'crypto ikev2 profile B'", problem);
        IkeConfig many = Config([.. Enumerable.Range(0, 50).Select(i => Profile($"P{i}", [.. Enumerable.Range(0, 50).Select(j => $"fqdn:host{j}.site{i}.example")]))]);
        ProfileChoice.TryFind(many, null, Here, Identity("address:203.0.113.9"), out _, out problem);
        Assert.Contains("; and 46 more. Add 'match identity remote address 203.0.113.9' to", problem);
        Assert.True(problem.Length < 1000);
    }

    [Fact]
    public void Key_ByIdentityFirst_ThenByTheLongestPrefix()
    {
        var ring = new Ikev2Keyring
        {
            Name = "KR",
            Peers =
            [
                Key("everybody", address: "0.0.0.0/0"), Key("net", address: "203.0.113.0/24"), Key("host", address: "203.0.113.9/32"),
                Key("domain", identity: "fqdn domain:example"), Key("name", identity: "fqdn:spoke9.example"), Key("last", identity: "any"),
            ],
        };
        Assert.Equal("name", Peer(ring, "fqdn:spoke9.example", "203.0.113.9"));
        Assert.Equal("domain", Peer(ring, "fqdn:spoke8.example", "203.0.113.9"));
        Assert.Equal("host", Peer(ring, "key:x", "203.0.113.9"));
        Assert.Equal("net", Peer(ring, "key:x", "203.0.113.8"));
        Assert.Equal("everybody", Peer(ring, "key:x", "192.0.2.1"));
        Assert.Equal("last", Peer(ring, "key:x", "2001:db8::1"));
        // While the identity is not known only addresses count.
        Assert.Equal("net", Peer(ring, null, "203.0.113.8"));
    }

    [Fact]
    public void Key_APeerWithBothRules_CountsByAddressOnlyWhileTheIdentityIsUnknown()
    {
        var ring = new Ikev2Keyring { Name = "KR", Peers = [Key("hub", "203.0.113.9/32", "fqdn:hub.example"), Key("other", "203.0.113.10/32")] };
        Assert.Equal("hub", Peer(ring, null, "203.0.113.9"));
        Assert.Equal("hub", Peer(ring, "fqdn:hub.example", "192.0.2.1"));
        // Somebody else at the hub's address does not get the hub's key.
        Assert.Null(Peer(ring, "fqdn:evil.example", "203.0.113.9"));
    }

    [Fact]
    public void Key_OnlyPeerOfARing_IsItsForAnInitiatorThatKnowsNoIdentityYet()
    {
        var one = new Ikev2Keyring { Name = "KR", Peers = [Key("hub", identity: "fqdn:hub.example")] };
        Assert.Equal("hub", Peer(one, null, "203.0.113.9"));
        Assert.Null(Peer(one, "fqdn:evil.example", "203.0.113.9"));
        Assert.Null(Peer(one with { Peers = [.. one.Peers, Key("spare", identity: "fqdn:b.example")] }, null, "203.0.113.9"));
    }

    [Fact]
    public void Key_ForTheDirectionIsMissing_AnotherPeerOrAnExplanation_NeverTheKey()
    {
        var ring = new Ikev2Keyring { Name = "KR", Peers = [Key("host", "203.0.113.9/32") with { RemoteKey = null }, Key("net", "203.0.113.0/24") with { LocalKey = null }] };
        Assert.Equal("host", Peer(ring, null, "203.0.113.9", local: true));
        Assert.Equal("net", Peer(ring, null, "203.0.113.9", local: false));
        Assert.False(KeyringChoice.TryFind(ring, Identity("fqdn:a.example"), IpAddress.Parse("203.0.113.7"), true, out _, out string problem));
        Assert.Equal(
            "keyring KR has no local pre-shared key for identity fqdn a.example at 203.0.113.7; it has peer host (address 203.0.113.9/32); peer net (address 203.0.113.0/24, no local key). "
            + "Add a peer with 'identity fqdn a.example' and 'pre-shared-key local …' to 'crypto ikev2 keyring KR'", problem);
        KeyringChoice.TryFind(new Ikev2Keyring { Name = "E" }, null, There, false, out _, out problem);
        Assert.Equal("keyring E has no remote pre-shared key for address 203.0.113.9; it has no peers. Add a peer with 'address 203.0.113.9' and 'pre-shared-key remote …' to 'crypto ikev2 keyring E'", problem);
    }

    [Fact]
    public void Diagnosis_SaysWhatToChange()
    {
        ProposalPolicy ike = ProposalPolicy.ForIke([new() { Name = "p", Encryption = [new(EncryptionId.AesGcm16, 256)], Groups = [DhGroup.Ecp256, DhGroup.Modp2048] }]);
        ProposalPolicy esp = ProposalPolicy.ForEsp([new() { Name = "s", Encryption = new(EncryptionId.AesGcm16, 256) }], false, DhGroup.None, true);
        SelectorPair gre = TrafficSelectorChoice.Offer(Here, There);
        var ring = new Ikev2Keyring { Name = "KR", Peers = [Key("hub", "203.0.113.9/32")] };
        Assert.Equal(
            "the peer accepts none of our IKE proposals (encryption aes-gcm-256, prf sha256, group 19 14): give both ends a proposal in common ('crypto ikev2 proposal')",
            IkeDiagnosis.IkeRefused(IkeNotifyType.NoProposalChosen, ike));
        Assert.Contains("(offered: 19, 14)", IkeDiagnosis.IkeRefused(IkeNotifyType.InvalidKePayload, ike));
        Assert.Contains("as fqdn a: it has no profile or key", IkeDiagnosis.AuthenticationRefused(IkeNotifyType.AuthenticationFailed, Identity("fqdn:a"), true));
        Assert.Contains("does not trust our certificate", IkeDiagnosis.AuthenticationRefused(IkeNotifyType.AuthenticationFailed, Identity("fqdn:a"), false));
        Assert.Contains("GRE between 198.51.100.1 and 203.0.113.9 in tunnel mode", IkeDiagnosis.ChildRefused(IkeNotifyType.TsUnacceptable, esp, gre, false));
        Assert.Contains("(encryption aes-gcm-256, esn no)", IkeDiagnosis.ChildRefused(IkeNotifyType.NoProposalChosen, esp, gre, false));
        Assert.Equal("the peer answers with error 8000 (8000)", IkeDiagnosis.ChildRefused((IkeNotifyType)8000, esp, gre, false));
        string wrongKey = IkeDiagnosis.WrongSharedKey(ring, ring.Peers[0], Identity("fqdn:hub.example"));
        Assert.Equal(
            "the pre-shared key of fqdn hub.example is not the one here: make its 'pre-shared-key local' the 'pre-shared-key remote' of peer hub in 'crypto ikev2 keyring KR'", wrongKey);
        Assert.DoesNotContain("secret", wrongKey);
        Assert.Equal(
            "the peer authenticates by digital signature; 'crypto ikev2 profile P' has 'authentication remote pre-share': change one of them",
            IkeDiagnosis.WrongMethod(IkeAuthMethod.DigitalSignature, new Ikev2Profile { Name = "P", RemoteAuthentication = [IkeAuthentication.PreShared] }));
        Assert.Contains("in tunnel mode", IkeDiagnosis.WrongMode(false));
    }

    private static string? Found(IkeConfig config, string identity, string? named = null) =>
        ProfileChoice.TryFind(config, named, Here, Identity(identity), out Ikev2Profile? profile, out _) ? profile.Name : null;

    private static string? Peer(Ikev2Keyring ring, string? identity, string address, bool local = true) =>
        KeyringChoice.TryFind(ring, identity is null ? null : Identity(identity), IpAddress.Parse(address), local, out Ikev2KeyringPeer? peer, out _) ? peer.Name : null;

    private static IkeConfig Config(params Ikev2Profile[] profiles) => new() { Profiles = [.. profiles] };

    private static Ikev2Profile Profile(string name, params string[] rules) => new() { Name = name, MatchRemote = [.. rules.Select(RuleOf)] };

    private static Ikev2KeyringPeer Key(string name, string? address = null, string? identity = null) => new()
    {
        Name = name,
        Address = address is null ? null : IpPrefix.Parse(address),
        Identity = identity is null ? null : RuleOf(identity),
        LocalKey = "secret1",
        RemoteKey = "secret2",
    };

    private static IdentityMatch RuleOf(string text) => text.Split(':', 2) is [string kind, string value] ? Rule(kind, value) : Rule(text, "");

    private static IdentityMatch Rule(string kind, string text) => kind switch
    {
        "fqdn" => new(IdentityMatchKind.Fqdn, text),
        "fqdn domain" => new(IdentityMatchKind.FqdnDomain, text),
        "email" => new(IdentityMatchKind.Email, text),
        "email domain" => new(IdentityMatchKind.EmailDomain, text),
        "key-id" => new(IdentityMatchKind.KeyId, text),
        "address" => new(IdentityMatchKind.Address, "", IpPrefix.Parse(text)),
        "dn" => new(IdentityMatchKind.Dn, text),
        _ => new(IdentityMatchKind.Any, ""),
    };

    private static IkeIdentity Identity(string text)
    {
        string[] parts = text.Split(':', 2);
        return parts[0] switch
        {
            "fqdn" => IkeIdentity.Fqdn(parts[1]),
            "email" => IkeIdentity.Email(parts[1]),
            "key" => IkeIdentity.KeyId(parts[1]),
            "dn" => new IkeIdentity(IkeIdType.Dn, DistinguishedName.TryParse(parts[1], out byte[] der) ? der : []),
            _ => IkeIdentity.Of(IpAddress.Parse(parts[1])),
        };
    }
}
