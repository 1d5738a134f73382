using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Tests.Ip;

public sealed class IpTests
{
    /// <summary>A registration request's outer header as IOS sent it (NHRP_registration.pcap, frame 1).</summary>
    private const string IosHeader = "45c0008800100000ff2f9e73a9fe6401a9fe6405";

    [Fact]
    public void Ipv4Header_OfIos_IsWrittenByteForByte()
    {
        byte[] packet = new byte[136];
        Array.Fill(packet, (byte)0xA5);
        new Ipv4Header(0xC0, 255, IpProtocol.Gre, IpAddress.Parse("169.254.100.1"), IpAddress.Parse("169.254.100.5"), 0x0010).Write(packet);
        Assert.Equal(IosHeader, Convert.ToHexStringLower(packet.AsSpan(0, 20)));
        Assert.True(packet.AsSpan(20).IndexOfAnyExcept((byte)0xA5) < 0);
    }

    [Fact]
    public void Ipv4Packet_WithOptionsAndPadding_IsReadFieldByField()
    {
        byte[] packet = Convert.FromHexString("46b9001c123460b9400600000a0000010a00000201010100" + "deadbeef" + "ffff");
        Assert.True(Ipv4View.TryParse(packet, out Ipv4View ip, out _));
        Assert.Equal(24, ip.HeaderLength);
        Assert.Equal(28, ip.TotalLength);
        Assert.Equal((46, EcnCodepoint.Ect1, 0x1234, true, true, 0x00B9 * 8), (ip.Dscp, ip.Ecn, ip.Identification, ip.DontFragment, ip.MoreFragments, ip.FragmentOffset));
        Assert.True(ip.IsFragment);
        Assert.Equal((64, IpProtocol.Tcp, "10.0.0.1", "10.0.0.2"), (ip.Ttl, ip.Protocol, ip.Source.ToString(), ip.Destination.ToString()));
        Assert.Equal("01010100", Convert.ToHexStringLower(ip.Options));
        Assert.Equal("deadbeef", Convert.ToHexStringLower(ip.Payload));
        Assert.False(ip.IsHeaderChecksumValid);
    }

