using System.Text.RegularExpressions;
using Dmvpn.Cli.Pki;
using Dmvpn.Core;
using Dmvpn.Pki;

namespace Dmvpn.Cli.Tests.Pki;

/// <summary>Hubs: their role, their addresses, a second one, and over which family they are called.</summary>
public sealed class HubTests : PkiBench
{
    [Fact]
    public void SecondHub_IsInAllBundlesThatAreStillHere_AndHubsCallEachOther()
    {
        Ok("pki", "init", Ca, "--hub", "198.51.100.1");
        Ok("pki", "issue", Ca, "hub", "--hub-role");
        Ok("pki", "issue", Ca, "spoke1");
        string said = Says("pki", "issue", Ca, "hub2", "--hub-role", "--hub", "203.0.113.1", "--lan", "10.2.0.0/16");
        Assert.Contains("ip nhrp nhs 10.255.0.3 nbma 203.0.113.1 multicast", said);
        Ok("pki", "issue", Ca, "spoke2");
        string[] both = ["10.255.0.1 nbma 198.51.100.1", "10.255.0.3 nbma 203.0.113.1"];
        Assert.Equal(both, Servers(Joined("spoke1")));
        Assert.Equal(both, Servers(Joined("spoke2")));
        string first = Joined("hub");
        Assert.Equal(["10.255.0.3 nbma 203.0.113.1"], Servers(first));
        Assert.Contains("\nip route 10.2.0.0 255.255.0.0 10.255.0.3\n", first);
        string second = Joined("hub2");
        Assert.Equal(["10.255.0.1 nbma 198.51.100.1"], Servers(second));
        Assert.Contains(" ip nhrp redirect\n", second);
        Assert.Contains("router odr\n", second);
        Assert.Contains("ip route 10.0.0.0 255.0.0.0 10.255.0.1\nip route 10.0.0.0 255.0.0.0 10.255.0.3 200\n", Joined("spoke2"));
    }

    [Fact]
    public void LanThatNobodyRoutes_OrThatAnotherSiteHas_IsDoubted()
    {
        Ok("pki", "init", Ca, "--hub", "198.51.100.1", "--company", "10.0.0.0/8");
        Assert.DoesNotContain("Warning", Says("pki", "issue", Ca, "s1", "--lan", "10.1.0.0/16"));
        Assert.Contains("Warning: 198.18.9.0/24 is in none of the networks that 'dmvpn join' routes by the tunnel (10.0.0.0/8)", Says("pki", "issue", Ca, "s2", "--lan", "198.18.9.0/24"));
        Assert.Contains("Warning: s1 has 10.1.1.0/24 too", Says("pki", "issue", Ca, "s3", "--lan", "10.1.1.0/24"));
        Assert.Contains("Warning: s3 has 10.1.0.0/16 too", Says("pki", "renew", Ca, "s1"));
        Ok("pki", "revoke", Ca, "s3");
        Assert.DoesNotContain("Warning", Says("pki", "renew", Ca, "s1"));
    }

    [Fact]
    public void HubsPlace_SaidAtJoin_GoesToEachHubInOrder()
    {
        Ok("pki", "init", Ca);
        foreach (string hub in (string[])["hub", "hub2"]) Ok("pki", "issue", Ca, hub, "--hub-role");
        Ok("pki", "issue", Ca, "s");
        Fails("where is the hub hub? Say it for each hub with --hub ADDRESS", "join", BundleOf("s"), "--source", "eth0", "--directory", At("x"));
        Fails("where is the hub hub2?", "join", BundleOf("s"), "--source", "eth0", "--hub", "192.0.2.1", "--directory", At("x"));
        Fails("--hub is there 3 times, and there are 2 hubs to call", "join", BundleOf("s"), "--source", "eth0", "--hub", "a.x", "--hub", "b.x", "--hub", "c.x", "--directory", At("x"));
        Assert.Equal(["10.255.0.1 nbma a.x", "10.255.0.2 nbma b.x"], Servers(Joined("s", "--hub", "a.x", "--hub", "b.x")));
        Assert.Equal(["10.255.0.2 nbma b.x"], Servers(Joined("hub", "--hub", "b.x")));
    }

