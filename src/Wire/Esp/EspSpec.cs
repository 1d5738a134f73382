namespace Dmvpn.Wire.Esp;

/// <summary>What RFC 4303 and RFC 3948 say, in numbers.</summary>
public static class EspSpec
{
    /// <summary>SPI and sequence number.</summary>
    public const int HeaderLength = 8;

    /// <summary>Pad length and next header, in front of the ICV.</summary>
    public const int TrailerLength = 2;

    /// <summary>Padding has at most 255 octets (RFC 4303 2.4).</summary>
    public const int MaximumPadding = 255;

    /// <summary>SPIs 1 to 255 are reserved, 0 is never on the wire (RFC 4303 2.1).</summary>
    public const uint LeastSpi = 256;

    /// <summary>Next header of a dummy packet (RFC 4303 2.6).</summary>
    public const byte NoNextHeader = 59;

    /// <summary>A NAT keepalive: one octet of this value (RFC 3948 2.3).</summary>
    public const byte NatKeepalive = 0xFF;
}
