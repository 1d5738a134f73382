using System.Buffers.Binary;
using CsCheck;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Tcp;

namespace Dmvpn.Wire.Tests.Tcp;

public sealed class TcpMssTests
{
    [Fact]
    public void Syn_OfAnyShape_IsClampedWithItsChecksumRight() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 9], Gen.UShort, Gen.UShort, Gen.Byte.Array[0, 40]).Sample((six, nops, offered, maximum, data) =>
        {
            byte[] packet = Syn(six, nops, offered, data);
            Assert.Equal(offered > maximum, TcpMss.Clamp(packet, maximum));
            Assert.True(IpView.TryParse(packet, out IpView ip, out _));
            Assert.Equal(Math.Min(offered, maximum), BinaryPrimitives.ReadUInt16BigEndian(ip.Payload[(20 + nops + 2)..]));
            Assert.True(IsChecksumValid(ip));
        });

    [Fact]
    public void Packet_ThatIsNoSyn_IsLeftAlone()
    {
        byte[] packet = Syn(false, 0, 1460, []);
        packet[20 + 13] = 0x10;
        AssertUntouched(packet);
        packet[20 + 13] = 0x12;
        packet[9] = (byte)IpProtocol.Udp;
        AssertUntouched(packet);
        packet[9] = (byte)IpProtocol.Tcp;
        packet[7] = 1; // a later fragment: these are not TCP's first bytes
        AssertUntouched(packet);
        packet[7] = 0;
        Assert.True(TcpMss.Clamp(packet, 1360));
    }

    [Theory]
    [InlineData("02")] // kind without length
    [InlineData("0200")] // length 0 would never end
    [InlineData("0201")]
    [InlineData("0305")] // runs past the header
    [InlineData("0000000002")] // behind the end of options
    [InlineData("0203ff00")] // an MSS of the wrong length
    public void Options_ThatDoNotDecode_AreLeftAlone(string options)
    {
        byte[] segment = new byte[24];
        Convert.FromHexString(options).AsSpan(0, Math.Min(4, options.Length / 2)).CopyTo(segment.AsSpan(20));
        if (options.Length == 2) (segment[20], segment[21], segment[22], segment[23]) = (1, 1, 1, 2);
        (segment[12], segment[13]) = (6 << 4, 2);
        byte[] before = (byte[])segment.Clone();
        Assert.False(TcpMss.ClampSegment(segment, 100));
        Assert.Equal(before, segment);
    }

    [Fact]
    public void Segment_OfRandomBytes_NeverThrows() => Gen.Byte.Array[0, 80].Sample(bytes =>
    {
        if (bytes.Length > 13) bytes[13] |= 2;
        TcpMss.ClampSegment(bytes, 1);
        TcpMss.Clamp(bytes, 1);
    });

    private static void AssertUntouched(byte[] packet)
    {
        byte[] before = (byte[])packet.Clone();
        Assert.False(TcpMss.Clamp(packet, 1360));
        Assert.Equal(before, packet);
    }

    private static byte[] Syn(bool six, int nops, ushort mss, byte[] data)
    {
        int ip = six ? 40 : 20, header = 20 + nops + 4 + 3 & ~3;
        byte[] packet = new byte[ip + header + data.Length];
        Span<byte> tcp = packet.AsSpan(ip);
        (tcp[12], tcp[13]) = ((byte)(header / 4 << 4), 2);
        tcp.Slice(20, nops).Fill(1);
        (tcp[20 + nops], tcp[20 + nops + 1]) = (2, 4);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[(20 + nops + 2)..], mss);
        data.CopyTo(tcp[header..]);
        if (six) new Ipv6Header(0, 64, IpProtocol.Tcp, Views.A6, Views.B6).Write(packet);
        else new Ipv4Header(0, 64, IpProtocol.Tcp, Views.A4, Views.B4).Write(packet);
        Assert.True(IpView.TryParse(packet, out IpView view, out _));
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], InternetChecksum.Fold(Sum(view)));
        return packet;
    }

    private static bool IsChecksumValid(IpView ip) => InternetChecksum.Fold(Sum(ip)) == 0;

    private static ulong Sum(IpView ip) =>
        InternetChecksum.Sum(ip.Payload) + InternetChecksum.PseudoHeaderSum(ip.Source, ip.Destination, (byte)ip.Protocol, ip.Payload.Length);
}
