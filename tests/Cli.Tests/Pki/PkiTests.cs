using System.Text.RegularExpressions;
using Dmvpn.Cli.Pki;
using Dmvpn.Daemon;

namespace Dmvpn.Cli.Tests.Pki;

/// <summary><c>dmvpn pki</c> and <c>dmvpn join</c>: what they make, for whose eyes, and what they refuse.</summary>
public sealed class PkiTests : PkiBench
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = OwnerOnly | UnixFileMode.UserExecute;

    [Fact]
    public void FromAuthorityToRunningSite_EveryFileIsMade_KeysForTheirOwnerAlone()
    {
        Ok("pki", "init", Ca, "--hub", "198.51.100.1", "--domain", "vpn.example.net");
        Ok("pki", "issue", Ca, "hub", "--hub-role");
        Ok("pki", "issue", Ca, "spoke1");
        Assert.Equal(["bundles/hub.dmvpn", "bundles/spoke1.dmvpn", "ca.key", "ca.pem", "crl.pem", "issued.json", "network.json"], FilesIn(Ca));
        foreach (string secret in (string[])["ca.key", "network.json", "bundles/hub.dmvpn", "bundles/spoke1.dmvpn"]) Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(Ca, secret)));
        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(Path.Combine(Ca, "bundles")));

        string site = At("site");
        Ok("join", Path.Combine(Ca, "bundles/spoke1.dmvpn"), "--source", "eth0", "--directory", site);
        Assert.Equal(["spoke1.ios", "spoke1/ca.pem", "spoke1/crl.pem", "spoke1/site.key", "spoke1/site.pem"], FilesIn(site));
        // The configuration has NHRP's password in it.
        Assert.Equal((OwnerOnly, OwnerOnly, OwnersDirectory), (File.GetUnixFileMode(Path.Combine(site, "spoke1.ios")), File.GetUnixFileMode(Path.Combine(site, "spoke1/site.key")), File.GetUnixFileMode(Path.Combine(site, "spoke1"))));
        (bool accepted, string text) = ConfigurationCheck.Run(Path.Combine(site, "spoke1.ios"), json: false);
        Assert.True(accepted, text);
        Assert.EndsWith("good\n", text);

        // Nothing of a secret was on the screen.
        string shown = Output.ToString() + Error;
        Assert.DoesNotContain("PRIVATE", shown);
        Assert.DoesNotContain(Regex.Match(File.ReadAllText(Path.Combine(site, "spoke1.ios")), "authentication ([a-z2-9]{8})\n").Groups[1].Value, shown);
        Assert.Contains("Next: dmvpn run " + Path.Combine(site, "spoke1.ios"), shown);
    }

    [Fact]
    public void Addresses_AreGivenInOrder_AndNeverTwice()
    {
        Ok("pki", "init", Ca, "--network", "10.9.0.0/29", "--hub-tunnel", "10.9.0.2");
        Ok("pki", "issue", Ca, "a");
        Ok("pki", "issue", Ca, "b", "--address", "10.9.0.4");
        Ok("pki", "issue", Ca, "hub", "--hub-role");
        foreach (string name in (string[])["c", "d", "e"]) Ok("pki", "issue", Ca, name);
        Fails("there is no free address left in 10.9.0.0/29", "pki", "issue", Ca, "f");
        Fails("10.9.0.4 belongs to another site", "pki", "issue", Ca, "f", "--address", "10.9.0.4");
        foreach ((string address, string problem) in ((string, string)[])
            [("10.8.0.4", "10.8.0.4 is no address in 10.9.0.0/29: that has 10.9.0.1 to 10.9.0.6"), ("10.9.0.0", "is the network 10.9.0.0/29 itself"), ("10.9.0.7", "is the broadcast address"), ("fd00::1", "one is IPv4, the other IPv6"), ("x", "x is no address")])
            Fails(problem, "pki", "issue", Ca, "f", "--address", address);
        Ok("pki", "revoke", Ca, "b");
        Ok("pki", "issue", Ca, "f");
        Output.GetStringBuilder().Clear();
        Ok("pki", "list", Ca);
        string[] lines = [.. Output.ToString().Split('\n').Skip(1).Select(line => Regex.Replace(line, " +", " ").Split(" 20")[0])];
        Assert.Equal(["a 10.9.0.1", "b 10.9.0.4 revoked", "hub 10.9.0.2", "c 10.9.0.3", "d 10.9.0.5", "e 10.9.0.6", "f 10.9.0.4"], lines[..^1].Select(line => Regex.Replace(line, "(?<=revoked) .*", "")));
    }

    [Fact]
    public void Mistakes_AreSaidInWords_AndChangeNothing()
    {
        Fails("is no directory of 'dmvpn pki init'", "pki", "issue", Ca, "a");
        Fails("'10.9.0.0/31' is no network for a tunnel", "pki", "init", Ca, "--network", "10.9.0.0/31", "--hub-tunnel", "10.9.0.1");
        Fails("the hub's tunnel address 10.8.0.1 is not in 10.9.0.0/24", "pki", "init", Ca, "--network", "10.9.0.0/24", "--hub-tunnel", "10.8.0.1");
        Assert.False(Directory.Exists(Ca));
        Ok("pki", "init", Ca);
        string key = File.ReadAllText(Path.Combine(Ca, "ca.key"));
        Fails("already holds a CA", "pki", "init", Ca);
        foreach (string name in (string[])["Spoke1", "../x", "a.b", new string('a', 64)]) Fails("cannot be a site's name", "pki", "issue", Ca, name);
        Ok("pki", "issue", Ca, "a");
        Fails("a has a certificate already", "pki", "issue", Ca, "a");
        Fails("b has no certificate that could be revoked", "pki", "revoke", Ca, "b");
        Fails("b has no certificate to renew", "pki", "renew", Ca, "b");
        Assert.Equal(key, File.ReadAllText(Path.Combine(Ca, "ca.key")));
        foreach (string odd in (string[])["[{", "[null]", "null", "[{\"name\":\"a\",\"serial\":\"1\",\"address\":\"x\"}]"])
        {
            File.WriteAllText(Path.Combine(Ca, "issued.json"), odd);
            Fails("issued.json", "pki", "list", Ca);
        }
        string network = File.ReadAllText(Path.Combine(Ca, "network.json"));
        foreach (string odd in (string[])["{}", "null", network.Replace("\"10.255.0.1\"", "null", StringComparison.Ordinal), network.Replace("10.255.0.0/24", "x", StringComparison.Ordinal)])
        {
            File.WriteAllText(Path.Combine(Ca, "network.json"), odd);
            Fails("network.json", "pki", "issue", Ca, "z");
        }
        File.Delete(Path.Combine(Ca, "ca.key"));
        Fails("the CA in", "pki", "crl", Ca);
    }

    [Fact]
    public void Join_OverwritesNothing_AndTakesNothingElse()
    {
        Ok("pki", "init", Ca);
        Ok("pki", "issue", Ca, "a");
        string bundle = Path.Combine(Ca, "bundles/a.dmvpn"), site = At("site");
        Fails("where is the hub? Say it with --hub ADDRESS", "join", bundle, "--source", "eth0", "--directory", site);
        Assert.False(Directory.Exists(site));
        Ok("join", bundle, "--source", "eth0", "--hub", "hub.example.net", "--directory", site);
        string before = File.ReadAllText(Path.Combine(site, "a.ios"));
        Fails("a.ios is there already, and is not overwritten", "join", bundle, "--source", "eth1", "--hub", "192.0.2.1", "--directory", site);
        File.Delete(Path.Combine(site, "a.ios"));
        Fails("site.key is there already, and is not overwritten", "join", bundle, "--source", "eth1", "--hub", "192.0.2.1", "--directory", site);
        Assert.Contains("nbma hub.example.net multicast", before);
        foreach ((string content, string problem) in ((string, string)[])
            [("", "is no bundle of 'dmvpn pki issue'"), ("{}", "is no bundle of 'dmvpn pki issue'"), ("null", "is no bundle that this version reads"), (File.ReadAllText(bundle).Replace("\"version\": 1", "\"version\": 2"), "is no bundle that this version reads"),
             (File.ReadAllText(bundle).Replace("\"name\": \"a\"", "\"name\": \"../../a\""), "'name' is missing, or is not what it should be")])
        {
            File.WriteAllText(At("other"), content);
            Fails(problem, "join", At("other"), "--source", "eth0", "--hub", "192.0.2.1", "--directory", At("elsewhere"));
        }
        Fails("nothing", "join", At("nothing"), "--source", "eth0", "--hub", "192.0.2.1", "--directory", At("elsewhere"));
        Assert.False(Directory.Exists(At("elsewhere")));
    }

    [Fact]
    public void Renewal_ReplacesTheCertificateFilesAlone_AndRevocationMeansBoth()
    {
        Ok("pki", "init", Ca, "--hub", "192.0.2.1");
        Ok("pki", "issue", Ca, "a");
        string site = At("site"), bundle = Path.Combine(Ca, "bundles/a.dmvpn");
        Fails("there is nothing to renew", "join", bundle, "--renew", "--directory", site);
        Ok("join", bundle, "--source", "eth0", "--directory", site);
        File.AppendAllText(Path.Combine(site, "a.ios"), "! mine\n");
        string configuration = File.ReadAllText(Path.Combine(site, "a.ios")), key = File.ReadAllText(Path.Combine(site, "a/site.key"));
        Clock.Now = Clock.Now.AddDays(700);
        Ok("pki", "renew", Ca, "a");
        Ok("join", bundle, "--renew", "--directory", site);
        Assert.Equal(configuration, File.ReadAllText(Path.Combine(site, "a.ios")));
        Assert.NotEqual(key, File.ReadAllText(Path.Combine(site, "a/site.key")));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(site, "a/site.key")));
        Assert.Equal(["a.ios", "a/ca.pem", "a/crl.pem", "a/site.key", "a/site.pem"], FilesIn(site));
        Assert.Equal(2, new AuthorityDirectory(Ca, Clock).ReadIssued().Count(s => s is { Name: "a", Address: "10.255.0.2", RevokedAt: null }));
        Ok("pki", "revoke", Ca, "a");
        Assert.True(new AuthorityDirectory(Ca, Clock).ReadIssued().TrueForAll(s => s.RevokedAt is not null));
    }

    [Fact]
    public void Hub_KeepsItsRole_WhenItIsRenewed()
    {
        Ok("pki", "init", Ca);
        Ok("pki", "issue", Ca, "hub", "--hub-role");
        Ok("pki", "renew", Ca, "hub");
        Ok("join", Path.Combine(Ca, "bundles/hub.dmvpn"), "--source", "eth0", "--directory", At("site"));
        string text = File.ReadAllText(At("site/hub.ios"));
        Assert.Contains(" ip nhrp redirect\n", text);
        Assert.Contains("router odr\n", text);
    }

    [Fact]
    public void ManualsExample_IsWhatJoinWrites()
    {
        Ok("pki", "init", Ca, "--domain", "vpn.example.net", "--network", "172.20.0.0/24", "--hub-tunnel", "172.20.0.1", "--hub", "hub.example.net", "--company", "10.0.0.0/8");
        Ok("pki", "issue", Ca, "spoke1", "--lan", "10.1.1.0/24");
        Ok("join", Path.Combine(Ca, "bundles/spoke1.dmvpn"), "--source", "eth0", "--directory", At("site"));
        string written = Regex.Replace(File.ReadAllText(At("site/spoke1.ios")), "authentication [a-z2-9]{8}\n", "authentication madeonce\n");
        Assert.Contains("```ios\n" + written + "```\n", Manual());
    }

    [Fact]
    public void ManualsCommands_DoWhatItSays()
    {
        string[] lines = [.. Manual().Split('\n').Where(line => line.StartsWith("$ dmvpn pki", StringComparison.Ordinal) || line.StartsWith("$ dmvpn join", StringComparison.Ordinal))];
        Assert.True(lines.Length >= 5);
        foreach (string line in lines)
            Ok([.. line[8..].Split(' ').Select(word => word switch { "company" => Ca, "spoke1.dmvpn" => Path.Combine(Ca, "bundles", word), "/etc/dmvpn" => At("etc"), _ => word })]);
    }
}
