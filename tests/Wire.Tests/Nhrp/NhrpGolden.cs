using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Wire.Tests.Nhrp;

/// <summary>Packets of real IOS, with what they say.</summary>
internal static class NhrpGolden
{
    /// <summary>NHRP_registration.pcap frame 1: key 2, authentication NHRPAUTH.</summary>
    public static readonly byte[] RegistrationRequest = Convert.FromHexString(
        "000108000000000000ff006c197b003401030400" +
        "0404800200000001a9fe64019b0100019b010005" +
        "0020000045f81c2000000000" +
        "800300008004000080050000" +
        "8007000c000000014e48525041555448" +
        "000900140020000045f8000004000400a9fe64059b010005" +
        "80000000");

    /// <summary>nhrp-trace.pcap frame 1: a redirect by the hub 10.255.255.1.</summary>
    public static readonly byte[] TrafficIndication = Convert.FromHexString(
        "000108000000000000ff0062d9d0004401080400" +
        "0404000000000000c0a8c8010affff010affff03" +
        "450000640005" + "0000ff01a78f0affff030affff020800325b00010000" +
        "8004000080050000" + "8007000a00000001736563726574" + "00090000" + "80000000");

    /// <summary>nhrp-trace.pcap frame 4: spoke 10.255.255.2 answers with its own address.</summary>
    public static readonly byte[] ResolutionReply = Convert.FromHexString(
        "000108000000000000ff0086659b003c01020400" +
        "0404f80200000005c0a8c8030affff030affff02" +
        "0020000005ea1c2004000400c0a8c8020affff02" +
        "800300140000000005ea1c2004000400c0a8c8020affff02" +
        "800400140000000005ea1c2004000400c0a8c8010affff01" +
        "80050000" + "8007000a00000001736563726574" + "00090000" + "80000000");

    /// <summary>ios_nhrp.pcap: an old image, 81 bytes (an odd number), prefix 255, no NAT extension.</summary>
    public static readonly byte[] OldRegistrationRequest = Convert.FromHexString(
        "000108000000000000ff0051e8e4003401030400" +
        "0404800000000005" + "0a000c02c0a80002c0a80001" +
        "00ff000005ea001e00000000" + "800300008004000080050000" + "8007000900000001434953434f" + "80000000");

    public static readonly NhrpPacket RegistrationRequestValue = new()
    {
        Header = new NhrpHeader
        {
            Type = NhrpPacketType.RegistrationRequest,
            Flags = NhrpFlags.RegistrationUnique | NhrpFlags.Nat,
            RequestId = 1,
            SourceNbma = Address("169.254.100.1"),
            SourceProtocol = Address("155.1.0.1"),
            DestinationProtocol = Address("155.1.0.5"),
        },
        Cies = [new NhrpCie { PrefixLength = 32, Mtu = 17912, HoldTime = 7200 }],
        HasExtensionPart = true,
        Extensions =
        [
            new(0x8003, []), new(0x8004, []), new(0x8005, []),
            new(0x8007, [0, 0, 0, 1, .. "NHRPAUTH"u8]),
            new(0x0009, Convert.FromHexString("0020000045f8000004000400a9fe64059b010005")),
            new(0x8000, []),
        ],
    };

    public static readonly NhrpPacket TrafficIndicationValue = new()
    {
        Header = new NhrpHeader
        {
            Type = NhrpPacketType.TrafficIndication,
            SourceNbma = Address("192.168.200.1"),
            SourceProtocol = Address("10.255.255.1"),
            DestinationProtocol = Address("10.255.255.3"),
        },
        CarriedPacket = [.. Convert.FromHexString("4500006400050000ff01a78f0affff030affff020800325b00010000")],
        HasExtensionPart = true,
        Extensions = [new(0x8004, []), new(0x8005, []), new(0x8007, [0, 0, 0, 1, .. "secret"u8]), new(0x0009, []), new(0x8000, [])],
    };

    public static IpAddress Address(string text) => IpAddress.Parse(text);
}
