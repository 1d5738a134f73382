using CsCheck;

namespace Dmvpn.Core.Tests;

public sealed class IpAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.255.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("2001:db8::1")]
    [InlineData("fe80::1:2:3:4")]
    public void Text_ReadAndWritten_IsTheSame(string text) => Assert.Equal(text, IpAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2..4")]
    [InlineData("0x1.2.3.4")]
    [InlineData("1.2.3.0004")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("nonsense")]
    public void Text_ThatIsNoAddress_IsRefused(string text) => Assert.False(IpAddress.TryParse(text, out _));

    [Fact]
    public void Bytes_OfAnyAddress_ComeBack()
    {
        Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]).Sample(bytes =>
        {
            IpAddress address = IpAddress.FromBytes(bytes);
            bool mapped = bytes.Length == 16 && address.IsIPv4; // ::ffff:a.b.c.d is IPv4 to us
            return mapped || address.ToBytes().AsSpan().SequenceEqual(bytes);
        });
    }

    [Theory]
    [InlineData("10.1.2.0/24", "10.1.2.255")]
    [InlineData("0.0.0.0/0", "255.255.255.255")]
    [InlineData("10.1.2.3/32", "10.1.2.3")]
    [InlineData("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff")]
    public void Prefix_LastAddress_IsItsBroadcast(string prefix, string last) =>
        Assert.Equal(IpAddress.Parse(last), IpPrefix.Parse(prefix).Last);

    [Fact]
    public void Prefix_WithHostBits_IsRefusedUnlessAllowed()
    {
        Assert.False(IpPrefix.TryParse("10.1.2.3/24", out _));
        Assert.True(IpPrefix.TryParse("10.1.2.3/24", out IpPrefix prefix, allowHostBits: true));
        Assert.Equal("10.1.2.0/24", prefix.ToString());
        Assert.False(IpPrefix.TryParse("10.1.2.0/33", out _));
    }
}
