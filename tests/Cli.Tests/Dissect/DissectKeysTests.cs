using System.Text.Json;
using Dmvpn.Cli.Dissect;

namespace Dmvpn.Cli.Tests.Dissect;

/// <summary>Recorded captures with their keys: strongSwan's with AES-GCM, in the clear and behind NAT; tcpdump's with 3DES and AES-CBC; and what was made to break other decoders.</summary>
public sealed class DissectKeysTests : IDisposable
{
    private const string TripleDes = "0x12345678@192.1.2.45 3des-cbc-hmac96:0x4043434545464649494a4a4c4c4f4f515152525454575758\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("dmvpn-keys-").FullName;

    [Theory]
    [InlineData("10-ipsec-gcm", 68, 14)]
    [InlineData("12-ipsec-nat-inside", 35, 7)]
    public void Capture_OfStrongSwan_IsDecryptedToTheLastPacketAndNhrpWithinIsReproduced(string name, int decrypted, int nhrp)
    {
        string capture = Recorded.File($"{name}.pcap"), keys = Recorded.File($"{name}.keys");
        JsonElement summary = Json(capture, keys).GetProperty("summary");
        Assert.Equal(decrypted, summary.GetProperty("decrypted").GetInt32());
        Assert.Equal(nhrp, summary.GetProperty("nhrp").GetInt32());
        Assert.Equal(nhrp, summary.GetProperty("reproduced").GetInt32());
        Assert.Equal(0, summary.GetProperty("wrongKey").GetInt32());
        Assert.Equal(0, summary.GetProperty("malformed").GetInt32());
        foreach (string layer in Layers(Json(capture, keys), "secrecy")) Assert.True(layer is "Decrypted" or "Clear", layer);
        Assert.Equal(0, Json(capture).GetProperty("summary").GetProperty("nhrp").GetInt32());
    }

    [Fact]
    public void Capture_OfStrongSwan_ShowsIdentitiesSelectorsAndTrafficButNoAuthentication()
    {
        (int status, string text, _) = Run(Recorded.File("10-ipsec-gcm.pcap"), Recorded.File("10-ipsec-gcm.keys"));
        Assert.Equal(DissectCommand.Good, status);
        Assert.Contains("IKEv2 IKE_AUTH request, message 1, initiator,", text);
        Assert.Contains("NOTIFY(USE_TRANSPORT_MODE)", text);
        Assert.Contains("TS type: TS_IPV4_ADDR_RANGE, proto id: 47", text);
        Assert.Matches(@"Auth method \S+( \S+)*, \d+ octets\n", text);
        Assert.Matches(@"UDP 4500 > 4500 \| ESP spi 0x[0-9A-F]{8}, sequence 1, length \d+, decrypted \| GRE|ESP spi 0x[0-9A-F]{8}, sequence 1, length \d+, decrypted \| GRE", text);
        Assert.EndsWith("14 reproduced, 0 not reproduced, 0 malformed, 30 IKEv2, 44 ESP, 68 decrypted\n", text);
    }

    [Fact]
    public void Keys_OfAFolder_AreTheLogsAndWiresharksTables()
    {
        string keys = Recorded.File("10-ipsec-gcm.keys");
        foreach ((string table, string file) in (IEnumerable<(string, string)>)[("uat:ikev2_decryption_table:", "ikev2_decryption_table"), ("uat:esp_sa:", "esp_sa")])
            File.WriteAllLines(Path.Combine(_folder, file), File.ReadAllLines(keys).Where(line => line.StartsWith(table, StringComparison.Ordinal)).Select(line => line[table.Length..]));
        File.WriteAllText(Path.Combine(_folder, "preferences"), "no keys\n");
        Assert.Equal(68, Json(Recorded.File("10-ipsec-gcm.pcap"), _folder).GetProperty("summary").GetProperty("decrypted").GetInt32());
        File.Delete(Path.Combine(_folder, "esp_sa"));
        Assert.Equal(24, Json(Recorded.File("10-ipsec-gcm.pcap"), _folder).GetProperty("summary").GetProperty("decrypted").GetInt32());
    }

