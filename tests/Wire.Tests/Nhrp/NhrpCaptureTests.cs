using System.Buffers.Binary;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Wire.Tests.Nhrp;

/// <summary>Every NHRP packet that IOS, FRR or OpenNHRP sent into one of the captures decodes, and encodes to the same bytes.</summary>
public sealed class NhrpCaptureTests
{
    [Theory]
    [InlineData("data/pcap/NHRP_registration.pcap", 4)]
    [InlineData("data/pcap/NHRP-responder-address.pcap", 2)]
    [InlineData("data/pcap/ios_nhrp.pcap", 1)]
    [InlineData("data/pcap/nhrp-trace.pcap", 4)]
    [InlineData("data/pcap/nhrp.pcapng", 25)]
    [InlineData("lab/captures/01-frr8-plain.pcap", 14)]
    public void Capture_EveryNhrpPacket_IsReproducedByteForByte(string name, int expected)
    {
        int found = 0;
        foreach (byte[] nhrp in Frames(name).Select(Nhrp).OfType<byte[]>())
        {
            found++;
            Assert.True(NhrpPacket.TryParse(nhrp, out NhrpPacket? packet, out Malformed why), $"packet {found}: {why}");
            Assert.Equal(nhrp[..BinaryPrimitives.ReadUInt16BigEndian(nhrp.AsSpan(10))], packet.Write());
            Assert.True(NhrpView.TryParse(nhrp, out NhrpView view, out _));
            Assert.NotEmpty(NhrpText.Format(view));
        }
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Capture_FuzzCrasherOfAnotherDecoder_IsRefusedByName()
    {
        // IP protocol 54 ("NHRP over IP"), from a fuzzer: version 1 but no packet that adds up.
        byte[] frame = Assert.Single(Frames("data/pcap/pb_nhrp_1.pcap"));
        Assert.False(NhrpView.TryParse(frame.AsSpan(14 + 24), out _, out Malformed why));
        Assert.NotEqual(Malformed.None, why);
    }

    private static byte[]? Nhrp(byte[] frame)
    {
        int at = 12;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(at));
        if (type == 0x8100)
        {
            at += 4;
            type = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(at));
        }
        at += 2;
        if (type != 0x0800) return null;
        ReadOnlySpan<byte> ip = frame.AsSpan(at);
        if (ip[9] != 47) return null;
        ip = ip[((ip[0] & 15) * 4)..BinaryPrimitives.ReadUInt16BigEndian(ip[2..])];
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(ip);
        if (BinaryPrimitives.ReadUInt16BigEndian(ip[2..]) != NhrpSpec.GreProtocol) return null;
        return ip[(4 + ((flags & 0x8000) != 0 ? 4 : 0) + ((flags & 0x2000) != 0 ? 4 : 0) + ((flags & 0x1000) != 0 ? 4 : 0))..].ToArray();
    }

    private static IEnumerable<byte[]> Frames(string name)
    {
        byte[] file = File.ReadAllBytes(Recorded.File(Path.GetFileName(name)));
        return BinaryPrimitives.ReadUInt32LittleEndian(file) == 0x0A0D0D0A ? Pcapng(file) : Pcap(file);
    }

    private static IEnumerable<byte[]> Pcap(byte[] file)
    {
        bool big = BinaryPrimitives.ReadUInt32BigEndian(file) is 0xA1B2C3D4 or 0xA1B23C4D;
        for (int at = 24; at < file.Length;)
        {
            int length = (int)(big ? BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8)) : BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            yield return file[(at + 16)..(at + 16 + length)];
            at += 16 + length;
        }
    }

    private static IEnumerable<byte[]> Pcapng(byte[] file)
    {
        for (int at = 0; at < file.Length;)
        {
            int type = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)), length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            if (type == 6)
            {
                int captured = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 20));
                yield return file[(at + 28)..(at + 28 + captured)];
            }
            at += length;
        }
    }
}
