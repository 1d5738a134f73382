using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>What a credential is good for: a ticket where it was given, a key for the peer whose entry has it.</summary>
public sealed class CredentialScopeTests
{
    private static readonly ProtectionId Guests = new(2);

    public static TheoryData<string> Changes => ["key", "entry", "profile", "IPsec profile", "method", "address"];

    [Fact]
    public void TicketOfAGuest_MembersHaveASourceAtTheSameAddress_ResumesAmongTheGuests()
    {
        Node? hub = null;
        var net = new Net();
        // The caller asks for the guests' identity, and names itself as a member would.
        net.Rewrite = packet => packet is { Exchange: IkeExchangeType.Auth, IsResponse: false } && packet.To == hub
            ? net.Text.Rewrite(packet.Bytes, static payloads => [.. payloads, new RawPayload(IkePayloadType.IdResponder, [2, 0, 0, 0, .. "guests.example.org"u8])]) : packet.Bytes;
        hub = net.Add("H", "192.0.2.9", TwoSources());
        Node guest = net.Add("A", "192.0.2.1", Configs.SharedKey("a", "what-guests-know") with { CookieChallenge = null });
        AddGuests(hub);
        guest.Want(hub);
        net.Run(60);
        Assert.Equal(Guests, Assert.Single(hub.Live).Install.Protection);
        Assert.True(guest.IkeSas[0].HasTicket);
        // From here on nobody asks for anything: the ticket alone says what it is for.
        net.Rewrite = static packet => packet.Bytes;
        hub.Crash();
        AddGuests(hub);
        guest.SendTo(guest.Peer);
        net.Run(10);
        Assert.Equal(1, hub.Engine.Statistics.Resumed);
        Assert.Equal(Guests, Assert.Single(hub.Live).Install.Protection);
        Assert.Equal("guests.example.org", Assert.Single(hub.IkeSas).LocalId!.ToString());
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void TicketGivenBeforeAChange_IsWorthNothing(string change)
    {
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h")), spoke = net.Add("A", "192.0.2.1", Configs.SharedKey("a"));
        spoke.Want(hub);
        net.Run(60);
        Assert.True(spoke.IkeSas[0].HasTicket);
        IkeConfig config = hub.Config;
        Ikev2KeyringPeer any = config.Keyrings[0].Peers[0];
        hub.Crash();
        hub.Configure(change switch
        {
            "key" => config with { Keyrings = [config.Keyrings[0] with { Peers = [any with { RemoteKey = "another" }] }] },
            "entry" => config with { Keyrings = [config.Keyrings[0] with { Peers = [any, any with { Name = "A", Address = IpPrefix.Parse("192.0.2.1/32") }] }] },
            "profile" => config.With(static (Ikev2Profile p) => p with { Name = "PR2" }).With(static (IpsecProfile p) => p with { Ikev2Profile = "PR2" }),
            "IPsec profile" => config with { IpsecProfiles = [config.IpsecProfiles[0] with { Name = "P3" }] },
            "method" => config.With(static (Ikev2Profile p) => p with { RemoteAuthentication = [IkeAuthentication.Certificate] }),
            _ => config,
        });
        if (change == "IPsec profile") hub.Call((engine, now, outbox) => engine.OnProtectionChanged(new ProtectionFacts { Id = Node.Source, Local = hub.Address, Profile = "P3" }, now, outbox));
        if (change == "address")
        {
            hub.MoveTo("192.0.2.10");
            net.AddAlias(IpAddress.Parse("192.0.2.9"), hub);
            net.Rewrite = packet =>
            {
                // What went to the old address arrives at the new one.
                if (packet.To == hub) net.At(net.Now, () => hub.Receive(packet.ReceiverPath with { Local = packet.ReceiverPath.Local with { Address = hub.Address } }, packet.Bytes));
                return packet.Bytes;
            };
        }
        spoke.SendTo(spoke.Peer);
        net.Run(change == "address" ? 60 : 10);
        Assert.Contains(net.Trace, static line => line.Contains("RESUME request", StringComparison.Ordinal));
        Assert.Equal(0, hub.Engine.Statistics.Resumed);
        Assert.Equal(0, spoke.Engine.Statistics.Resumed);
    }

    [Fact]
    public void GatewayWhoseKeyIsAnotherNow_IsNotCalledByItsTicket()
    {
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h")), spoke = net.Add("A", "192.0.2.1", Configs.SharedKey("a"));
        spoke.Want(hub);
        net.Run(60);
        net.Unplug(hub);
        spoke.SendTo(spoke.Peer);
        net.Run(120);
        Assert.Contains("down h.example.org DeadPeer", spoke.Events);
        spoke.Configure(Configs.SharedKey("a", "another"));
        hub.Crash();
        net.Plug(hub);
        net.TakeTrace();
        net.Run(60);
        Assert.Equal((0, 0), (hub.Engine.Statistics.Resumed, spoke.Engine.Statistics.Resumed));
        Assert.Empty(hub.Live);
        Assert.Empty(spoke.Live);
    }

    [Fact]
    public void PeerWithAKeyOfItsOwn_NamesItselfAsAnother_IsAnotherAssociationAndTouchesNothing()
    {
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", KeyForEach());
        Node spoke = net.Add("S", "192.0.2.1", Configs.SharedKey("s", "key-of-s")), liar = net.Add("M", "192.0.2.66", Configs.SharedKey("s", "key-of-m"));
        spoke.Want(hub);
        net.Run(2);
        DataPeer honest = hub.Peer;
        Assert.Equal("keyring K peer S", honest.Identity.KeyEntry);
        liar.Want(hub);
        net.Run(2);
        Assert.Equal(["up s.example.org", "up s.example.org"], hub.Events);
        Assert.Equal(2, hub.Peers.Count);
        DataPeer other = Assert.Single(hub.Peers.Values, peer => peer != honest);
        Assert.Equal("keyring K peer M", other.Identity.KeyEntry);
        Assert.Equal(("192.0.2.1", "192.0.2.66"), (honest.Nbma.Address.ToString(), other.Nbma.Address.ToString()));
        Assert.Contains(hub.Log.Lines, static line => line.Contains("keyring K peer M", StringComparison.Ordinal) && line.Contains("keyring K peer S", StringComparison.Ordinal));
        // The honest one's SAs carry packets both ways, and the liar going away changes nothing.
        int received = spoke.Received;
        Assert.True(hub.SendTo(honest));
        net.Run(1);
        Assert.Equal(received + 1, spoke.Received);
        liar.Call(static (engine, now, outbox) => engine.ClearAll(now, outbox));
        net.Run(2);
        Assert.Contains(honest, hub.Peers.Values);
        Assert.DoesNotContain(spoke.Events, static line => line.StartsWith("down", StringComparison.Ordinal));
    }

    [Fact]
    public void PeerWithTheSameKeyFromAnotherAddress_IsTheSameAssociation()
    {
        var net = new Net();
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h"));
        Node before = net.Add("S", "192.0.2.1", Configs.SharedKey("s")), after = net.Add("S2", "192.0.2.2", Configs.SharedKey("s"));
        before.Want(hub);
        net.Run(2);
        int association = hub.Peer.Nbma.Association;
        net.Unplug(before);
        after.Want(hub);
        net.Run(2);
        Assert.Equal(association, hub.Peer.Nbma.Association);
        Assert.Equal(after.Address, hub.Peer.Nbma.Address);
    }

    [Fact]
    public void NameOfAnEntry_OfKeyringAndProfile_IsNeverTheSame()
    {
        var profile = new Ikev2Profile { Name = "K peer S", RemoteKey = "k" };
        var keyring = new Ikev2Keyring { Name = "K" };
        var entry = new Ikev2KeyringPeer { Name = "S" };
        Assert.NotEqual(IkeCredentials.NameOf(profile, keyring, entry), IkeCredentials.NameOf(profile with { RemoteKey = null }, keyring, entry));
    }

    private static void AddGuests(Node hub) =>
        hub.Call((engine, now, outbox) => engine.OnProtectionChanged(new ProtectionFacts { Id = Guests, Local = hub.Address, Profile = "G" }, now, outbox));

    private static IkeConfig KeyForEach()
    {
        IkeConfig config = Configs.SharedKey("h");
        static Ikev2KeyringPeer Entry(string name, string address, string key) => new() { Name = name, Address = IpPrefix.Parse($"{address}/32"), LocalKey = key, RemoteKey = key };
        return config with { Keyrings = [new Ikev2Keyring { Name = "K", Peers = [Entry("S", "192.0.2.1", "key-of-s"), Entry("M", "192.0.2.66", "key-of-m")] }] };
    }

    /// <summary>Members with keys of their own, and guests who have one key and any name.</summary>
    private static IkeConfig TwoSources()
    {
        IkeConfig members = Configs.SharedKey("h", "what-members-know");
        Ikev2KeyringPeer any = members.Keyrings[0].Peers[0];
        return members with
        {
            Keyrings = [.. members.Keyrings, new Ikev2Keyring { Name = "KG", Peers = [any with { LocalKey = "what-guests-know", RemoteKey = "what-guests-know" }] }],
            Profiles =
            [
                .. members.Profiles,
                members.Profiles[0] with { Name = "GP", MatchRemote = [new IdentityMatch(IdentityMatchKind.Any, "")], LocalIdentity = IkeIdentity.Fqdn("guests.example.org"), Keyring = "KG" },
            ],
            IpsecProfiles = [.. members.IpsecProfiles, members.IpsecProfiles[0] with { Name = "G", Ikev2Profile = "GP" }],
        };
    }
}