    [Theory]
    [InlineData("02-sunrise-sunset-esp.pcap", 8)]
    [InlineData("espudp1.pcap", 8)]
    public void Capture_OfTripleDes_IsDecryptedUnchecked(string name, int packets)
    {
        JsonElement report = Json(Recorded.File(name), Write(TripleDes));
        Assert.Equal(packets, report.GetProperty("summary").GetProperty("decrypted").GetInt32());
        Assert.All(Layers(report, "secrecy"), secrecy => Assert.Equal("DecryptedUnchecked", secrecy));
        Assert.Contains("IPv4 192.0.2.1 > 192.0.1.1", Run(Recorded.File(name), Write(TripleDes)).Text);
    }

    [Fact]
    public void Capture_OfEspWithinEsp_IsDecryptedTwice()
    {
        (int status, string text, _) = Run(Recorded.File("08-sunrise-sunset-esp2.pcap"), Recorded.File("esp-secrets.txt"));
        Assert.Equal(DissectCommand.Good, status);
        Assert.Contains("16 ESP, 16 decrypted", text);
        Assert.Matches(@"spi 0x12345678.* \| IPv4 192\.1\.2\.23 > 192\.0\.1\.1 .* \| ESP spi 0xABCDABCD, .* \| IPv4 192\.0\.2\.1 > 192\.0\.1\.1 .* \| ICMP", text);
    }

    [Fact]
    public void Capture_OfAnIkeAuthMadeByHand_IsDecryptedAndSaysThatItsIcvIsWrong()
    {
        // The makers of the test had it from a unit test: an RSA signature of zeros, and an ICV that is none.
        (int status, string text, _) = Run(Recorded.File("ikev2pI2.pcap"), Recorded.File("ikev2pI2-secrets.txt"));
        Assert.Equal(DissectCommand.Good, status);
        Assert.Contains("IKE_AUTH request, message 0, initiator, spi 0001020304050607/C02E7A3031A03188, length 284, decrypted, but its ICV is WRONG", text);
        Assert.Contains("Id type: FQDN, west", text);
        Assert.Contains("192 octets", text);
        Assert.DoesNotContain("000000000000000000000000", text);
    }

