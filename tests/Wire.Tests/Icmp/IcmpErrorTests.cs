using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Icmp;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Tests.Icmp;

public sealed class IcmpErrorTests
{
    [Theory]
    [InlineData(IcmpErrorKind.PacketTooBig, 3, 4, 1400)]
    [InlineData(IcmpErrorKind.TimeExceeded, 11, 0, 0)]
    [InlineData(IcmpErrorKind.NoRoute, 3, 0, 0)]
    [InlineData(IcmpErrorKind.AddressUnreachable, 3, 1, 0)]
    [InlineData(IcmpErrorKind.Prohibited, 3, 13, 0)]
    public void Ipv4Error_AboutALongPacket_QuotesWhat576BytesHold(IcmpErrorKind kind, byte type, byte code, int mtu)
    {
        byte[] offending = Packet4(Views.A4, Views.B4, 1500);
        byte[] error = Write(kind, offending, IpAddress.Parse("10.0.0.9"), 1400);
        Assert.Equal(576, error.Length);
        Assert.True(Ipv4View.TryParse(error, out Ipv4View ip, out _));
        Assert.True(ip.IsHeaderChecksumValid && InternetChecksum.IsValid(ip.Payload));
        Assert.Equal((IpProtocol.Icmp, "10.0.0.9", Views.A4, 0xC0), (ip.Protocol, ip.Source.ToString(), ip.Destination, ip.TrafficClass));
        Assert.Equal((type, code, (uint)mtu), (ip.Payload[0], ip.Payload[1], BinaryPrimitives.ReadUInt32BigEndian(ip.Payload[4..])));
        Assert.Equal(offending[..548], ip.Payload[8..].ToArray());
    }

    [Theory]
    [InlineData(IcmpErrorKind.PacketTooBig, 2, 0, 1400)]
    [InlineData(IcmpErrorKind.TimeExceeded, 3, 0, 0)]
    [InlineData(IcmpErrorKind.NoRoute, 1, 0, 0)]
    [InlineData(IcmpErrorKind.AddressUnreachable, 1, 3, 0)]
    [InlineData(IcmpErrorKind.Prohibited, 1, 1, 0)]
    public void Ipv6Error_AboutALongPacket_QuotesWhatTheMinimumMtuHolds(IcmpErrorKind kind, byte type, byte code, int mtu)
    {
        byte[] offending = Packet6(Views.A6, Views.B6, 1500);
        byte[] error = Write(kind, offending, IpAddress.Parse("fe80::9"), 1400);
        Assert.Equal(1280, error.Length);
        Assert.True(Ipv6View.TryParse(error, out Ipv6View ip, out _));
        Assert.Equal(0, InternetChecksum.Fold(
            InternetChecksum.Sum(ip.Payload) + InternetChecksum.PseudoHeaderSum(ip.Source, ip.Destination, 58, ip.Payload.Length)));
        Assert.Equal((type, code, (uint)mtu), (ip.Payload[0], ip.Payload[1], BinaryPrimitives.ReadUInt32BigEndian(ip.Payload[4..])));
        Assert.Equal(offending[..1232], ip.Payload[8..].ToArray());
    }

    [Fact]
    public void ShortPacket_AtFault_IsQuotedWhole() => Assert.Equal(20 + 8 + 60, Write(IcmpErrorKind.NoRoute, Packet4(Views.A4, Views.B4, 60), Views.B4).Length);

    [Fact]
    public void Ipv6Mtu_BelowTheMinimum_IsRaised() =>
        Assert.Equal(1280u, BinaryPrimitives.ReadUInt32BigEndian(Write(IcmpErrorKind.PacketTooBig, Packet6(Views.A6, Views.B6, 1300), Views.B6, 600).AsSpan(44)));

