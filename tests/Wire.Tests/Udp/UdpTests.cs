using CsCheck;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Wire.Tests.Udp;

public sealed class UdpTests
{
    [Fact]
    public void Header_WithoutChecksum_IsTheseBytes()
    {
        byte[] datagram = [0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xFF];
        new UdpHeader(4500, 500).Write(datagram);
        Assert.Equal("119401f400090000ff", Convert.ToHexStringLower(datagram));
        Assert.True(UdpView.TryParse(datagram, out UdpView udp, out _));
        Assert.Equal((4500, 500, 1), (udp.SourcePort, udp.DestinationPort, udp.Payload.Length));
        Assert.True(UdpHeader.IsChecksumValid(udp, Views.A4, Views.B4));
        Assert.False(UdpHeader.IsChecksumValid(udp, Views.A6, Views.B6));
    }

    [Fact]
    public void Datagram_WithChecksum_IsValidAndNotWhenChanged() => Gen.Select(Gen.Bool, Gen.Byte.Array[0, 60], Gen.Int[0, 1000]).Sample((six, payload, place) =>
    {
        byte[] datagram = [.. new byte[8], .. payload];
        var (a, b) = six ? (Views.A6, Views.B6) : (Views.A4, Views.B4);
        new UdpHeader(1, 2).Write(datagram, a, b);
        Assert.True(UdpView.TryParse(datagram, out UdpView udp, out _));
        Assert.NotEqual(0, udp.Checksum);
        Assert.True(UdpHeader.IsChecksumValid(udp, a, b));
        int at = place % datagram.Length is var index && index is 4 or 5 or 6 or 7 ? 0 : place % datagram.Length;
        datagram[at] ^= 0x40;
        Assert.False(UdpHeader.IsChecksumValid(udp, a, b));
    });

    [Fact]
    public void Checksum_ThatComesOutAsZero_IsSentAsItsOtherForm()
    {
        byte[] datagram = new byte[10];
        new UdpHeader(1, 2).Write(datagram, Views.A6, Views.B6);
        (datagram[8], datagram[9]) = (datagram[6], datagram[7]);
        new UdpHeader(1, 2).Write(datagram, Views.A6, Views.B6);
        Assert.Equal([0xFF, 0xFF], datagram[6..8]);
        Assert.True(UdpView.TryParse(datagram, out UdpView udp, out _));
        Assert.True(UdpHeader.IsChecksumValid(udp, Views.A6, Views.B6));
    }

    [Theory]
    [InlineData("0001000200070000", Malformed.LengthTooSmall)]
    [InlineData("0001000200090000", Malformed.LengthTooLarge)]
    [InlineData("00010002000800", Malformed.Truncated)]
    public void Datagram_WithAnImpossibleLength_IsRefusedByName(string bytes, Malformed expected)
    {
        Assert.False(UdpView.TryParse(Convert.FromHexString(bytes), out _, out Malformed why));
        Assert.Equal(expected, why);
    }
}
