using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Wire.Tests.Cdp;

/// <summary>CDP over GRE as two IOS routers sent it: the stub's ODR TLV names the underlay's subnet, the tunnel's own is left out.</summary>
public sealed class CdpCaptureTests
{
    [Fact]
    public void Capture_EveryCdpPacket_IsReproducedByteForByte()
    {
        int found = 0;
        foreach (byte[] bytes in CdpPackets())
        {
            found++;
            Assert.True(CdpView.TryParse(bytes, out CdpView view, out Malformed why), $"packet {found}: {why}");
            CdpPacket packet = view.ToPacket();
            Assert.Null(packet.Checksum); // Ours is computed the same.
            Assert.Equal(bytes, packet.ToBytes());
        }
        Assert.Equal(2, found);
    }

    [Fact]
    public void Capture_IosStub_SaysAllThatTheScreensShow()
    {
        byte[] bytes = CdpPackets().First();
        Assert.True(CdpView.TryParse(bytes, out CdpView view, out _));
        Assert.Equal(2, view.Version);
        Assert.Equal(180, view.TimeToLive);
        Assert.Equal("R1", view.DeviceId);
        Assert.Equal("Tunnel40", view.PortId);
        Assert.Equal("Linux Unix", view.Platform);
        Assert.StartsWith("Cisco IOS Software, Linux Software (I86BI_LINUX-ADVENTERPRIS", view.SoftwareVersion, StringComparison.Ordinal);
        Assert.Contains('\n', view.SoftwareVersion);
        Assert.Equal(CdpCapabilities.Router, view.Capabilities);
        Assert.Equal([IpAddress.Parse("172.17.1.54")], view.Addresses.ToList(10));
        Assert.Equal(CdpOdrKind.Prefixes, view.Odr.Kind);
        Assert.Equal(1, view.Odr.PrefixCount);
        Assert.True(view.Odr.TryGetPrefix(0, out IpPrefix prefix));
        Assert.Equal(IpPrefix.Parse("10.172.64.6/31"), prefix);
    }

    /// <summary>The payloads of the capture's GRE packets with protocol 0x2000 (Ethernet with a VLAN tag, IPv4, GRE with a key).</summary>
    private static IEnumerable<byte[]> CdpPackets()
    {
        byte[] file = File.ReadAllBytes(Recorded.File("various_gre.pcap"));
        bool isBig = BinaryPrimitives.ReadUInt32BigEndian(file) == 0xA1B2C3D4;
        for (int at = 24; at < file.Length;)
        {
            int length = isBig ? BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 8)) : BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 8));
            byte[] frame = file[(at + 16)..(at + 16 + length)];
            at += 16 + length;
            if (frame.Length > 46 && frame[27] == 47 && frame[38] == 0x20 && frame[40] == 0x20 && frame[41] == 0) yield return frame[46..];
        }
    }
}
