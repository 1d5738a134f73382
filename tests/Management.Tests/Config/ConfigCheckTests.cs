using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>Checks of the file as a whole: which line is named, and why.</summary>
public sealed class ConfigCheckTests
{
    private const string Hub = "interface Tunnel0\n ip address 10.0.0.1 255.255.255.0\n ip nhrp network-id 1\n tunnel source eth0\n tunnel mode gre multipoint\n tunnel key 1\n";

    [Theory]
    [InlineData(" no tunnel source\n", 1, "Tunnel0 has no source")]
    [InlineData(" no tunnel mode\n", 1, "Tunnel0 is point-to-point and has no destination")]
    [InlineData(" tunnel destination 192.0.2.1\n", 7, "a multipoint tunnel has no destination")]
    [InlineData(" tunnel source 2001:db8::1\n", 7, "2001:db8::1 does not fit the tunnel's mode, which is over IPv4")]
    [InlineData(" tunnel source tunnel0\n", 7, "the tunnel is its own source")]
    [InlineData(" ip nhrp map 10.0.0.9 2001:db8::9\n", 7, "the NBMA address 2001:db8::9 does not fit the tunnel's mode, which is over IPv4")]
    [InlineData(" ip nhrp nhs 10.0.0.9 nbma 224.0.0.1\n", 7, "224.0.0.1 cannot be an NBMA address")]
    [InlineData(" ip address 10.0.0.1 255.255.255.0 secondary\n", 7, "there is a secondary address and no primary one")]
    [InlineData(" ip address 10.0.0.255 255.255.255.0\n", 7, "10.0.0.255 is no host's address in 10.0.0.0/24")]
    [InlineData(" ip nhrp authentication ninechars\n", 7, "this has 9 characters, and must have 1 to 8")]
    [InlineData(" ipv6 address fe80::1/64\n", 7, "fe80::1 is a link-local address")]
    [InlineData(" ip nhrp interest 101\n", 7, "which traffic triggers a resolution cannot be given by an access list")]
    [InlineData(" ipv6 address 2001:db8::/64 eui-64\n", 7, "a tunnel has no hardware address to make the lower half of")]
    [InlineData(" ip address dhcp\n", 7, "the address of a tunnel must be written here")]
    [InlineData(" tunnel mode vxlan-gpe ipv4\n", 7, "only GRE tunnels are supported")]
    [InlineData(" cts manual\n", 7, "TrustSec is not supported")]
    [InlineData("cts manual\n", 7, "TrustSec is not supported")]
    [InlineData("vrf forwarding RED\n", 7, "a tunnel inside a VRF is not yet supported: its packets would mix with others")]
    [InlineData("ip nat outside\n", 7, "NAT is not applied: packets would leave with other addresses")]
    [InlineData(" ip access-group 101 in\n", 7, "packet filters are not applied: without them more would pass")]
    [InlineData(" tunnel protection ipsec profile P\n", 7, "there is no 'crypto ipsec profile P'")]
    [InlineData(" vrf forwarding RED\n", 7, "a tunnel inside a VRF is not yet supported: its packets would mix with others")]
    [InlineData("router bgp 65000\n neighbor 10.0.0.2 remote-as 65000\n", 7, "'router bgp' is not run by this daemon: without it packets would take other ways")]
    [InlineData("crypto isakmp policy 10\n", 7, "'crypto isakmp' is IKEv1, which is not yet supported")]
    [InlineData("interface Tunnel1\n ip address 10.1.0.1 255.255.255.0\n ip nhrp network-id 2\n tunnel source eth0\n tunnel mode gre multipoint\n tunnel key 1\n", 12,
        "Tunnel0 and Tunnel1 have the same source, mode and key 1: packets for one would be taken for the other's")]
    [InlineData("interface Tunnel1\n ip address 10.0.0.129 255.255.255.128\n ip nhrp network-id 2\n tunnel source eth1\n tunnel mode gre multipoint\n", 8, "10.0.0.128/25 overlaps with 10.0.0.0/24 of Tunnel0")]
    [InlineData("interface Tunnel1\n ip address 10.0.0.1 255.255.255.0\n tunnel source eth1\n tunnel mode gre multipoint\n ip nhrp network-id 2\n", 8, "10.0.0.1 is already an address of Tunnel0")]
    [InlineData("ip route 10.9.0.0 255.255.0.0 192.0.2.1\n", 7, "the next hop 192.0.2.1 is in no tunnel's network")]
    [InlineData("ip route 10.9.0.0 255.255.0.0 10.0.0.1\n", 7, "the next hop 10.0.0.1 is this router itself")]
    [InlineData("ip route 10.9.0.0 255.255.0.0 Tunnel9\n", 7, "there is no interface Tunnel9 in this file")]
    [InlineData("ip route 10.9.0.0 255.255.0.0 eth7\n", 7, "eth7 is no tunnel")]
    [InlineData("ip route 10.9.0.1 255.255.0.0 Tunnel0\n", 7, "10.9.0.1 has bits set behind its mask")]
    public void Refused(string added, int line, string reason)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Hub + added);
        Assert.Null(config);
        Finding error = Assert.Single(report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Equal((line, reason), (error.Line, error.Reason));
    }

    [Theory]
    [InlineData(" no ip nhrp network-id\n ip nhrp holdtime 60\n", 8, "NHRP is off on Tunnel0: there is no 'ip nhrp network-id'")]
    [InlineData(" no ip nhrp network-id\n", 5, "Tunnel0 is multipoint without NHRP: it reaches nobody")]
    [InlineData(" no ip address\n", 3, "NHRP needs an IPv4 address on Tunnel0")]
    [InlineData(" ip nhrp nhs 10.0.0.1\n", 7, "the NHS 10.0.0.1 is this router itself")]
    [InlineData(" ip nhrp nhs 10.7.0.1 nbma 192.0.2.1\n", 7, "the NHS 10.7.0.1 is not in the tunnel's network")]
    [InlineData(" ip nhrp nhs 10.0.0.9\n", 7, "where the NHS 10.0.0.9 is outside the tunnel is not known")]
    [InlineData(" ip nhrp registration timeout 7200\n", 7, "registering every 7200 s is too seldom: registrations are forgotten after the hold time, 7200 s")]
    [InlineData(" ip mtu 1476\n", 7, "packets of 1476 bytes become 1504 outside, more than Ethernet's 1500")]
    [InlineData(" ip tcp adjust-mss 1400\n", 7, "an MSS of 1400 makes packets of 1440 bytes, more than the tunnel's 1400")]
    [InlineData(" keepalive\n", 7, "keepalives are for point-to-point tunnels: none are sent")]
    [InlineData(" if-state nhrp\n", 7, "Tunnel0 has no NHS: 'if-state nhrp' would keep it down for ever")]
    [InlineData(" ip ospf network point-to-multipoint\n", 7, "settings of routing protocols have no effect here")]
    [InlineData(" nhrp map group GOLD service-policy output P\n", 7, "'nhrp map group' is not yet supported and has no effect")]
    [InlineData(" ip nhrp bfd strict-mode\n", 7, "'ip nhrp bfd' is not yet supported and has no effect")]
    [InlineData(" nhrp event-publisher max-event-timeout 5\n", 7, "'nhrp event-publisher' is not yet supported and has no effect")]
    [InlineData("router odr\n", 7, "'router odr' learns nothing: no tunnel has 'cdp enable'")]
    [InlineData("interface eth0\n ip address 192.0.2.1 255.255.255.0\nip route 0.0.0.0 0.0.0.0 192.0.2.254\n", 9, "a route out of eth0 belongs to Linux and was not made")]
    [InlineData("ip nat inside source list 1 interface eth0 overload\n", 7, "NAT belongs to Linux and was not set up")]
    public void TakenWithAWarning(string added, int line, string reason)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Hub + added);
        Assert.True(config is not null, ConfigReportText.Render("f", report));
        Assert.Contains(report.Findings, f => f.Kind == FindingKind.Warning && f.Line == line && f.Reason == reason);
    }

    [Theory]
    // Told apart by key; by mode; by destination.
    [InlineData("interface Tunnel1\n ip address 10.1.0.1 255.255.255.0\n ip nhrp network-id 2\n tunnel source eth0\n tunnel mode gre multipoint\n tunnel key 2\n")]
    [InlineData("interface Tunnel1\n ip address 10.1.0.1 255.255.255.0\n tunnel source eth0\n tunnel destination 192.0.2.9\n tunnel key 1\n")]
    [InlineData("interface Tunnel1\n ip address 10.1.0.1 255.255.255.0\n ip nhrp network-id 2\n tunnel source eth0\n tunnel vrf WAN\n tunnel mode gre multipoint\n tunnel key 1\n")]
    [InlineData("interface Tunnel1\n shutdown\n")]
    // NHRP over point-to-point GRE, as phase 1 spokes have it.
    [InlineData("interface Tunnel1\n ip address 10.1.0.2 255.255.255.0\n ip nhrp network-id 2\n ip nhrp nhs 10.1.0.1\n tunnel source eth0\n tunnel destination 192.0.2.9\n tunnel key 9\n")]
    [InlineData("interface eth0\nip address 192.0.2.1 255.255.255.0\n negotiation auto\n")]
    [InlineData(" crypto ipsec df-bit clear\n")]
    [InlineData(" no ip redirects\n no ip split-horizon eigrp 1\n load-interval 30\n qos pre-classify\n no nhrp route-watch\n")]
    public void TakenWithoutAWarning(string added)
    {
        (RouterConfig? config, ConfigReport report) = ConfigLoader.Load(Hub + added);
        Assert.True(config is not null && report.Count(FindingKind.Warning) == 0, ConfigReportText.Render("f", report));
    }

    [Fact]
    public void LongInterfaceName_IsNotedWithTheWayToGiveIt()
    {
        Finding note = Assert.Single(ConfigLoader.Load(Hub.Replace("eth0", "GigabitEthernet2")).Report.Findings);
        Assert.Equal(FindingKind.Note, note.Kind);
        Assert.Contains("altname GigabitEthernet2", note.Remedy);
    }
}
