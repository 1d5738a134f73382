using Dmvpn.Wire.Gre;

namespace Dmvpn.Wire.Tests.Gre;

public sealed class GreTests
{
    /// <summary>Bytes and value, both ways. The checksums were summed by hand: the words' one's complement.</summary>
    public static TheoryData<string, GreHeader, string> Golden => new()
    {
        { "00000800", new(GreProtocol.Ipv4), "45" },
        { "2000200100000002", new(GreProtocol.Nhrp, Key: 2), "0001" },
        { "200086dd00000000", new(GreProtocol.Ipv6, Key: 0), "60" },
        { "1000080000000009", new(GreProtocol.Ipv4, Sequence: 9), "" },
        { "80000800" + "77fe0000", new(GreProtocol.Ipv4, Checksum: true), "0001" },
        { "80000800" + "76ff0000", new(GreProtocol.Ipv4, Checksum: true), "01" },
        { "b0002001" + "2fe40000" + "00000007" + "00000008", new(GreProtocol.Nhrp, 7, 8, true), "000b" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Header_Written_IsTheseBytes(string header, GreHeader value, string payload)
    {
        byte[] expected = Convert.FromHexString(header + payload);
        byte[] packet = new byte[expected.Length];
        Array.Fill(packet, (byte)0xA5);
        Convert.FromHexString(payload).CopyTo(packet, value.Length);
        value.Write(packet);
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(packet));
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void Bytes_Read_AreThisHeader(string header, GreHeader value, string payload)
    {
        byte[] packet = Convert.FromHexString(header + payload);
        Assert.True(GreView.TryParse(packet, out GreView view, out Malformed why), why.ToString());
        Assert.Equal(value, view.Header);
        Assert.Equal(value.Length, view.HeaderLength);
        Assert.Equal(payload, Convert.ToHexStringLower(view.Payload));
        for (int length = 0; length < value.Length; length++)
        {
            Assert.False(GreView.TryParse(packet.AsSpan(0, length), out _, out why));
            Assert.Equal(Malformed.Truncated, why);
        }
    }

    [Theory]
    [InlineData("4000080000000000", Malformed.GreRouting)] // RFC 1701 routing
    [InlineData("08000800", Malformed.ReservedBits)] // RFC 1701 strict source route
    [InlineData("04000800", Malformed.ReservedBits)] // bit 5
    [InlineData("3001880b0000000000000000", Malformed.UnknownVersion)] // PPTP
    [InlineData("80000800" + "77ff0000" + "0001", Malformed.BadChecksum)]
    public void Packet_ThatRfc2784TellsToDiscard_IsRefused(string bytes, Malformed expected)
    {
        Assert.False(GreView.TryParse(Convert.FromHexString(bytes), out _, out Malformed why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void ReservedBits_SixToTwelve_AreIgnored()
    {
        Assert.True(GreView.TryParse(Convert.FromHexString("03f80800"), out GreView view, out _));
        Assert.Equal(new GreHeader(GreProtocol.Ipv4), view.Header);
    }
}
