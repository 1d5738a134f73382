using System.Buffers.Binary;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Cli.Dissect;

/// <summary>What a datagram from or to the ports of IKE is.</summary>
internal enum IkePortContent
{
    /// <summary>It is of other ports.</summary>
    None,

    /// <summary>An IKE message.</summary>
    Ike,

    /// <summary>An ESP packet.</summary>
    Esp,

    /// <summary>A NAT keepalive.</summary>
    NatKeepalive,
}

/// <summary>Tells IKE, ESP and NAT keepalives from each other (RFC 3948 2).</summary>
internal static class IkePorts
{
    /// <summary>What it is, and its bytes without the non-ESP marker.</summary>
    public static IkePortContent Sort(UdpView udp, out ReadOnlySpan<byte> content)
    {
        content = udp.Payload;
        if (udp.SourcePort == IkeSpec.Port || udp.DestinationPort == IkeSpec.Port) return IkePortContent.Ike;
        if (udp.SourcePort != IkeSpec.NatPort && udp.DestinationPort != IkeSpec.NatPort) return IkePortContent.None;
        if (content.Length == 1 && content[0] == EspSpec.NatKeepalive) return IkePortContent.NatKeepalive;
        if (content.Length < IkeSpec.NonEspMarkerLength || BinaryPrimitives.ReadUInt32BigEndian(content) != 0) return IkePortContent.Esp;
        content = content[IkeSpec.NonEspMarkerLength..];
        return IkePortContent.Ike;
    }
}
