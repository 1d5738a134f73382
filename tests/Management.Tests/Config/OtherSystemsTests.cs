using Dmvpn.Management.Config;

namespace Dmvpn.Management.Tests.Config;

/// <summary>A file of another maker is one error that names the maker, and a file of IOS is never taken for one.</summary>
public sealed class OtherSystemsTests
{
    [Theory]
    [InlineData("VyOS", 1, "set interfaces tunnel tun0 address '10.0.0.1/24'\nset protocols nhrp tunnel tun0 redirect\nset vpn ipsec profile P bind tunnel 'tun0'\n")]
    [InlineData("VyOS", 1, "interfaces {\n    tunnel tun0 {\n        address 10.0.0.1/24\n        encapsulation gre\n    }\n}\nprotocols {\n    nhrp {\n    }\n}\n")]
    [InlineData("Junos", 1, "set system host-name r1\nset interfaces gr-0/0/0 unit 0 family inet address 10.0.0.1/24\nset routing-options static route 0.0.0.0/0 next-hop 192.0.2.1\n")]
    [InlineData("Junos", 2, "system {\n    host-name r1;\n}\ninterfaces {\n    ge-0/0/0 {\n        mtu 1500;\n    }\n}\n")]
    [InlineData("FRR", 1, "frr version 10.3\nfrr defaults traditional\nhostname s\n!\ninterface gre1\n ip nhrp network-id 1\n ip nhrp nhs dynamic nbma 192.0.2.1\n tunnel source eth0\nexit\n!\nrouter bgp 65001\nexit\n")]
    [InlineData("MikroTik RouterOS", 1, "# jan/02/2025 10:00:00 by RouterOS 7.16\n/interface gre\nadd local-address=192.0.2.1 name=gre1 remote-address=192.0.2.2\n/ip address\nadd address=10.0.0.1/30 interface=gre1\n")]
    [InlineData("Cisco ASA", 1, "ASA Version 9.8(2)\n!\nhostname asa\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n ip address 192.0.2.1 255.255.255.0\n")]
    [InlineData("Cisco NX-OS", 1, "feature ospf\nhostname n9k\ninterface Tunnel0\n  ip address 10.0.0.1/24\n  tunnel source Ethernet1/1\n")]
    [InlineData("Cisco IOS XR", 1, "!! IOS XR Configuration 7.3.2\nhostname xr\ninterface tunnel-ip1\n ipv4 address 10.0.0.1 255.255.255.0\n")]
    [InlineData("Huawei VRP", 1, "sysname R1\n#\ninterface Tunnel0/0/0\n ip address 172.16.1.1 255.255.255.0\n tunnel-protocol gre p2mp\n nhrp entry multicast dynamic\n#\nreturn\n")]
    [InlineData("FortiOS", 1, "config system interface\n    edit \"wan1\"\n        set ip 192.0.2.1 255.255.255.0\n    next\nend\n")]
    [InlineData("OpenNHRP", 2, "interface gre1\n map 10.255.0.1/24 192.0.2.1 register\n shortcut\n cisco-authentication secret\n")]
    [InlineData("strongSwan (swanctl.conf)", 1, "connections {\n    dmvpn {\n        version = 2\n    }\n}\n")]
    [InlineData("strongSwan (ipsec.conf)", 1, "conn dmvpn\n  keyexchange=ikev2\n  left=%defaultroute\n  right=192.0.2.1\n  type=transport\n")]
    [InlineData("a shell script", 1, "#!/bin/sh\nip tunnel add gre1 mode gre key 1\nip link set gre1 up\n")]
    [InlineData("JSON or XML", 1, "{\n  \"tunnels\": []\n}\n")]
    [InlineData("netplan", 1, "network:\n  version: 2\n  ethernets:\n    eth0: {}\n")]
    public void FileOfAnotherMaker_IsOneErrorThatNamesIt(string name, int line, string text)
    {
        ConfigReport report = ConfigLoader.Load(text, needsTunnel: true).Report;
        Finding error = Assert.Single(report.Findings);
        Assert.Equal((FindingKind.Error, line), (error.Kind, error.Line));
        Assert.Contains(name, error.Reason);
        Assert.Contains("interface Tunnel0", error.Remedy);
        Assert.Equal(name == "FRR" ? ["bgp"] : [], report.Understood.Routing.Select(r => r.Protocol));
    }

    /// <summary>Lines of another maker in a file of IOS: the file stays one of IOS.</summary>
    [Theory]
    [InlineData("set interfaces tunnel tun0 address 10.0.0.1/24\n")]
    [InlineData("/ip address\n")]
    [InlineData("interfaces {\n}\n")]
    public void LineOfAnotherMaker_InAFileOfIos_IsItsOwnError(string added)
    {
        ConfigReport report = ConfigLoader.Load("interface Tunnel0\n ip address 172.20.0.1 255.255.255.0\n ip nhrp network-id 1\n tunnel source eth0\n tunnel mode gre multipoint\n" + added, needsTunnel: true).Report;
        Assert.True(report.HasErrors);
        Assert.Equal("Tunnel0", Assert.Single(report.Understood.Tunnels).Name);
    }

    [Theory]
    [InlineData("hostname a\nexit\n")]
    [InlineData("interface gre1\n ip nhrp network-id 1\n tunnel source eth0\n")]
    [InlineData("ip nhrp network-id 1\n")]
    public void FileWithoutATunnel_IsOneErrorToo(string text) =>
        Assert.Single(ConfigLoader.Load(text, needsTunnel: true).Report.Findings, f => f.Kind == FindingKind.Error);
}
