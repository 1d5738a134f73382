using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>A pair of ESP SAs.</summary>
public sealed record CryptoIpsecSa
{
    /// <summary>Which pair of SAs, from 1, the oldest first. IOS's "conn id" is twice it less 1 inbound, and twice it outbound.</summary>
    public int Number { get; init; } = 1;

    /// <summary>Our end.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>The other end.</summary>
    public required IpAddress Remote { get; init; }

    /// <summary>Its UDP port; 500 for raw ESP, as on IOS.</summary>
    public int RemotePort { get; init; }

    /// <summary>Our selector.</summary>
    public required CryptoSelector LocalSelector { get; init; }

    /// <summary>The peer's selector.</summary>
    public required CryptoSelector RemoteSelector { get; init; }

    /// <summary>What packets to us bear.</summary>
    public uint InboundSpi { get; init; }

    /// <summary>What packets to the peer bear.</summary>
    public uint OutboundSpi { get; init; }

    /// <summary>Algorithms in the words of IOS's screens, as "esp-256-aes esp-sha256-hmac".</summary>
    public required string Transform { get; init; }

    /// <summary>Cipher, as "AES-CBC".</summary>
    public string Encryption { get; init; } = "";

    /// <summary>Bits of its key.</summary>
    public int KeySize { get; init; }

    /// <summary>Integrity, as "SHA256"; "None" with a combined-mode cipher.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Name of the IPsec profile.</summary>
    public string Profile { get; init; } = "";

    /// <summary>Tunnel mode; false is transport mode.</summary>
    public bool TunnelMode { get; init; }

    /// <summary>ESP in UDP.</summary>
    public bool UdpEncapsulation { get; init; }

    /// <summary>64-bit sequence numbers.</summary>
    public bool Esn { get; init; }

    /// <summary>Group of its own key exchange; null without.</summary>
    public int? PfsGroup { get; init; }

    /// <summary>Packets leave by it; false for one that only receives.</summary>
    public bool Sending { get; init; }

    /// <summary>It is deleted, and receives what is on its way.</summary>
    public bool Retired { get; init; }

    /// <summary>Octets of the IV.</summary>
    public int IvSize { get; init; }

    /// <summary>Replay window in packets; 0 is off.</summary>
    public int ReplayWindow { get; init; }

    /// <summary>Largest packet on the tunnel that leaves in one piece.</summary>
    public int PlaintextMtu { get; init; }

    /// <summary>MTU of the path.</summary>
    public int PathMtu { get; init; }

    /// <summary>The interface it leaves by; null when the source is an address.</summary>
    public string? Device { get; init; }

    /// <summary>Age in seconds.</summary>
    public long ActiveSeconds { get; init; }

    /// <summary>Seconds until it is rekeyed; null while it is being, or is not going to be.</summary>
    public long? RekeySeconds { get; init; }

    /// <summary>Seconds until it ends.</summary>
    public long SecondsLeft { get; init; }

    /// <summary>Kilobytes that the inbound SA has left; null without a limit.</summary>
    public long? InboundKilobytesLeft { get; init; }

    /// <summary>Kilobytes that the outbound SA has left; null without a limit.</summary>
    public long? OutboundKilobytesLeft { get; init; }

    /// <summary>Packets that came.</summary>
    public long InboundPackets { get; init; }

    /// <summary>Bytes that came.</summary>
    public long InboundBytes { get; init; }

    /// <summary>Packets that left.</summary>
    public long OutboundPackets { get; init; }

    /// <summary>Bytes that left.</summary>
    public long OutboundBytes { get; init; }

    /// <summary>Packets refused for their sequence number.</summary>
    public long Replayed { get; init; }

    /// <summary>Packets refused for their ICV.</summary>
    public long Forged { get; init; }

    /// <summary>Seconds since the last packet came; null for never.</summary>
    public long? LastInboundSeconds { get; init; }

    /// <summary>Seconds since the last packet left; null for never.</summary>
    public long? LastOutboundSeconds { get; init; }
}

/// <summary>A traffic selector.</summary>
/// <param name="Start">First address.</param>
/// <param name="End">Last address.</param>
/// <param name="Protocol">IP protocol; 0 is any, 47 GRE.</param>
/// <param name="StartPort">First port.</param>
/// <param name="EndPort">Last port.</param>
public sealed record CryptoSelector(IpAddress Start, IpAddress End, int Protocol, int StartPort = 0, int EndPort = 65535);
