using Dmvpn.Core;
using Dmvpn.Management.Config;
using Dmvpn.Odr;

namespace Dmvpn.Management.Tests.Config;

/// <summary><c>distribute-list</c> of <c>router odr</c> with the lists of the same file.</summary>
public sealed class DistributeListTests
{
    private const string Tunnel = "interface Tunnel0\n ip address 10.255.0.1 255.255.255.0\n ip nhrp network-id 1\n cdp enable\n tunnel source eth0\n tunnel mode gre multipoint\n";
    private static readonly IpAddress Sender = IpAddress.Parse("10.255.0.2");

    [Theory]
    [InlineData("access-list 10 permit 10.1.0.0 0.0.255.255", "10", "10.1.5.0/24", true)]
    [InlineData("access-list 10 permit 10.1.0.0 0.0.255.255", "10", "10.2.5.0/24", false)]
    [InlineData("access-list 10 deny 10.1.5.0 0.0.0.255\naccess-list 10 permit any", "10", "10.1.5.0/24", false)]
    [InlineData("access-list 10 deny 10.1.5.0 0.0.0.255\naccess-list 10 permit any", "10", "10.1.6.0/24", true)]
    [InlineData("access-list 10 permit 10.0.5.0 0.255.0.255", "10", "10.77.5.0/24", true)] // a wildcard with a hole
    [InlineData("ip access-list standard LANS\n remark branches\n permit host 10.1.5.0\n deny any", "LANS", "10.1.5.0/24", true)]
    [InlineData("ip access-list standard LANS\n 20 permit any\n 10 deny 10.1.5.0", "LANS", "10.1.5.0/24", false)] // by sequence number
    [InlineData("ip access-list extended LANS\n permit ip host 10.255.0.2 10.1.0.0 0.0.255.255", "LANS", "10.1.5.0/24", true)]
    [InlineData("ip access-list extended LANS\n permit ip host 10.255.0.3 10.1.0.0 0.0.255.255", "LANS", "10.1.5.0/24", false)]
    [InlineData("access-list 110 permit ip any 10.1.0.0 0.0.255.255 log", "110", "10.1.5.0/24", true)]
    [InlineData("ip prefix-list P permit 10.1.0.0/16 ge 24 le 28", "prefix P", "10.1.5.0/24", true)]
    [InlineData("ip prefix-list P permit 10.1.0.0/16 ge 24 le 28", "prefix P", "10.1.0.0/16", false)]
    [InlineData("ip prefix-list P permit 10.1.5.0/24", "prefix P", "10.1.5.0/25", false)] // exactly this length
    [InlineData("ip prefix-list P seq 10 permit 0.0.0.0/0 le 32\nip prefix-list P seq 5 deny 10.1.5.0/24", "prefix P", "10.1.5.0/24", false)]
    [InlineData("ip prefix-list G permit 10.255.0.2/32", "gateway G", "10.1.5.0/24", true)]
    [InlineData("ip prefix-list G permit 10.255.0.3/32", "gateway G", "10.1.5.0/24", false)]
    public void List_OfEachKind_JudgesAPrefixAsOnIos(string list, string name, string prefix, bool permits)
    {
        OdrFilter filter = Assert.Single(Accepted($"{list}\n!\n{Tunnel}router odr\n distribute-list {name} in\n").Odr!.DistributeIn);
        Assert.Equal(permits, filter.Permits(IpPrefix.Parse(prefix), Sender));
    }

    [Fact]
    public void ListBehindTheLineThatNamesIt_IsFound_AndForOneTunnelOnly()
    {
        RouterConfig config = Accepted(Tunnel + "router odr\n distribute-list 10 in Tunnel0\n!\naccess-list 10 permit any\naccess-list 99 permit 1.2.3.4\n");
        Assert.Equal(new TunnelId(0), Assert.Single(config.Odr!.DistributeIn).Tunnel);
    }

    [Theory]
    [InlineData("router odr\n distribute-list 10 in\n", "there is no access list '10'")]
    [InlineData("router odr\n distribute-list prefix P in\n", "there is no prefix list 'P'")]
    [InlineData("access-list 10 permit tcp any any\nrouter odr\n distribute-list 10 in\n", "the address is not")]
    [InlineData("ip access-list extended X\n permit tcp any any eq 80\nrouter odr\n distribute-list X in\n", "no protocol or port")]
    [InlineData("ip prefix-list P permit 10.0.0.0/8 le 4\nrouter odr\n distribute-list prefix P in\n", "are not inside")]
    [InlineData("router odr\n distribute-list route-map M in\n", "route maps are not supported")]
    public void ListThatIsMissingOrUnread_IsAnErrorWithTheReason(string text, string reason)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Tunnel + text);
        Assert.Null(config);
        Assert.Contains(report.Findings, finding => finding.Kind == FindingKind.Error && finding.Reason.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void ListThatNobodyNames_IsPassedOver_WhateverIsInIt() =>
        Accepted("access-list 110 permit tcp any any eq 443 established\nip access-list extended X\n evaluate Y\n permit udp any eq bootps any\n!\n" + Tunnel);

    [Fact]
    public void RunningConfig_WithFilters_ReadsAsTheSame()
    {
        const string text = "access-list 10 permit 10.1.0.0 0.0.255.255\nip access-list standard LANS\n permit 10.2.0.0 0.0.255.255\nip prefix-list P permit 10.0.0.0/8 le 24\n!\n"
            + Tunnel + "router odr\n maximum-prefix 5\n distribute-list 10 in Tunnel0\n distribute-list LANS in\n distribute-list prefix P gateway P in\n";
        RouterConfig config = Accepted(text);
        string printed = RunningConfigText(config);
        Assert.Contains("ip access-list standard LANS\n permit 10.2.0.0 0.0.255.255\n", printed, StringComparison.Ordinal);
        Assert.Equal(config.Odr, Accepted(printed).Odr);
        Assert.Equal(printed, RunningConfigText(Accepted(printed)));
    }

    private static string RunningConfigText(RouterConfig config) => Management.Config.RunningConfig.Write(config);

    private static RouterConfig Accepted(string text)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(text);
        Assert.True(config is not null, string.Join('\n', report.Findings.Select(finding => $"{finding.Line}: {finding.Reason}")));
        return config;
    }
}