    [Theory]
    [InlineData("44000014", Malformed.LengthTooSmall)]
    [InlineData("45000013", Malformed.LengthTooSmall)]
    [InlineData("45000015", Malformed.LengthTooLarge)]
    [InlineData("46000018", Malformed.Truncated)]
    [InlineData("65000014", Malformed.UnknownVersion)]
    public void Ipv4Header_WithImpossibleLengths_IsRefusedByName(string start, Malformed expected)
    {
        byte[] packet = new byte[20];
        Convert.FromHexString(start).CopyTo(packet, 0);
        Assert.False(Ipv4View.TryParse(packet, out _, out Malformed why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void Ipv4Fields_ChangedInPlace_KeepTheChecksumRight() => Gen.Select(Gen.Byte, Gen.Byte, Gen.UInt, Gen.UInt).Sample((tos, ttl, a, b) =>
    {
        byte[] packet = new byte[20];
        new Ipv4Header((byte)~tos, (byte)~ttl, IpProtocol.Udp, IpAddress.FromIPv4(a), IpAddress.FromIPv4(b), 77, true).Write(packet);
        Ipv4Header.SetTrafficClass(packet, tos);
        Ipv4Header.SetTtl(packet, ttl);
        Assert.True(Ipv4View.TryParse(packet, out Ipv4View ip, out _));
        Assert.True(ip.IsHeaderChecksumValid);
        Assert.Equal((tos, ttl, (ushort)77, true), (ip.TrafficClass, ip.Ttl, ip.Identification, ip.DontFragment));
    });

    [Fact]
    public void Ipv6Header_Written_IsReadBack()
    {
        byte[] packet = new byte[47];
        Array.Fill(packet, (byte)0xA5);
        new Ipv6Header(0xB9, 61, IpProtocol.Gre, Views.A6, Views.B6, 0x12345).Write(packet);
        Assert.Equal("6b91234500072f3d" + "20010db8000000000000000000000001" + "20010db8000500000000000000000002", Convert.ToHexStringLower(packet.AsSpan(0, 40)));
        Assert.True(Ipv6View.TryParse(packet, out Ipv6View ip, out _));
        Assert.Equal((0xB9, 46, EcnCodepoint.Ect1, 0x12345u, 61), (ip.TrafficClass, ip.Dscp, ip.Ecn, ip.FlowLabel, ip.HopLimit));
        Assert.Equal((IpProtocol.Gre, 40, 7, Views.A6, Views.B6), (ip.Protocol, ip.HeaderLength, ip.Payload.Length, ip.Source, ip.Destination));
        Ipv6Header.SetTrafficClass(packet, 0x46);
        Ipv6Header.SetHopLimit(packet, 9);
        Assert.True(Ipv6View.TryParse(packet, out ip, out _));
        Assert.Equal((0x46, 9, 0x12345u), (ip.TrafficClass, ip.HopLimit, ip.FlowLabel));
    }

    [Fact]
    public void Ipv6Chain_OfSeveralHeaders_IsWalkedToTheUpperLayer()
    {
        Assert.True(Ipv6View.TryParse(Views.Ipv6(), out Ipv6View ip, out _));
        Assert.Equal((IpProtocol.HopByHop, IpProtocol.Udp, 72, 10), (ip.NextHeader, ip.Protocol, ip.HeaderLength, ip.Payload.Length));
        Assert.Equal((true, 0, true), (ip.IsFragment, ip.FragmentOffset, ip.MoreFragments));
    }

    [Fact]
    public void Ipv6Fragment_ThatIsNotTheFirst_EndsTheWalkBehindItsHeader()
    {
        byte[] packet = Views.Ipv6();
        (packet[50], packet[51]) = (0x01, 0x00);
        Assert.True(Ipv6View.TryParse(packet, out Ipv6View ip, out _));
        Assert.Equal((256, false, IpProtocol.Ah, 56), (ip.FragmentOffset, ip.MoreFragments, ip.Protocol, ip.HeaderLength));
    }

    [Fact]
    public void Ipv6Chain_ThatNeverEnds_IsRefusedAfterAFewHeaders()
    {
        byte[] packet = new byte[40 + 8 * 200];
        new Ipv6Header(0, 64, IpProtocol.DestinationOptions, Views.A6, Views.B6).Write(packet);
        for (int at = 40; at < packet.Length; at += 8) packet[at] = (byte)IpProtocol.DestinationOptions;
        Assert.False(Ipv6View.TryParse(packet, out _, out Malformed why));
        Assert.Equal(Malformed.ExtensionChainTooLong, why);
        Assert.True(Ipv6View.TryParseHeader(packet, out _, out _));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    public void Ipv6Packet_WithAnIpv4MappedAddress_IsRefused(int at)
    {
        byte[] packet = Views.Ipv6();
        Assert.True(Ipv6View.TryParse(packet, out _, out _));
        Convert.FromHexString("00000000000000000000ffff0a000001").CopyTo(packet, at);
        Assert.False(Ipv6View.TryParse(packet, out _, out Malformed why));
        Assert.Equal(Malformed.MappedAddress, why);
        Assert.False(IpView.TryParseHeader(packet, out _, out _));
    }

    [Fact]
    public void QuotedPacket_WithItsHeaderOnly_IsReadAsFarAsItGoes()
    {
        // The 28 bytes that IOS puts into a Traffic Indication, of a packet of 100.
        byte[] quoted = Convert.FromHexString("450000640005" + "0000ff01a78f0affff030affff0208" + "00325b00010000");
        Assert.False(IpView.TryParse(quoted, out _, out Malformed why));
        Assert.Equal(Malformed.LengthTooLarge, why);
        Assert.True(IpView.TryParseHeader(quoted, out IpView ip, out _));
        Assert.Equal(("10.255.255.3", "10.255.255.2", 100, 8), (ip.Source.ToString(), ip.Destination.ToString(), ip.TotalLength, ip.Payload.Length));
    }
}