    [Theory]
    [InlineData("ikev2-id-normal.pcap", "IKE MALFORMED: LengthTooSmall")]
    [InlineData("ikev2-id-short.pcap", "IKE MALFORMED: LengthTooSmall")]
    [InlineData("ikev2pI2-segfault.pcapng", "IKE MALFORMED: PayloadTruncated")]
    [InlineData("isakmp-pointer-loop.pcap", "IKE MALFORMED: LengthTooSmall")]
    [InlineData("isakmp-delete-segfault.pcap", "UDP MALFORMED: LengthTooLarge")]
    [InlineData("isakmp-3948-oobr-2.pcap", "UDP cut off by the capture")]
    [InlineData("isakmp-rfc3948-oobr.pcap", "UDP cut off by the capture")]
    [InlineData("isakmp-identification-segfault.pcap", "IKEv1 main mode")]
    [InlineData("isakmp-no-none-np.pcapng", "IKEv1 informational")]
    [InlineData("isakmp-ikev1_n_print-oobr.pcap", "fragment at 72")]
    [InlineData("isakmp-various-oobr.pcap", "fragment at 4096")]
    [InlineData("isakmpv1-attr-oobr.pcap", "fragment at 0")]
    [InlineData("esp_truncated.pcap", "fragment at 0")]
    public void Crasher_OfAnotherDecoder_IsRefusedOrOnlyNamed(string name, string said)
    {
        (int status, string text, _) = Run(Recorded.File(name), Write(TripleDes + "ikev2 I 0x0001020304050607 0x0 sha1:0x" + new string('a', 40) + " aes128:0x" + new string('b', 32) + "\n"));
        Assert.True(status is DissectCommand.Good or DissectCommand.SomethingMalformed, $"{status}");
        Assert.Contains(said, text);
        Assert.DoesNotContain("IKEv2 ", text.Replace("0 IKEv2, ", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0x1\",\"Blowfish-CBC [RFC2451]\",\"0xFEDCBA\",\"NULL\",\"\"", "its algorithm is none that we decrypt")]
    [InlineData("uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0x1\",\"AES-CBC [RFC3602]\",\"0xFEDCBA\",\"NULL\",\"\"", "its key is not hexadecimal, or of another length than the algorithm has")]
    [InlineData("uat:ikev2_decryption_table:01,02,FEDCBA,FEDCBA,\"AES-CBC-128 [RFC3602]\",\"\",\"\",\"HMAC_SHA1_96 [RFC2404]\"", "its keys are not hexadecimal, or of another length than the algorithms have")]
    [InlineData("uat:wlan:FEDCBA", "it is of another table")]
    [InlineData("0x1@192.0.2.1 blowfish-cbc:0xFEDCBA", "its algorithm is none that we decrypt")]
    [InlineData("ikev2 X 0x1 0x2 sha1:0xFEDCBA aes128:0xFEDCBA", "it is no line of tcpdump's for IKEv2")]
    [InlineData("FEDCBA", "it is no line of an ikev2_decryption_table")]
    public void Line_ThatIsNotUnderstood_IsLeftOutByItsNumberAndNotShown(string line, string why)
    {
        string keys = Write($"# a comment\n{line}\n\n{TripleDes}");
        (int status, string text, string errors) = Run(Recorded.File("02-sunrise-sunset-esp.pcap"), keys);
        Assert.Equal(DissectCommand.Good, status);
        Assert.Equal($"dissect: {keys}, line 2 is left out: {why}\n", errors);
        Assert.Contains("8 decrypted", text);
        Assert.DoesNotContain("FEDCBA", text + errors);
    }

    [Fact]
    public void Key_OfAnotherSa_IsSaidNotToFit()
    {
        string wrong = Write("0x12345678@192.1.2.45 3des-cbc-hmac96:0x" + new string('1', 48));
        Assert.Contains("8 ESP, 0 decrypted, 8 by no key", Run(Recorded.File("02-sunrise-sunset-esp.pcap"), wrong).Text);
        string elsewhere = Write(TripleDes.Replace("192.1.2.45", "192.1.2.46", StringComparison.Ordinal));
        Assert.Contains("sequence 8, length 116, no key\n", Run(Recorded.File("02-sunrise-sunset-esp.pcap"), elsewhere).Text);
    }

    [Fact]
    public void Keys_ThatAreNotThere_EndIt()
    {
        string capture = Path.Combine(_folder, "capture");
        File.WriteAllBytes(capture, []);
        (int status, _, string errors) = Run(capture, Path.Combine(_folder, "nothing"));
        Assert.Equal(DissectCommand.NoCapture, status);
        Assert.StartsWith("dissect: cannot read keys from ", errors);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string keys)
    {
        string path = Path.Combine(_folder, "secrets");
        File.WriteAllText(path, keys);
        return path;
    }

    private static IEnumerable<string> Layers(JsonElement report, string property)
    {
        foreach (JsonElement frame in report.GetProperty("frames").EnumerateArray())
        {
            foreach (JsonElement layer in frame.GetProperty("layers").EnumerateArray())
            {
                if (layer.TryGetProperty("ike", out JsonElement part) || layer.TryGetProperty("esp", out part)) yield return part.GetProperty(property).GetString()!;
            }
        }
    }

    private static JsonElement Json(string capture, params string[] keys)
    {
        using JsonDocument document = JsonDocument.Parse(Run(capture, json: true, keys).Text);
        return document.RootElement.Clone();
    }

    private static (int Status, string Text, string Errors) Run(string capture, params string[] keys) => Run(capture, json: false, keys);

    private static (int Status, string Text, string Errors) Run(string capture, bool json, string[] keys)
    {
        StringWriter output = new() { NewLine = "\n" }, errors = new() { NewLine = "\n" };
        int status = DissectCommand.Run(new FileInfo(capture), json, false, output, errors, keys);
        return (status, output.ToString(), errors.ToString());
    }
}
