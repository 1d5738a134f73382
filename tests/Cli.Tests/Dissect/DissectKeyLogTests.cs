using System.Buffers.Binary;
using Dmvpn.Cli.Dissect;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Logging;
using Dmvpn.Daemon.Tests.Screens;
using Dmvpn.Ike;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Capture;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Udp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Cli.Tests.Dissect;

/// <summary>What our own engine sends, by what it writes into its key log: also the algorithms that Wireshark has no word for.</summary>
public sealed class DissectKeyLogTests : IDisposable
{
    /// <summary>GRE with a Registration Request of IOS.</summary>
    private static readonly byte[] Registration = Convert.FromHexString(
        "00002001" + "000108000000000000ff006c197b003401030400" + "0404800200000001a9fe64019b0100019b010005" + "0020000045f81c2000000000"
        + "8003000080040000800500008007000c000000014e48525041555448" + "000900140020000045f8000004000400a9fe64059b01000580000000");

    private readonly string _folder = Directory.CreateTempSubdirectory("dmvpn-dissect-").FullName;
    private readonly List<byte[]> _packets = [];

    [Theory]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.None, EncryptionId.AesGcm16, 256, IntegrityId.None, false)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacSha512, EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, false)]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, EncryptionId.AesCbc, 192, IntegrityId.HmacSha384, true)]
    [InlineData(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, true)]
    [InlineData(EncryptionId.AesGcm16, 256, IntegrityId.None, EncryptionId.NullAesGmac, 128, IntegrityId.None, false)]
    [InlineData(EncryptionId.AesGcm16, 256, IntegrityId.None, EncryptionId.Null, 0, IntegrityId.HmacSha512, false)]
    public void TwoRouters_ByTheKeyLogOfOne_AreReadInFull(EncryptionId ike, int ikeBits, IntegrityId ikeIntegrity, EncryptionId esp, int espBits, IntegrityId espIntegrity, bool esn)
    {
        var suite = new Ikev2Proposal { Name = "P", Encryption = [new(ike, ikeBits)], Integrity = ikeIntegrity == IntegrityId.None ? [] : [ikeIntegrity], Prf = [PrfId.HmacSha256], Groups = [DhGroup.Ecp256] };
        var set = new TransformSet { Name = "T", Encryption = new(esp, espBits), Integrity = espIntegrity, TunnelMode = false, Esn = esn };
        string capture = Record(config => config with { Proposals = [suite], Policies = [new Ikev2Policy { Name = "P", Proposals = ["P"] }], TransformSets = [set] });
        (int status, string text) = Run(capture);
        Assert.Equal(DissectCommand.Good, status);
        Assert.Contains("Id type: FQDN, spoke.example.org", text);
        Assert.Contains("Id type: FQDN, hub.example.org", text);
        Assert.Contains("sequence 1, length", text);
        Assert.Contains(", decrypted | GRE protocol 0x2001 | NHRP Registration Request", text);
        Assert.EndsWith("1 NHRP, 0 CDP, 1 reproduced, 0 not reproduced, 0 malformed, 4 IKEv2, 1 ESP, 3 decrypted\n", text);
    }

    [Fact]
    public void Message_InFragments_IsShownWithTheLastOfThem()
    {
        string capture = Record(config => config with { FragmentationMtu = 240 });
        (int status, string text) = Run(capture);
        Assert.Equal(DissectCommand.Good, status);
        string[] lines = text.Split('\n');
        int first = Array.FindIndex(lines, line => line.Contains("IKE_AUTH request, message 1, initiator", StringComparison.Ordinal) && line.Contains("fragment 1 of 3, decrypted", StringComparison.Ordinal));
        int last = Array.FindIndex(lines, line => line.Contains("IKE_AUTH request, message 1, initiator", StringComparison.Ordinal) && line.Contains("fragment 3 of 3, decrypted", StringComparison.Ordinal));
        Assert.True(first >= 0 && last > first, text);
        Assert.DoesNotContain(lines[first..last], line => line.Contains("Id type", StringComparison.Ordinal));
        Assert.Contains(lines[(last + 1)..], line => line.EndsWith("Id type: FQDN, spoke.example.org", StringComparison.Ordinal));
    }

    [Fact]
    public unsafe void SequenceNumbers_Of64Bits_AreFollowedOverTheEndOfTheirLowerHalf()
    {
        var suite = new EspSuite(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, Esn: true);
        byte[] key = [.. Enumerable.Range(0, EspCipher.KeyMaterialLength(suite)).Select(static i => (byte)i)];
        string hex = Convert.ToHexStringLower(key);
        File.WriteAllText(Keys, $"uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0x00001000\",\"AES-CBC [RFC3602]\",\"0x{hex[..32]}\",\"HMAC-SHA-256-128 [RFC4868]\",\"0x{hex[32..]}\"\n");
        using EspCipher cipher = EspCipher.CreateSealer(suite, key);
        foreach (ulong sequence in (ulong[])[0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0001, 0xFFFF_FFFD])
        {
            int payload = (Registration.Length + 2 + 15) / 16 * 16, padding = payload - 2 - Registration.Length;
            byte[] packet = new byte[EspSpec.HeaderLength + cipher.IvLength + payload + cipher.IcvLength];
            BinaryPrimitives.WriteUInt32BigEndian(packet, 0x1000);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)sequence);
            Span<byte> text = packet.AsSpan(EspSpec.HeaderLength + cipher.IvLength);
            Registration.CopyTo(text);
            for (int i = 0; i < padding; i++) text[Registration.Length + i] = (byte)(i + 1);
            (text[payload - 2], text[payload - 1]) = ((byte)padding, (byte)IpProtocol.Gre);
            fixed (byte* start = packet) cipher.Seal(start, payload, sequence);
            Add(IpProtocol.Esp, IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.2"), packet);
        }
        (int status, string report) = Run(Write());
        Assert.Equal(DissectCommand.Good, status);
        Assert.EndsWith("5 ESP, 5 decrypted\n", report);
        _packets[0][^1] ^= 1;
        Assert.EndsWith("5 ESP, 4 decrypted, 1 by no key\n", Run(Write()).Text);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Keys => Path.Combine(_folder, "router.keys");

    /// <summary>A spoke and a hub make an SA; the spoke sends an NHRP packet by it, and has logged its keys.</summary>
    private string Record(Func<IkeConfig, IkeConfig> change)
    {
        using ProtectedRouter hub = new("hub", "192.0.2.1", 21, change(ProtectedRouter.Config("hub"))), spoke = new("spoke", "192.0.2.2", 22, change(ProtectedRouter.Config("spoke")));
        using KeyLogFile log = KeyLogFile.Open(Keys, NullLogger.Instance);
        spoke.Engines.Ike.SetKeyLog(log);
        List<(IkePath Path, byte[] Bytes)> all = [];
        (hub.Sent, spoke.Sent) = (all, all);
        spoke.Want(hub);
        ProtectedRouter.Run(spoke, hub);
        foreach ((IkePath path, byte[] bytes) in all)
        {
            int marker = path.Local.Port == IkeSpec.NatPort ? IkeSpec.NonEspMarkerLength : 0;
            byte[] datagram = new byte[UdpHeader.Length + marker + bytes.Length];
            bytes.CopyTo(datagram, UdpHeader.Length + marker);
            new UdpHeader(path.Local.Port, path.Remote.Port).Write(datagram, path.Local.Address, path.Remote.Address);
            Add(IpProtocol.Udp, path.Local.Address, path.Remote.Address, datagram);
        }
        Add(IpProtocol.Esp, spoke.Address, hub.Address, Sealed(Assert.Single(spoke.Protection.Children.All).Outbound));
        return Write();
    }

    private static unsafe byte[] Sealed(OutboundSa sa)
    {
        byte[] buffer = new byte[EspPacket.Headroom + Registration.Length + EspPacket.Tailroom];
        Registration.CopyTo(buffer, EspPacket.Headroom);
        int length = Registration.Length, before;
        fixed (byte* start = buffer) Assert.Equal(EspResult.Good, EspPacket.Seal(sa, 0, start + EspPacket.Headroom, ref length, 0, ProtectedRouter.Now, out before));
        return buffer[(EspPacket.Headroom - before)..(EspPacket.Headroom - before + length)];
    }

    private void Add(IpProtocol protocol, IpAddress source, IpAddress destination, byte[] payload)
    {
        byte[] packet = [.. new byte[Ipv4Header.Length], .. payload];
        new Ipv4Header(0, 64, protocol, source, destination).Write(packet);
        _packets.Add(packet);
    }

    private string Write()
    {
        string path = Path.Combine(_folder, "capture.pcap");
        using FileStream to = File.Create(path);
        byte[] header = new byte[PcapFormat.FileHeaderLength], record = new byte[PcapFormat.RecordHeaderLength];
        PcapFormat.WriteFileHeader(header, LinkType.Raw);
        to.Write(header);
        foreach (byte[] packet in _packets)
        {
            PcapFormat.WriteRecordHeader(record, 1_764_000_000_000_000_000, packet.Length, packet.Length);
            to.Write(record);
            to.Write(packet);
        }
        return path;
    }

    private (int Status, string Text) Run(string capture)
    {
        StringWriter output = new() { NewLine = "\n" }, errors = new() { NewLine = "\n" };
        int status = DissectCommand.Run(new FileInfo(capture), false, false, output, errors, [Keys]);
        Assert.Empty(errors.ToString());
        return (status, output.ToString());
    }
}
