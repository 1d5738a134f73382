using System.Text.Json.Nodes;
using Dmvpn.Cli.Pki;

namespace Dmvpn.Cli.Tests.Pki;

/// <summary>Bundles come from elsewhere: whatever is in one, <c>join</c> makes of it a protected tunnel, or nothing at all.</summary>
public sealed class BundleTests : PkiBench
{
    public static TheoryData<string, string?> BadFields { get; } = new()
    {
        { "name", null }, { "name", "" }, { "name", "a\nb" }, { "name", "../a" }, { "name", "A" },
        { "address", null }, { "address", "10.255.0.3" }, { "address", "10.255.0.2\n ip nhrp authorization none" }, { "address", "10.255.0.1" }, { "address", "10.9.0.2" },
        { "authority", null }, { "authority", "" }, { "authority", "-----BEGIN X-----\u0000\n" }, { "certificate", null }, { "certificate", "x" }, { "key", null }, { "key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
        { "revocationList", "x" }, { "revocationList", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n" },
        { "network.domain", null }, { "network.domain", "" }, { "network.domain", "a b" }, { "network.domain", "a.b\ncrypto ikev2 profile x" }, { "network.domain", "a..b" }, { "network.domain", "other" },
        { "network.network", null }, { "network.network", "10.255.0.0" }, { "network.network", "10.255.0.1/24" }, { "network.network", "0.0.0.0/0" }, { "network.network", "127.0.0.0/8" },
        { "network.hubTunnel", null }, { "network.hubTunnel", "10.8.0.1" }, { "network.hubTunnel", "10.255.0.1 nbma 192.0.2.66\n!" }, { "network.hubTunnel", "10.255.0.0" },
        { "network.hub", "" }, { "network.hub", "192.0.2.1 multicast\n tunnel protection ipsec profile x" }, { "network.hub", "300.1.1.1" }, { "network.hub", "10.255.0.77" }, { "network.hub", "0.0.0.0" }, { "network.hub", "a b" },
        { "network.authentication", null }, { "network.authentication", "" }, { "network.authentication", "longer than 8" }, { "network.authentication", "a\nb" }, { "network.authentication", "a b" },
    };

    [Theory]
    [MemberData(nameof(BadFields))]
    public void OddField_IsRefusedInWords_AndNothingIsWritten(string field, string? value)
    {
        JsonNode bundle = Bundle();
        Set(bundle, field, value is null ? null : JsonValue.Create(value));
        Refused(bundle.ToJsonString());
    }

    [Theory]
    [InlineData("network", "null")]
    [InlineData("network", "{}")]
    [InlineData("network.networkId", "0")]
    [InlineData("network.key", "4294967296")]
    [InlineData("network.key", "-1")]
    [InlineData("network.hubs", "[null]")]
    [InlineData("network.hubs", "[{\"name\":\"h\",\"address\":null}]")]
    [InlineData("network.hubs", "[{\"name\":\"h\\n\",\"address\":\"10.255.0.9\"}]")]
    [InlineData("network.hubs", "[{\"name\":\"h\",\"address\":\"10.255.0.9\",\"place\":\"x\\ny\"}]")]
    [InlineData("network.hubs", "7")]
    [InlineData("network.company", "[null]")]
    [InlineData("network.company", "[\"10.0.0.0/8\\nip route\"]")]
    [InlineData("networks", "[null]")]
    [InlineData("networks", "[\"0.0.0.0/0\"]")]
    [InlineData("isHub", "true")]
    [InlineData("isHub", "\"yes\"")]
    [InlineData("version", "2")]
    [InlineData("version", "1.5")]
    public void OddStructure_IsRefusedInWords_AndNothingIsWritten(string field, string json)
    {
        JsonNode bundle = Bundle();
        Set(bundle, field, JsonNode.Parse(json));
        Refused(bundle.ToJsonString());
    }

    [Fact]
    public void PartsOfTwoBundles_DoNotMakeOne()
    {
        JsonNode first = Bundle();
        Ok("pki", "issue", Ca, "b");
        JsonNode second = JsonNode.Parse(File.ReadAllText(BundleOf("b")))!;
        foreach (string field in (string[])["key", "certificate"])
        {
            JsonNode mixed = first.DeepClone();
            Set(mixed, field, second[field]!.DeepClone());
            Refused(mixed.ToJsonString());
        }
        Ok("pki", "init", At("other"), "--hub", "192.0.2.1");
        JsonNode foreign = first.DeepClone();
        Set(foreign, "authority", JsonValue.Create(File.ReadAllText(At("other/ca.pem"))));
        Refused(foreign.ToJsonString());
    }

    [Theory]
    [InlineData("--source", "eth0\ntunnel mode")]
    [InlineData("--source", "a name that is too long")]
    [InlineData("--source", "..")]
    [InlineData("--hub", "192.0.2.1\nend")]
    [InlineData("--hub", "")]
    [InlineData("--route", "10.0.0.0/8\nend")]
    [InlineData("--route", "10.0.0.1/8")]
    [InlineData("--route", "0.0.0.0/0")]
    [InlineData("--route", "fd00::/8")]
    public void OddWordAtJoin_IsRefused_AndNothingIsWritten(string option, string value)
    {
        Bundle();
        string[] source = option == "--source" ? [] : ["--source", "eth0"];
        Assert.Equal(ExitCodes.Failed, Run(["join", BundleOf("a"), option, value, .. source, "--directory", At("site")]));
        Assert.False(Directory.Exists(At("site")));
        Assert.DoesNotContain(" at Dmvpn", Error.ToString());
    }

    [Fact]
    public void CutOrChangedAnywhere_IsAProtectedTunnelOrNothing()
    {
        byte[] good = System.Text.Encoding.UTF8.GetBytes(Bundle().ToJsonString());
        var random = new Random(1);
        for (int i = 0; i < 400; i++)
        {
            byte[] bad = i % 2 == 0 ? good[..random.Next(good.Length)] : [.. good];
            if (i % 2 == 1) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                string text = SiteConfiguration.Write(SitePlan.Of(BundleFile.Parse(bad), [], "eth0", [], false), "a/");
                Assert.Contains(" tunnel protection ipsec profile dmvpn\n", text);
                Assert.Contains(" ip nhrp authorization certificate\n", text);
            }
            catch (PkiException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Fact]
    public void FileThatIsNone_IsRefusedInWords()
    {
        Bundle();
        Fails("is no regular file", "join", "/dev/zero", "--source", "eth0", "--directory", At("site"));
        Fails("is no regular file", "join", Ca, "--source", "eth0", "--directory", At("site"));
        File.WriteAllText(At("deep"), new string('[', 100_000));
        Fails("is no bundle of 'dmvpn pki issue'", "join", At("deep"), "--source", "eth0", "--directory", At("site"));
        Assert.False(Directory.Exists(At("site")));
    }

    [Fact]
    public void DirectoryForKeys_ThatOthersCouldChange_IsRefused()
    {
        Bundle();
        string site = At("site"), keys = Path.Combine(site, "a");
        Directory.CreateDirectory(keys);
        File.SetUnixFileMode(keys, (UnixFileMode)0x1FF);
        Fails("others may write to", "join", BundleOf("a"), "--source", "eth0", "--directory", site);
        Directory.Delete(keys);
        Directory.CreateDirectory(At("elsewhere"));
        Directory.CreateSymbolicLink(keys, At("elsewhere"));
        Fails("is no directory, or a link to one", "join", BundleOf("a"), "--source", "eth0", "--directory", site);
        Assert.Empty(Directory.GetFiles(At("elsewhere")));
        Assert.False(File.Exists(Path.Combine(site, "a.ios")));
    }

    private JsonNode Bundle()
    {
        Ok("pki", "init", Ca, "--hub", "192.0.2.1");
        Ok("pki", "issue", Ca, "a", "--lan", "10.1.0.0/16");
        return JsonNode.Parse(File.ReadAllText(BundleOf("a")))!;
    }

    private void Refused(string content)
    {
        File.WriteAllText(At("bundle"), content);
        Fails("bundle", "join", At("bundle"), "--source", "eth0", "--directory", At("site"));
        Assert.DoesNotContain(" at Dmvpn", Error.ToString());
        Assert.Single(Error.ToString().TrimEnd('\n').Split('\n'));
        Assert.False(Directory.Exists(At("site")));
    }

    private static void Set(JsonNode node, string path, JsonNode? value)
    {
        string[] names = path.Split('.');
        foreach (string name in names[..^1]) node = node[name]!;
        node[names[^1]] = value;
    }
}
