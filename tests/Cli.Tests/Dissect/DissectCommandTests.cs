using System.Buffers.Binary;
using System.Text.Json;
using Dmvpn.Cli.Dissect;
using Dmvpn.Core;
using Dmvpn.Wire.Capture;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Cli.Tests.Dissect;

public sealed class DissectCommandTests
{
    /// <summary>A Registration Request of IOS with the authentication string NHRPAUTH.</summary>
    private static readonly byte[] Registration = Convert.FromHexString(
        "000108000000000000ff006c197b003401030400" + "0404800200000001a9fe64019b0100019b010005" + "0020000045f81c2000000000"
        + "8003000080040000800500008007000c000000014e48525041555448"
        + "000900140020000045f8000004000400a9fe64059b01000580000000");

    [Fact]
    public void Registration_OfIos_IsPrintedInFullAndReproduced()
    {
        (int status, string text) = Run(Capture(Registration));
        Assert.Equal(DissectCommand.Good, status);
        Assert.Contains("GRE key 2", text);
        Assert.Contains("(M) flags: \"unique nat \", reqid: 1", text);
        Assert.Contains("re-encoded: byte for byte", text);
        Assert.EndsWith("1 frames: 1 NHRP, 0 CDP, 1 reproduced, 0 not reproduced, 0 malformed\n", text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AuthenticationString_UnlessAskedFor_IsMasked(bool json)
    {
        Assert.DoesNotContain("NHRPAUTH", Run(Capture(Registration), json).Text);
        Assert.Contains("NHRPAUTH", Run(Capture(Registration), json, secrets: true).Text);
    }

    [Fact]
    public void AuthenticationString_QuotedByAnErrorIndication_IsMasked()
    {
        byte[] error = [.. Convert.FromHexString("000108000000000000ff00000000000001070400" + "04040000000b0000" + "a9fe64019b0100019b010005"), .. Registration];
        BinaryPrimitives.WriteUInt16BigEndian(error.AsSpan(10), (ushort)error.Length);
        BinaryPrimitives.WriteUInt16BigEndian(error.AsSpan(12), InternetChecksum.Compute(error));
        string secret = Convert.ToHexString("NHRPAUTH"u8);
        (int status, string text) = Run(Capture(error), json: true);
        Assert.Equal(DissectCommand.Good, status);
        Assert.DoesNotContain(secret, text);
        Assert.Contains("Error Indication", text);
        Assert.Contains(secret, Run(Capture(error), json: true, secrets: true).Text);
    }

    [Fact]
    public void Json_ComparedWithText_HasTheSameSummary()
    {
        using JsonDocument document = JsonDocument.Parse(Run(Capture(Registration, Registration), json: true).Text);
        JsonElement summary = document.RootElement.GetProperty("summary");
        Assert.Equal(2, summary.GetProperty("nhrp").GetInt32());
        Assert.Equal(2, summary.GetProperty("reproduced").GetInt32());
        JsonElement nhrp = document.RootElement.GetProperty("frames")[0].GetProperty("layers")[2].GetProperty("nhrp");
        Assert.Equal("155.1.0.5", nhrp.GetProperty("destinationProtocol").GetString());
        Assert.Equal(6, nhrp.GetProperty("extensions").GetArrayLength());
    }

    [Fact]
    public void Packet_WithAWrongChecksum_IsCountedByNameAndFails()
    {
        byte[] bad = (byte[])Registration.Clone();
        bad[^1] ^= 1;
        (int status, string text) = Run(Capture(Registration, bad));
        Assert.Equal(DissectCommand.SomethingMalformed, status);
        Assert.Contains("NHRP MALFORMED: BadChecksum", text);
        Assert.EndsWith("1 malformed (BadChecksum 1)\n", text);
    }

    [Fact]
    public void Bytes_ThatDiffer_AreShownWithTheirPlace()
    {
        DissectedReproduction reproduced = Comparison.Of([1, 2, 3], [1, 2, 4]);
        Assert.False(reproduced.Exactly);
        Assert.Equal(2, reproduced.FirstDifference);
        Assert.Equal("0x03 on the wire, 0x04 from our encoder", reproduced.Difference);
        Assert.Equal("the end on the wire, 0x03 from our encoder", Comparison.Of([1, 2], [1, 2, 3]).Difference);
    }

    [Fact]
    public void File_ThatIsNoCapture_IsRefused()
    {
        Assert.Equal(DissectCommand.NoCapture, Run("no capture at all"u8.ToArray()).Status);
        Assert.Equal(DissectCommand.NoCapture, DissectCommand.Run(new FileInfo("/nonexistent/file"), false, false, TextWriter.Null, TextWriter.Null));
    }

    [Fact]
    public void Capture_CutInTheMiddleOfAFrame_SaysSo()
    {
        (int status, string text) = Run(Capture(Registration, Registration)[..^20]);
        Assert.Equal(DissectCommand.SomethingMalformed, status);
        Assert.Contains("1 NHRP", text);
        Assert.EndsWith("the file ends early: Truncated\n", text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PasswordOfRip_UnlessAskedFor_IsMasked(bool secrets)
    {
        byte[] message = Convert.FromHexString("02020000" + "FFFF0002" + "73657372616D0000" + "0000000000000000" + "00020000" + "0A000000" + "FF000000" + "00000000" + "00000001");
        (int status, string text) = Run(UdpCapture(520, message), secrets: secrets);
        Assert.Equal(DissectCommand.Good, status);
        Assert.Contains("RIPv2 response", text);
        Assert.Contains("10.0.0.0/8, metric 1", text);
        Assert.Equal(secrets, text.Contains("sesram", StringComparison.Ordinal));
        Assert.EndsWith("1 frames: 0 NHRP, 0 CDP, 1 reproduced, 0 not reproduced, 0 malformed, 1 RIP\n", text);
    }

    [Fact]
    public void AllRecordedCaptures_Dissected_AreReproducedWhereTheyDecode()
    {
        string shared = Recorded.Folder();
        int files = 0;
        foreach (string file in Directory.EnumerateFiles(shared, "*.pcap*", SearchOption.AllDirectories))
        {
            var text = new StringWriter();
            int status = DissectCommand.Run(new FileInfo(file), false, false, text, TextWriter.Null);
            Assert.True(status is DissectCommand.Good or DissectCommand.SomethingMalformed, $"{file}: {status}");
            files++;
        }
        Assert.True(files >= 40, $"{files} captures");
    }

    private static byte[] Capture(params byte[][] nhrpPackets)
    {
        var gre = new GreHeader(GreProtocol.Nhrp, Key: 2);
        return IpCapture(IpProtocol.Gre, [.. nhrpPackets.Select(nhrp =>
        {
            byte[] payload = new byte[gre.Length + nhrp.Length];
            nhrp.CopyTo(payload, gre.Length);
            gre.Write(payload);
            return payload;
        })]);
    }

    private static byte[] UdpCapture(ushort port, byte[] message)
    {
        byte[] datagram = new byte[UdpHeader.Length + message.Length];
        message.CopyTo(datagram, UdpHeader.Length);
        new UdpHeader(port, port).Write(datagram);
        return IpCapture(IpProtocol.Udp, datagram);
    }

    private static byte[] IpCapture(IpProtocol protocol, params byte[][] payloads)
    {
        byte[] fileHeader = new byte[PcapFormat.FileHeaderLength];
        PcapFormat.WriteFileHeader(fileHeader, LinkType.Raw);
        var file = new List<byte>(fileHeader);
        foreach (byte[] payload in payloads)
        {
            byte[] packet = new byte[Ipv4Header.Length + payload.Length];
            payload.CopyTo(packet, Ipv4Header.Length);
            new Ipv4Header(0xC0, 255, protocol, IpAddress.Parse("169.254.100.1"), IpAddress.Parse("169.254.100.5")).Write(packet);
            byte[] record = new byte[PcapFormat.RecordHeaderLength];
            PcapFormat.WriteRecordHeader(record, 1_422_174_105_190_210_000, packet.Length, packet.Length);
            file.AddRange(record);
            file.AddRange(packet);
        }
        return [.. file];
    }

    private static (int Status, string Text) Run(byte[] capture, bool json = false, bool secrets = false)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, capture);
            var output = new StringWriter { NewLine = "\n" };
            int status = DissectCommand.Run(new FileInfo(path), json, secrets, output, TextWriter.Null);
            return (status, output.ToString());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
