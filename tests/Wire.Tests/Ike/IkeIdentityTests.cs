using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

public sealed class IkeIdentityTests
{
    [Fact]
    public void Identities_OfAllKinds_HaveTheirOctetsAndText()
    {
        Assert.True(DistinguishedName.TryParse("CN=spoke1, O=Example", out byte[] dn));
        (IkeIdentity Identity, IkeIdType Type, string Text)[] all =
        [
            (IkeIdentity.Of(IpAddress.Parse("192.0.2.1")), IkeIdType.IPv4, "192.0.2.1"),
            (IkeIdentity.Of(IpAddress.Parse("2001:db8::1")), IkeIdType.IPv6, "2001:db8::1"),
            (IkeIdentity.Fqdn("hub.example"), IkeIdType.Fqdn, "hub.example"),
            (IkeIdentity.Email("Ann@example.org"), IkeIdType.Email, "Ann@example.org"),
            (IkeIdentity.KeyId("group7"), IkeIdType.KeyId, "group7"),
            (new(IkeIdType.KeyId, [0, 1, 0xFF]), IkeIdType.KeyId, "0001FF"),
            (new(IkeIdType.Dn, dn), IkeIdType.Dn, "CN=spoke1, O=Example"),
            (new(IkeIdType.Dn, [0x30, 0x05]), IkeIdType.Dn, "dn:3005"),
            (new(IkeIdType.Null, []), IkeIdType.Null, "(null)"),
            (new((IkeIdType)77, [1]), (IkeIdType)77, "01"),
        ];
        Assert.All(all, static item => Assert.Equal((item.Type, item.Text), (item.Identity.Type, item.Identity.ToString())));
        Assert.Equal(all.Length, all.Select(static item => item.Identity).Distinct().Count());
        Assert.Equal("C0000201", Convert.ToHexString(all[0].Identity.Data));
        Assert.Equal(IpAddress.None, all[2].Identity.Address);
    }

    [Fact]
    public void Equality_HoldsForTypeAndOctets()
    {
        Assert.Equal(IkeIdentity.Fqdn("a"), new IkeIdentity(IkeIdType.Fqdn, "a"u8));
        Assert.Equal(IkeIdentity.Fqdn("a").GetHashCode(), new IkeIdentity(IkeIdType.Fqdn, "a"u8).GetHashCode());
        Assert.NotEqual(IkeIdentity.Fqdn("a"), IkeIdentity.Fqdn("A"));
        Assert.NotEqual(IkeIdentity.Fqdn("a"), IkeIdentity.KeyId("a"));
    }

    [Fact]
    public void Normalized_LowersDomainsOnly()
    {
        Assert.Equal(IkeIdentity.Fqdn("hub.example"), IkeIdentity.Fqdn("Hub.EXAMPLE").Normalized());
        Assert.Equal(IkeIdentity.Email("Ann@example.org"), IkeIdentity.Email("Ann@Example.ORG").Normalized());
        Assert.Equal(IkeIdentity.Email("A@b"), IkeIdentity.Email("A@B").Normalized());
        Assert.Equal(IkeIdentity.KeyId("Key"), IkeIdentity.KeyId("Key").Normalized());
    }

    [Theory]
    [InlineData("ff", "fe")]
    [InlineData("e284aa", "6b")]
    [InlineData("c3a4", "c384")]
    public void Normalized_NamesThatDifferInMoreThanAsciiCase_StayDifferent(string one, string other)
    {
        // Octets that are no UTF-8; KELVIN SIGN and k; letters beyond ASCII, whose rules depend on a table.
        IkeIdentity a = new(IkeIdType.Fqdn, Convert.FromHexString(one)), b = new(IkeIdType.Fqdn, Convert.FromHexString(other));
        Assert.NotEqual(a.Normalized(), b.Normalized());
    }

    [Fact]
    public void Text_WithCharactersThatDriveATerminal_HasNoneOfThem()
    {
        Assert.True(DistinguishedName.TryParse("CN=\"a\nb\u001b[2J\"", out byte[] dn));
        IkeIdentity[] hostile =
        [
            IkeIdentity.Fqdn("a\r\n%CRYPTO-6: all is well\u001b[2J"), IkeIdentity.Email("a\u202Eb@c"), IkeIdentity.KeyId("\u2028x"), new(IkeIdType.Dn, dn),
            new(IkeIdType.Fqdn, [0xFF, 0x9B]),
        ];
        Assert.All(hostile, static identity => Assert.DoesNotContain(identity.ToString(), static c => char.IsControl(c) || c is '\u202E' or '\u2028' or '\uFFFD'));
    }

    [Fact]
    public void DistinguishedName_BothWays()
    {
        Assert.True(DistinguishedName.TryParse("CN=spoke1, O=Example", out byte[] der));

        // The DER begins with the most general part, as certificates do: O, then CN.
        Assert.Equal("3023", Convert.ToHexString(der)[..4]);
        Assert.True(der.AsSpan().IndexOf("Example"u8) < der.AsSpan().IndexOf("spoke1"u8));
        Assert.True(DistinguishedName.TryFormat(der, out string? text));
        Assert.Equal("CN=spoke1, O=Example", text);
        Assert.False(DistinguishedName.TryParse("no name", out _));
        for (int length = 0; length < der.Length; length++) Assert.False(DistinguishedName.TryFormat(der.AsSpan(0, length), out _));
    }

    [Fact]
    public void DistinguishedName_MutatedAtRandom_NeverThrows()
    {
        Assert.True(DistinguishedName.TryParse("CN=spoke1, OU=\"x, y\", O=Example, C=DE", out byte[] der));
        Gen.Select(Gen.Int[0, der.Length - 1], Gen.Byte).Array[1, 4].Sample(changes =>
        {
            byte[] bytes = [.. der];
            foreach ((int at, byte value) in changes) bytes[at] = value;
            _ = new IkeIdentity(IkeIdType.Dn, bytes).ToString();
        }, iter: 3000);
    }

    [Theory]
    [InlineData("01000000" + "c00002", Malformed.BadAddressLength)]
    [InlineData("01000000" + "c000020100", Malformed.BadAddressLength)]
    [InlineData("05000000" + "c0000201", Malformed.BadAddressLength)]
    [InlineData("05000000" + "00000000000000000000ffffc0000201", Malformed.MappedAddress)]
    [InlineData("020000", Malformed.Truncated)]
    public void Body_WithAnAddressThatIsNone_IsRefused(string body, Malformed expected)
    {
        Assert.False(IkeIdentityView.TryParse(Convert.FromHexString(body), out _, out Malformed why));
        Assert.Equal(expected, why);
    }
}
