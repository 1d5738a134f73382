using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Cli.Dissect;

/// <summary>Names IKE and ESP; it decodes neither.</summary>
internal static class IpsecDissector
{
    private const ushort IkePort = 500;
    private const ushort NatPort = 4500;
    private const int IkeHeaderLength = 28;

    /// <summary>What a datagram from or to the IKE ports is (RFC 3948 2).</summary>
    public static bool TryDissect(UdpView udp, [NotNullWhen(true)] out DissectedLayer? layer)
    {
        ReadOnlySpan<byte> payload = udp.Payload;
        layer = null;
        if (udp.SourcePort == IkePort || udp.DestinationPort == IkePort)
        {
            layer = Ike(payload);
        }
        else if (udp.SourcePort == NatPort || udp.DestinationPort == NatPort)
        {
            if (payload.Length == 1 && payload[0] == 0xFF) layer = new DissectedLayer("NAT keepalive");
            else layer = payload.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(payload) == 0 ? Ike(payload[4..]) : Esp(payload);
        }
        return layer is not null;
    }

    /// <summary>ESP (RFC 4303 2), by its SPI and sequence number.</summary>
    public static DissectedLayer Esp(ReadOnlySpan<byte> bytes) => new("ESP")
    {
        Detail = bytes.Length < 8
            ? "too short for a header"
            : $"spi 0x{BinaryPrimitives.ReadUInt32BigEndian(bytes):X8}, sequence {BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])}, length {bytes.Length}",
    };

    private static DissectedLayer Ike(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < IkeHeaderLength) return new DissectedLayer("IKE") { Detail = "too short for a header" };
        int major = bytes[17] >> 4;
        string exchange = (major, bytes[18]) switch
        {
            (2, 34) => "IKE_SA_INIT",
            (2, 35) => "IKE_AUTH",
            (2, 36) => "CREATE_CHILD_SA",
            (2, 37) => "INFORMATIONAL",
            (1, 2) => "main mode",
            (1, 4) => "aggressive mode",
            (1, 5) => "informational",
            (1, 32) => "quick mode",
            (_, byte other) => $"exchange {other}",
        };
        return new DissectedLayer($"IKEv{major}")
        {
            Detail = $"{exchange}, message {BinaryPrimitives.ReadUInt32BigEndian(bytes[20..])}, "
                + $"spi {BinaryPrimitives.ReadUInt64BigEndian(bytes):X16}/{BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]):X16}, length {bytes.Length}",
        };
    }
}