    [Theory]
    [InlineData("0.0.0.0", "192.0.2.1")]
    [InlineData("224.0.0.5", "192.0.2.1")]
    [InlineData("255.255.255.255", "192.0.2.1")]
    [InlineData("240.0.0.1", "192.0.2.1")]
    [InlineData("127.0.0.1", "192.0.2.1")]
    [InlineData("192.0.2.1", "224.0.0.10")]
    [InlineData("192.0.2.1", "255.255.255.255")]
    public void Ipv4Packet_ThatMayNotBeReported_IsNot(string from, string to) =>
        Assert.Empty(Write(IcmpErrorKind.PacketTooBig, Packet4(IpAddress.Parse(from), IpAddress.Parse(to), 60), Views.B4));

    [Fact]
    public void Ipv6Multicast_IsReportedOnlyAsTooBig()
    {
        byte[] packet = Packet6(Views.A6, IpAddress.Parse("ff0e::1"), 1500);
        Assert.Empty(Write(IcmpErrorKind.NoRoute, packet, Views.B6));
        Assert.NotEmpty(Write(IcmpErrorKind.PacketTooBig, packet, Views.B6));
        Assert.Empty(Write(IcmpErrorKind.PacketTooBig, Packet6(IpAddress.None, Views.B6, 1500), Views.B6));
    }

    [Fact]
    public void Fragment_ThatIsNotTheFirst_IsNotReported()
    {
        byte[] packet = Packet4(Views.A4, Views.B4, 100);
        packet[7] = 1;
        Assert.Empty(Write(IcmpErrorKind.PacketTooBig, packet, Views.B4));
        packet[7] = 0;
        packet[6] = 0x20;
        Assert.NotEmpty(Write(IcmpErrorKind.PacketTooBig, packet, Views.B4));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(0, true)]
    [InlineData(3, false)]
    [InlineData(5, false)]
    [InlineData(11, false)]
    [InlineData(12, false)]
    public void IcmpMessage_IsReportedUnlessItIsAnError(byte type, bool reported)
    {
        byte[] packet = Packet4(Views.A4, Views.B4, 100);
        (packet[9], packet[20]) = ((byte)IpProtocol.Icmp, type);
        Assert.Equal(reported, Write(IcmpErrorKind.TimeExceeded, packet, Views.B4).Length > 0);
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(135, true)]
    [InlineData(1, false)]
    [InlineData(127, false)]
    [InlineData(137, false)]
    public void Icmpv6Message_IsReportedUnlessItIsAnErrorOrRedirect(byte type, bool reported)
    {
        byte[] packet = Packet6(Views.A6, Views.B6, 100);
        (packet[6], packet[40]) = ((byte)IpProtocol.Icmpv6, type);
        Assert.Equal(reported, Write(IcmpErrorKind.TimeExceeded, packet, Views.B6).Length > 0);
    }

    [Fact]
    public void Bytes_ThatAreNoPacket_OrOfTheOtherFamily_AreNotReported()
    {
        Assert.Empty(Write(IcmpErrorKind.NoRoute, [0x45, 0], Views.B4));
        Assert.Empty(Write(IcmpErrorKind.NoRoute, Packet4(Views.A4, Views.B4, 60), Views.B6));
    }

    private static byte[] Write(IcmpErrorKind kind, byte[] offending, IpAddress source, int mtu = 0)
    {
        byte[] to = new byte[IcmpError.MaximumLength];
        Array.Fill(to, (byte)0xA5);
        return to[..IcmpError.Write(to, kind, offending, source, mtu)];
    }

    private static byte[] Packet4(IpAddress source, IpAddress destination, int length)
    {
        byte[] packet = new byte[length];
        packet.AsSpan().Fill(0x5A);
        new Ipv4Header(0, 64, IpProtocol.Udp, source, destination).Write(packet);
        return packet;
    }

    private static byte[] Packet6(IpAddress source, IpAddress destination, int length)
    {
        byte[] packet = new byte[length];
        packet.AsSpan().Fill(0x5A);
        new Ipv6Header(0, 64, IpProtocol.Udp, source, destination).Write(packet);
        return packet;
    }
}