    [Fact]
    public void Role_IsInTheCertificate_AndStaysWhenItIsRenewed()
    {
        Ok("pki", "init", Ca, "--hub-tunnel", "10.255.0.9");
        Fails("10.255.0.9 is the hub's address: add --hub-role", "pki", "issue", Ca, "hub", "--address", "10.255.0.9");
        Fails("--hub says where a hub is, and needs --hub-role", "pki", "issue", Ca, "hub", "--hub", "192.0.2.1");
        // Another address than 'init' said: all others call it there.
        Ok("pki", "issue", Ca, "hub", "--hub-role", "--address", "10.255.0.200", "--hub", "192.0.2.1");
        Ok("pki", "issue", Ca, "hub2", "--hub-role", "--address", "10.255.0.201", "--hub", "192.0.2.2", "--lan", "10.0.0.0/16");
        Ok("pki", "issue", Ca, "s", "--lan", "10.1.0.0/16", "--lan", "10.2.0.0/16");
        Ok("pki", "issue", Ca, "quiet", "--lan", "none");
        foreach (bool renewed in (bool[])[false, true])
        {
            if (renewed) foreach (string name in (string[])["hub", "hub2", "s", "quiet"]) Ok("pki", "renew", Ca, name);
            Assert.Equal((SiteRole.Hub, null), RightsOf("hub"));
            Assert.Equal((SiteRole.Hub, "10.0.0.0/16"), RightsOf("hub2"));
            Assert.Equal((SiteRole.Spoke, "10.1.0.0/16 10.2.0.0/16"), RightsOf("s"));
            Assert.Equal((SiteRole.Spoke, ""), RightsOf("quiet"));
            Assert.Equal(["10.255.0.200 nbma 192.0.2.1", "10.255.0.201 nbma 192.0.2.2"], Servers(Joined("s")));
        }
        string list = Says("pki", "list", Ca);
        foreach (string line in (string[])["hub .* hub\n", "hub2 .* hub: 10.0.0.0/16\n", "s .* 10.1.0.0/16, 10.2.0.0/16\n", "quiet .* none\n"]) Assert.Matches("\n" + line, list);
        Ok("pki", "renew", Ca, "s", "--lan", "10.3.0.0/16");
        Assert.Equal((SiteRole.Spoke, "10.3.0.0/16"), RightsOf("s"));
        Ok("pki", "revoke", Ca, "hub2");
        Ok("pki", "issue", Ca, "t");
        Assert.Equal(["10.255.0.200 nbma 192.0.2.1"], Servers(Joined("t")));
    }

    [Fact]
    public void DirectoryOfBeforeTheRoles_IssuesASecondHub()
    {
        Ok("pki", "init", Ca, "--hub", "192.0.2.1");
        Ok("pki", "issue", Ca, "hub", "--hub-role");
        foreach (string file in (string[])["network.json", "issued.json"])
        {
            string text = Regex.Replace(File.ReadAllText(Path.Combine(Ca, file)), "(?s),\\s*\"(hubs|company|callsByIPv6|isHub|networks)\": (\\[.*?\\]|null|true|false)", "");
            File.WriteAllText(Path.Combine(Ca, file), text);
        }
        Ok("pki", "issue", Ca, "hub2", "--hub-role", "--hub", "192.0.2.2");
        Ok("pki", "renew", Ca, "hub");
        Ok("pki", "issue", Ca, "s");
        Assert.Equal(["10.255.0.1 nbma 192.0.2.1", "10.255.0.2 nbma 192.0.2.2"], Servers(Joined("s")));
        Assert.Equal(["10.255.0.2 nbma 192.0.2.2"], Servers(Joined("hub")));
    }

