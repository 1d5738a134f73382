using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp.Tests.Harness;

/// <summary>Packets of stations that are not in the net.</summary>
internal static class NhrpBytes
{
    public static byte[] Registration(
        string nbma, string address, bool unique = false, NhrpCie[]? cies = null, string destination = "10.0.0.1", NhrpExtension? extra = null, string? authentication = "secret")
    {
        List<NhrpExtension> extensions = [new(0x8003, []), new(0x8004, []), new(0x8005, [])];
        if (authentication is not null) extensions.Add(Authentication(authentication));
        if (extra is { } e) extensions.Add(e);
        extensions.AddRange([new(0x0009, []), new(0x8000, [])]);
        return Packet(NhrpPacketType.RegistrationRequest, nbma, address, destination, unique ? NhrpFlags.RegistrationUnique | NhrpFlags.Nat : NhrpFlags.Nat, 77,
            cies ?? [new NhrpCie { PrefixLength = 32, HoldTime = 300 }], [.. extensions]);
    }

    public static byte[] Purge(string nbma, string source, string destination, string purged, byte prefixLength = 32) =>
        Packet(NhrpPacketType.PurgeRequest, nbma, source, destination, NhrpFlags.None, 78, [new NhrpCie { PrefixLength = prefixLength, Protocol = IpAddress.Parse(purged) }],
            [Authentication("secret"), new(0x8000, [])]);

    public static byte[] Resolution(string nbma, string source, string destination, NhrpFlags flags = (NhrpFlags)0xC802, byte hop = 255, uint id = 79, params NhrpExtension[] extensions) =>
        Packet(NhrpPacketType.ResolutionRequest, nbma, source, destination, flags, id, [new NhrpCie { HoldTime = 600 }],
            extensions.Length > 0 ? [.. extensions] : [new(0x8003, []), new(0x8004, []), new(0x8005, []), Authentication("secret"), new(0x0009, []), new(0x8000, [])], hop);

    public static NhrpExtension Authentication(string text) => new(0x8007, [0, 0, 0, 1, .. System.Text.Encoding.ASCII.GetBytes(text)]);

    public static byte[] Packet(
        NhrpPacketType type, string nbma, string source, string destination, NhrpFlags flags, uint id, NhrpCie[] cies, NhrpExtension[] extensions, byte hop = 255) =>
        new NhrpPacket
        {
            Header = new NhrpHeader
            {
                Type = type,
                HopCount = hop,
                Flags = flags,
                RequestId = id,
                AddressFamily = nbma.Contains(':') ? NhrpSpec.AfnIPv6 : NhrpSpec.AfnIPv4,
                ProtocolType = source.Contains(':') ? NhrpSpec.ProtocolIPv6 : NhrpSpec.ProtocolIPv4,
                SourceNbma = IpAddress.Parse(nbma),
                SourceProtocol = NhrpAddress.Explicit(IpAddress.Parse(source)),
                DestinationProtocol = NhrpAddress.Explicit(IpAddress.Parse(destination)),
            },
            Cies = [.. cies],
            HasExtensionPart = extensions.Length > 0,
            Extensions = [.. extensions],
        }.Write();
}
