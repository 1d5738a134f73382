namespace Dmvpn.Wire.Cdp;

/// <summary>
/// Numbers of the Cisco Discovery Protocol. It has no RFC: they are from Cisco's "Configuring Cisco Discovery Protocol" and
/// "Frame Formats" (CDP) pages, and agree with what Wireshark and tcpdump decode. Over GRE the CDP header follows the
/// GRE header with protocol 0x2000 at once; there is no LLC/SNAP header as on Ethernet.
/// </summary>
public static class CdpSpec
{
    /// <summary>Version, time to live, checksum.</summary>
    public const int HeaderLength = 4;

    /// <summary>Type and length, which counts itself.</summary>
    public const int TlvHeaderLength = 4;

    /// <summary>The version we send. Version 1 has the same header and fewer TLVs.</summary>
    public const byte Version = 2;

    /// <summary>Protocol type 1 in an address: NLPID.</summary>
    public const byte NlpidProtocolType = 1;

    /// <summary>NLPID of IPv4.</summary>
    public const byte Ipv4Nlpid = 0xCC;

    /// <summary>Protocol type 2 in an address: 802.2 with SNAP.</summary>
    public const byte SnapProtocolType = 2;

    /// <summary>LLC, SNAP OUI and EtherType of IPv6, the protocol of an IPv6 address.</summary>
    public static ReadOnlySpan<byte> Ipv6Snap => [0xAA, 0xAA, 0x03, 0, 0, 0, 0x86, 0xDD];

    /// <summary>One prefix of the ODR TLV: address and length.</summary>
    public const int PrefixLength = 5;

    /// <summary>The value of the ODR TLV when it is a default gateway and not a list of prefixes: one address.</summary>
    public const int GatewayLength = 4;
}

/// <summary>The types of TLVs that matter here. All others are kept as they are.</summary>
public enum CdpTlvType : ushort
{
    /// <summary>Name of the device.</summary>
    DeviceId = 0x0001,

    /// <summary>Addresses of the interface that the packet was sent by.</summary>
    Addresses = 0x0002,

    /// <summary>Name of that interface.</summary>
    PortId = 0x0003,

    /// <summary>What the device does.</summary>
    Capabilities = 0x0004,

    /// <summary>Software version, several lines.</summary>
    SoftwareVersion = 0x0005,

    /// <summary>Hardware.</summary>
    Platform = 0x0006,

    /// <summary>On-Demand Routing: from a stub its prefixes, from a hub the default gateway.</summary>
    Odr = 0x0007,

    /// <summary>VTP management domain.</summary>
    VtpDomain = 0x0009,

    /// <summary>Native VLAN.</summary>
    NativeVlan = 0x000A,

    /// <summary>1 is full duplex.</summary>
    Duplex = 0x000B,

    /// <summary>Addresses for management.</summary>
    ManagementAddresses = 0x0016,
}

/// <summary>Bits of <see cref="CdpTlvType.Capabilities"/>.</summary>
[Flags]
public enum CdpCapabilities : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>R: routes a network protocol.</summary>
    Router = 0x01,

    /// <summary>T: transparent bridge.</summary>
    TransparentBridge = 0x02,

    /// <summary>B: source route bridge.</summary>
    SourceRouteBridge = 0x04,

    /// <summary>S: switch.</summary>
    Switch = 0x08,

    /// <summary>H: host.</summary>
    Host = 0x10,

    /// <summary>I: does not forward IGMP reports.</summary>
    Igmp = 0x20,

    /// <summary>r: repeater.</summary>
    Repeater = 0x40,

    /// <summary>P: phone.</summary>
    Phone = 0x80,

    /// <summary>D: remotely managed device.</summary>
    Remote = 0x100,

    /// <summary>C: CVTA.</summary>
    Cvta = 0x200,

    /// <summary>M: two-port MAC relay.</summary>
    MacRelay = 0x400,
}