    [Theory]
    [InlineData("10.255.0.0/24", "10.255.0.1", "2001:db8::1", null)]
    [InlineData("fd00:255::/64", "fd00:255::1", "198.51.100.1", null)]
    [InlineData("fd00:255::/64", "fd00:255::1", "2001:db8::1", null)]
    [InlineData("fd00:255::/64", "fd00:255::1", "hub.example.net", "--ipv6")]
    public void IPv6_OutsideInsideOrBoth_MakesConfigurationsOfThatKind(string network, string tunnel, string place, string? ipv6)
    {
        Ok(["pki", "init", Ca, "--network", network, "--hub-tunnel", tunnel, "--hub", place, .. ipv6 is null ? Array.Empty<string>() : [ipv6]]);
        Ok("pki", "issue", Ca, "hub", "--hub-role");
        bool inside = network.Contains(':'), outside = ipv6 is not null || place.Contains(':');
        string[] lan = ["--lan", inside ? "2001:db8:1::/48" : "10.1.0.0/16"];
        Assert.Equal(inside, Says(["pki", "issue", Ca, "s", .. lan]).Contains("On the hub: ipv6 route 2001:db8:1::/48 fd00:255::2", StringComparison.Ordinal));
        foreach (string name in (string[])["hub", "s"])
        {
            string text = Joined(name);
            Assert.Contains(outside ? " tunnel mode gre multipoint ipv6\n" : " tunnel mode gre multipoint\n", text);
            Assert.Contains(inside ? $" ipv6 address {(name == "hub" ? tunnel : "fd00:255::2")}/64\n" : " ip address ", text);
            Assert.Equal(!inside, text.Contains("cdp enable", StringComparison.Ordinal));
        }
        Assert.Contains(inside ? "ipv6 route fc00::/7 fd00:255::1\n" : "ip route 10.0.0.0 255.0.0.0 10.255.0.1\n", Joined("s"));
    }

    [Fact]
    public void HubsOfBothFamilies_OrOneThatDoesNotFit_AreRefusedWithTheReason()
    {
        Ok("pki", "init", Ca, "--hub", "192.0.2.1");
        Ok("pki", "issue", Ca, "hub", "--hub-role");
        Fails("10.255.0.77 is an address in the tunnel's network", "pki", "issue", Ca, "hub2", "--hub-role", "--hub", "10.255.0.77");
        Ok("pki", "issue", Ca, "hub2", "--hub-role", "--hub", "2001:db8::2");
        Ok("pki", "issue", Ca, "s");
        Fails("one hub is at an IPv4 address and another at an IPv6 address", "join", BundleOf("s"), "--source", "eth0", "--directory", At("x"));
        Assert.Equal(["10.255.0.1 nbma 192.0.2.1", "10.255.0.2 nbma 192.0.2.2"], Servers(Joined("s", "--hub", "192.0.2.1", "--hub", "192.0.2.2")));
        Fails("--ipv6 is for hubs at IPv6 addresses", "join", BundleOf("s"), "--source", "eth0", "--ipv6", "--hub", "192.0.2.1", "--hub", "192.0.2.2", "--directory", At("x"));
    }

    private static string[] Servers(string configuration) => [.. Regex.Matches(configuration, "nhrp nhs (.*) multicast\n").Select(match => match.Groups[1].Value)];

    private (SiteRole Role, string? Networks) RightsOf(string name)
    {
        SiteBundle bundle = BundleFile.Read(BundleOf(name));
        var material = new TrustpointMaterial
        {
            Name = "t",
            Authorities = System.Text.Encoding.ASCII.GetBytes(bundle.Authority),
            Certificates = System.Text.Encoding.ASCII.GetBytes(bundle.Certificate),
            Key = System.Text.Encoding.ASCII.GetBytes(bundle.Key),
        };
        Assert.True(SiteCertificate.TryRead(material, out SiteCertificate? certificate, out string failure), failure);
        return (certificate.Rights.Role, certificate.Rights.Networks is { } networks ? string.Join(' ', networks) : null);
    }
}
