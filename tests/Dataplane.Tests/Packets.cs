using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Tests;

/// <summary>Packets to test with.</summary>
internal static class Packets
{
    public static IpAddress Ip(string text) => IpAddress.Parse(text);

    public static IpPrefix Prefix(string text) => IpPrefix.Parse(text);

    /// <summary>An IP packet of either version with this payload (of nothing sensible by default).</summary>
    public static byte[] Packet(
        string source, string destination, int payload = 32, byte trafficClass = 0, bool dontFragment = false, IpProtocol protocol = IpProtocol.Udp) =>
        Packet(Ip(source), Ip(destination), Pattern(payload), trafficClass, dontFragment, protocol);

    public static byte[] Packet(
        IpAddress source, IpAddress destination, byte[] payload, byte trafficClass = 0, bool dontFragment = false, IpProtocol protocol = IpProtocol.Udp)
    {
        byte[] packet = new byte[(source.IsIPv4 ? 20 : 40) + payload.Length];
        payload.CopyTo(packet.AsSpan(packet.Length - payload.Length));
        if (source.IsIPv4) new Ipv4Header(trafficClass, 61, protocol, source, destination, 0x1234, dontFragment).Write(packet);
        else new Ipv6Header(trafficClass, 61, protocol, source, destination).Write(packet);
        return packet;
    }

    /// <summary>A TCP SYN with an MSS option and a right checksum.</summary>
    public static byte[] Syn(string source, string destination, ushort mss)
    {
        byte[] segment = new byte[24];
        segment[12] = 0x60;
        segment[13] = 0x02;
        segment[20] = 2;
        segment[21] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(22), mss);
        ulong sum = InternetChecksum.PseudoHeaderSum(Ip(source), Ip(destination), 6, segment.Length) + InternetChecksum.Sum(segment);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), InternetChecksum.Fold(sum));
        return Packet(Ip(source), Ip(destination), segment, protocol: IpProtocol.Tcp);
    }

    /// <summary>The MSS of a SYN, or -1 when its checksum is wrong.</summary>
    public static int MssOf(byte[] packet)
    {
        Assert.True(IpView.TryParse(packet, out IpView ip, out _));
        ulong sum = InternetChecksum.PseudoHeaderSum(ip.Source, ip.Destination, 6, ip.Payload.Length) + InternetChecksum.Sum(ip.Payload);
        return InternetChecksum.Fold(sum) == 0 ? BinaryPrimitives.ReadUInt16BigEndian(ip.Payload[22..]) : -1;
    }

    public static byte[] Gre(byte[] payload, uint? key = null, uint? sequence = null, bool checksum = false, GreProtocol? protocol = null)
    {
        GreProtocol type = protocol ?? (payload[0] >> 4 == 4 ? GreProtocol.Ipv4 : GreProtocol.Ipv6);
        var header = new GreHeader(type, key, sequence, checksum);
        byte[] packet = new byte[header.Length + payload.Length];
        payload.CopyTo(packet.AsSpan(header.Length));
        header.Write(packet);
        return packet;
    }

    public static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte)(i * 7 + 3);
        return bytes;
    }
}
