using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Session tickets by value (RFC 5723 6).</summary>
public sealed class TicketTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private readonly SecretBytes _secret = new(KeyScheduleTests.Bytes(32, 1));
    private readonly TicketSeal _seal;

    public TicketTests() => _seal = new TicketSeal(_secret, new SeededRandom(1));

    public void Dispose() => _secret.Dispose();

    [Fact]
    public void Ticket_OpensToWhatWasSealed_AlsoByANewProcess()
    {
        using SessionTicket ticket = Ticket();
        byte[] octets = Seal(ticket);
        using SessionTicket opened = Open(new TicketSeal(_secret, new SeededRandom(99)), octets, Noon);
        Assert.Equal((ticket.Suite, ticket.Client, ticket.Gateway, ticket.ClientMethod), (opened.Suite, opened.Client, opened.Gateway, opened.ClientMethod));
        Assert.Equal((ticket.Rights, ticket.NotAfter, ticket.Issued, ticket.Lifetime), (opened.Rights, opened.NotAfter, opened.Issued, opened.Lifetime));
        Assert.True(opened.SkD.FixedTimeEquals(ticket.SkD.Span));
        Assert.Equal(ticket.Credential, opened.Credential);
        Assert.Equal("ticket of spoke9.example", opened.ToString());
    }

    [Fact]
    public void Ticket_TellsNothing_AndTwoOfTheSame_HaveNothingInCommon()
    {
        using SessionTicket ticket = Ticket();
        byte[] a = Seal(ticket), b = Seal(ticket);
        Assert.Equal(-1, a.AsSpan().IndexOf("spoke9"u8));
        Assert.Equal(-1, a.AsSpan().IndexOf(ticket.SkD.Span[..8]));
        // After version, key id and salt: other keys, other octets.
        Assert.True(a.Zip(b).Skip(21).Count(pair => pair.First == pair.Second) < a.Length / 16);
    }

    [Fact]
    public void Ticket_ChangedInAnyOctet_CutOrLonger_DoesNotOpen()
    {
        using SessionTicket ticket = Ticket();
        byte[] octets = Seal(ticket);
        for (int i = 0; i < octets.Length; i++)
        {
            byte[] changed = [.. octets];
            changed[i] ^= 0x10;
            Assert.False(_seal.TryOpen(changed, Noon, out _), $"octet {i}");
            Assert.False(_seal.TryOpen(octets.AsSpan(0, i), Noon, out _), $"length {i}");
        }
        Assert.False(_seal.TryOpen([.. octets, 0], Noon, out _));
        Assert.False(_seal.TryOpen(new byte[5000], Noon, out _));
        Assert.True(_seal.TryOpen(octets, Noon, out SessionTicket? opened));
        opened.Dispose();
    }

    [Fact]
    public void Ticket_OfAnotherRouterOrSecret_DoesNotOpen()
    {
        using SessionTicket ticket = Ticket();
        using var secret = new SecretBytes(KeyScheduleTests.Bytes(32, 2));
        Assert.False(new TicketSeal(secret, new SeededRandom(1)).TryOpen(Seal(ticket), Noon, out _));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(3599, true)]
    [InlineData(3600, false)]
    [InlineData(1_000_000, false)]
    [InlineData(-200, true)]
    [InlineData(-301, false)]
    public void Ticket_IsGoodForItsLifetimeByTheClockOnTheWall(int seconds, bool good)
    {
        using SessionTicket ticket = Ticket();
        bool opened = _seal.TryOpen(Seal(ticket), Noon.AddSeconds(seconds), out SessionTicket? found);
        found?.Dispose();
        Assert.Equal(good, opened);
    }

    [Fact]
    public void Ticket_DoesNotOutliveTheCertificate()
    {
        using SessionTicket ticket = Ticket(notAfter: Noon.AddMinutes(10));
        byte[] octets = Seal(ticket);
        Assert.True(_seal.TryOpen(octets, Noon.AddMinutes(9), out SessionTicket? opened));
        opened.Dispose();
        Assert.False(_seal.TryOpen(octets, Noon.AddMinutes(10), out _));
    }

    [Fact]
    public void Ticket_ThatWasUsed_IsNotGoodAgain_OnlyPresentedOne_Is()
    {
        using SessionTicket ticket = Ticket();
        byte[] octets = Seal(ticket), another = Seal(ticket);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(_seal.TryOpen(octets, Noon, out SessionTicket? opened));
            opened.Dispose();
        }
        _seal.MarkUsed(octets);
        Assert.False(_seal.TryOpen(octets, Noon, out _));
        Assert.True(_seal.TryOpen(another, Noon, out SessionTicket? other));
        other.Dispose();
        _seal.MarkUsed([1, 2, 3]);
    }

    [Fact]
    public void UsedTickets_MemoryIsBounded_AndTheLastOnesAreRemembered()
    {
        using SessionTicket ticket = Ticket();
        byte[] early = Seal(ticket), middle = Seal(ticket), late = Seal(ticket), other = [.. early];
        _seal.MarkUsed(early);
        for (int i = 0; i < 40_000; i++)
        {
            BitConverter.TryWriteBytes(other.AsSpan(5), i);
            _seal.MarkUsed(other);
            if (i == 25_000) _seal.MarkUsed(middle);
            if (i == 39_990) _seal.MarkUsed(late);
        }
        Assert.False(_seal.TryOpen(late, Noon, out _));
        Assert.False(_seal.TryOpen(middle, Noon, out _));
        Assert.True(_seal.TryOpen(early, Noon, out SessionTicket? opened));
        opened.Dispose();
    }

    [Fact]
    public void Ticket_OfAVeryLongName_IsNotMade()
    {
        using SessionTicket longName = Ticket(client: IkeIdentity.Fqdn(new string('x', 1100)));
        Assert.False(_seal.TrySeal(longName, out _));
        ValueList<IpPrefix> hosts = [.. Enumerable.Range(0, 160).Select(i => IpPrefix.Host(IpAddress.FromIPv4((uint)i)))];
        using SessionTicket manyAddresses = Ticket(rights: Rights with { TunnelAddresses = hosts }), manyNetworks = Ticket(rights: Rights with { Networks = hosts });
        Assert.False(_seal.TrySeal(manyAddresses, out _) || _seal.TrySeal(manyNetworks, out _));
        using SessionTicket fair = Ticket(client: IkeIdentity.Fqdn(new string('x', 500)));
        Assert.True(_seal.TrySeal(fair, out byte[] octets) && octets.Length <= TicketSeal.MaximumLength);
    }

    [Fact]
    public void Credential_TellsKeysApartWithoutTellingThem()
    {
        Assert.Equal(_seal.CredentialOf("a", "key1"u8), _seal.CredentialOf("a", "key1"u8));
        Assert.NotEqual(_seal.CredentialOf("a", "key1"u8), _seal.CredentialOf("a", "key2"u8));
        Assert.NotEqual(_seal.CredentialOf("a", "key1"u8), _seal.CredentialOf("b", "key1"u8));
        Assert.NotEqual(_seal.CredentialOf("ak", "ey1"u8), _seal.CredentialOf("a", "key1"u8));
        using var secret = new SecretBytes(KeyScheduleTests.Bytes(32, 2));
        Assert.NotEqual(_seal.CredentialOf("a", "key1"u8), new TicketSeal(secret, new SeededRandom(1)).CredentialOf("a", "key1"u8));
    }

    [Theory]
    [InlineData(SiteRole.Unsaid, null)]
    [InlineData(SiteRole.Spoke, 0)]
    [InlineData(SiteRole.Hub, 2)]
    public void Ticket_HoldsRoleAndNetworksOfTheCertificate(SiteRole role, int? networks)
    {
        ValueList<IpPrefix> two = [IpPrefix.Parse("10.1.0.0/16"), IpPrefix.Parse("2001:db8:1::/48")];
        var rights = new SiteRights(Rights.TunnelAddresses, role, networks is null ? null : networks == 0 ? [] : two);
        using SessionTicket ticket = Ticket(rights: rights);
        using SessionTicket opened = Open(_seal, Seal(ticket), Noon);
        Assert.Equal(rights, opened.Rights);
    }

    private static readonly SiteRights Rights = new([IpPrefix.Parse("10.0.0.9/32"), IpPrefix.Parse("2001:db8:9::/48")], SiteRole.Spoke, [IpPrefix.Parse("10.9.0.0/16")]);

    private static SessionTicket Ticket(IkeIdentity? client = null, DateTimeOffset? notAfter = null, SiteRights? rights = null) => new()
    {
        Suite = new IkeSuite(EncryptionId.AesGcm16, 256, IntegrityId.None, PrfId.HmacSha384, DhGroup.Curve25519),
        SkD = new SecretBytes(KeyScheduleTests.Bytes(48, 5)),
        Client = client ?? IkeIdentity.Fqdn("spoke9.example"),
        Gateway = IkeIdentity.Of(IpAddress.Parse("2001:db8::1")),
        ClientMethod = IkeAuthMethod.DigitalSignature,
        Rights = rights ?? Rights,
        NotAfter = notAfter ?? DateTimeOffset.MaxValue,
        Credential = KeyScheduleTests.Bytes(16, 8),
        Issued = Noon,
        Lifetime = TimeSpan.FromHours(1),
    };

    private byte[] Seal(SessionTicket ticket)
    {
        Assert.True(_seal.TrySeal(ticket, out byte[] octets));
        return octets;
    }

    private static SessionTicket Open(TicketSeal seal, byte[] octets, DateTimeOffset now)
    {
        Assert.True(seal.TryOpen(octets, now, out SessionTicket? ticket));
        return ticket;
    }
}
