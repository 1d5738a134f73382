using System.Diagnostics;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Daemon.Logging;
using Dmvpn.Daemon.Tests.Screens;
using Dmvpn.Ike;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Capture;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Udp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Tests.Logging;

public sealed class KeyLogFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("dmvpn-keylog-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "keys");

    [Fact]
    public void File_ThatIsNotThere_IsMadeForItsOwnerAloneAndLoudly()
    {
        using var log = new RouterLog(LogLevel.Warning, TextWriter.Null, journal: false);
        using (KeyLogFile.Open(Path, log.CreateLogger("Dmvpn"))) Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
        LogLine line = Assert.Single(log.Buffer.Snapshot());
        Assert.Equal((LogLevel.Warning, "KEYS_ARE_LOGGED"), (line.Level, line.Mnemonic));
        Assert.Contains($"all keys are written to {Path}", line.Text);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void File_ThatOthersMayOpen_IsRefusedAndNotWritten(UnixFileMode wider)
    {
        File.WriteAllText(Path, "");
        File.SetUnixFileMode(Path, OwnerOnly | wider);
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => KeyLogFile.Open(Path, NullLogger.Instance));
        Assert.Contains("chmod 600", refusal.Message);
        Assert.Empty(File.ReadAllText(Path));
    }

    [Fact]
    public void File_ThatIsALink_IsRefused()
    {
        File.CreateSymbolicLink(Path, System.IO.Path.Combine(_folder, "elsewhere"));
        Assert.Throws<InvalidOperationException>(() => KeyLogFile.Open(Path, NullLogger.Instance));
        Assert.False(File.Exists(System.IO.Path.Combine(_folder, "elsewhere")));
    }

    [Fact]
    public void File_OfAnotherRun_IsAddedTo()
    {
        using (KeyLogFile log = KeyLogFile.Open(Path, NullLogger.Instance)) log.OnIkeSa(1, 2, new IkeSuite(EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, PrfId.HmacSha1, DhGroup.Modp2048), [1], [2], [3], [4]);
        using (KeyLogFile.Open(Path, NullLogger.Instance))
        {
        }
        Assert.Equal(2, File.ReadAllLines(Path).Count(line => line.StartsWith("# Keys of dmvpn", StringComparison.Ordinal)));
        Assert.Contains("uat:ikev2_decryption_table:0000000000000001,0000000000000002,01,02,\"AES-CBC-128 [RFC3602]\",03,04,\"HMAC_SHA1_96 [RFC2404]\"", File.ReadAllLines(Path));
    }

    [Fact]
    public void Keys_OfCombinedCiphers_AreInWiresharksWordsOrBehindANumberSign()
    {
        using (KeyLogFile log = KeyLogFile.Open(Path, NullLogger.Instance))
        {
            log.OnIkeSa(0x1e82b1595ffb0005, 0x8a2849bc57a4707f, new IkeSuite(EncryptionId.AesGcm16, 256, IntegrityId.None, PrfId.HmacSha384, DhGroup.Ecp384), [0xAB], [0xCD], [], []);
            log.OnIkeSa(3, 4, new IkeSuite(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, PrfId.HmacSha256, DhGroup.Curve25519), [0xAB], [0xCD], [], []);
            log.OnChildSa(Child(new EspSuite(EncryptionId.AesGcm16, 256, IntegrityId.None, Esn: false), 36));
            log.OnChildSa(Child(new EspSuite(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, Esn: false), 16 + 32));
            log.OnChildSa(Child(new EspSuite(EncryptionId.Null, 0, IntegrityId.HmacSha1, Esn: false), 20));
            log.OnChildSa(Child(new EspSuite(EncryptionId.NullAesGmac, 128, IntegrityId.None, Esn: false), 20));
        }
        string[] lines = File.ReadAllLines(Path);
        Assert.Equal("esp.enable_encryption_decode:TRUE", lines[1]);
        Assert.Equal("uat:ikev2_decryption_table:1e82b1595ffb0005,8a2849bc57a4707f,ab,cd,\"AES-GCM-256 with 16 octet ICV [RFC5282]\",\"\",\"\",\"NONE [RFC4306]\"", lines[2]);
        Assert.StartsWith("#uat:ikev2_decryption_table:0000000000000003,", lines[3]);
        Assert.Equal($"uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0xc2f146d5\",\"AES-GCM with 16 octet ICV [RFC4106]\",\"0x{new string('0', 72)}\",\"NULL\",\"\"", lines[4]);
        Assert.StartsWith("uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0x00000100\",", lines[5]);
        Assert.Equal($"uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0xc2f146d5\",\"AES-CBC [RFC3602]\",\"0x{new string('0', 32)}\",\"HMAC-SHA-256-128 [RFC4868]\",\"0x{new string('0', 64)}\"", lines[6]);
        Assert.Equal($"uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0xc2f146d5\",\"NULL\",\"\",\"HMAC-SHA-1-96 [RFC2404]\",\"0x{new string('0', 40)}\"", lines[8]);
        Assert.StartsWith("#uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0xc2f146d5\",\"AES-GMAC [RFC4543]\"", lines[10]);

        static ChildSaInstall Child(EspSuite suite, int length) => new()
        {
            Protection = new ProtectionId(1),
            Peer = new NbmaPeer(IpAddress.Parse("192.0.2.2"), 1),
            UdpEncapsulation = false,
            Suite = suite,
            TunnelMode = false,
            Path = new IkePath(null, new IkeEndpoint(IpAddress.Parse("192.0.2.1"), 500), new IkeEndpoint(IpAddress.Parse("192.0.2.2"), 500)),
            InboundSpi = 0xC2F146D5,
            OutboundSpi = 0x100,
            InboundKey = new SecretBytes(length),
            OutboundKey = new SecretBytes(length),
            LocalSelectors = [],
            RemoteSelectors = [],
            SendNow = true,
            ReplayWindow = 64,
            SoftBytes = 0,
            HardBytes = 0,
        };
    }

    [Fact]
    public void Wireshark_WithTheKeysOfTwoRouters_ReadsWhatIkeAndEspHide()
    {
        using ProtectedRouter hub = new("hub", "192.0.2.1", 21), spoke = new("spoke", "192.0.2.2", 22);
        using KeyLogFile log = KeyLogFile.Open(Path, NullLogger.Instance);
        spoke.Engines.Ike.SetKeyLog(log);
        (hub.Sent, spoke.Sent) = ([], []);
        spoke.Want(hub);
        ProtectedRouter.Run(spoke, hub);
        string capture = System.IO.Path.Combine(_folder, "capture.pcap");
        Write(capture, [spoke.Sent[0], hub.Sent[0], spoke.Sent[1], hub.Sent[1]], Assert.Single(spoke.Protection.Children.All).Outbound);
        string text = Tshark(capture, File.ReadAllLines(Path).Where(line => !line.StartsWith('#')));
        foreach (string secret in (string[])["spoke.example.org", "hub.example.org", "USE_TRANSPORT_MODE", "<HMAC_SHA2_512_256 [RFC4868]>[correct]", "<HMAC-SHA-256-128 [RFC4868]> [correct]", "Generic Routing Encapsulation"])
            Assert.True(text.Contains(secret, StringComparison.Ordinal), $"{secret} is not in:\n{text}");
        Assert.DoesNotContain("[incorrect", text);
        Assert.DoesNotContain("spoke.example.org", Tshark(capture, []));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The IKE messages, and a GRE packet in ESP.</summary>
    private static unsafe void Write(string file, List<(IkePath Path, byte[] Bytes)> messages, OutboundSa sa)
    {
        using FileStream to = File.Create(file);
        Span<byte> header = stackalloc byte[PcapFormat.FileHeaderLength];
        PcapFormat.WriteFileHeader(header, LinkType.Raw);
        to.Write(header);
        foreach ((IkePath path, byte[] bytes) in messages)
        {
            int marker = path.Local.Port == IkeSpec.NatPort ? IkeSpec.NonEspMarkerLength : 0;
            byte[] packet = new byte[Ipv4Header.Length + UdpHeader.Length + marker + bytes.Length];
            bytes.CopyTo(packet, Ipv4Header.Length + UdpHeader.Length + marker);
            new UdpHeader(path.Local.Port, path.Remote.Port).Write(packet.AsSpan(Ipv4Header.Length), path.Local.Address, path.Remote.Address);
            Record(IpProtocol.Udp, path.Local.Address, path.Remote.Address, packet);
        }

        // GRE, IPv4 within: as little as makes a packet.
        byte[] gre = Convert.FromHexString("00000800" + "4500001400000000400166e80a0000020a000001");
        byte[] buffer = new byte[EspPacket.Headroom + gre.Length + EspPacket.Tailroom];
        gre.CopyTo(buffer, EspPacket.Headroom);
        int length = gre.Length, before;
        fixed (byte* start = buffer) Assert.Equal(EspResult.Good, EspPacket.Seal(sa, 0, start + EspPacket.Headroom, ref length, 0, ProtectedRouter.Now, out before));
        byte[] esp = new byte[Ipv4Header.Length + length];
        buffer.AsSpan(EspPacket.Headroom - before, length).CopyTo(esp.AsSpan(Ipv4Header.Length));
        Record(IpProtocol.Esp, sa.Path.Local, sa.Path.Remote, esp);

        void Record(IpProtocol protocol, IpAddress source, IpAddress destination, byte[] packet)
        {
            new Ipv4Header(0, 64, protocol, source, destination).Write(packet);
            Span<byte> record = stackalloc byte[PcapFormat.RecordHeaderLength];
            PcapFormat.WriteRecordHeader(record, 1_764_000_000_000_000_000, packet.Length, packet.Length);
            to.Write(record);
            to.Write(packet);
        }
    }

    private static string Tshark(string capture, IEnumerable<string> options)
    {
        var start = new ProcessStartInfo("tshark") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-n", "-V", "-r", capture, "-o", "esp.enable_authentication_check:TRUE"]) start.ArgumentList.Add(argument);
        foreach (string option in options)
        {
            start.ArgumentList.Add("-o");
            start.ArgumentList.Add(option);
        }
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors.Result);
            return text;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("there is no tshark");
            return "";
        }
    }
}
