namespace Dmvpn.Wire.Ike;

/// <summary>What RFC 7296 and its companions say, in numbers.</summary>
public static class IkeSpec
{
    /// <summary>Octets of the header (3.1).</summary>
    public const int HeaderLength = 28;

    /// <summary>Octets of the generic payload header (3.2).</summary>
    public const int PayloadHeaderLength = 4;

    /// <summary>Major version 2, minor version 0 (3.1).</summary>
    public const byte Version = 0x20;

    /// <summary>UDP port (2).</summary>
    public const ushort Port = 500;

    /// <summary>UDP port with NAT, shared with ESP (2.23, RFC 3948).</summary>
    public const ushort NatPort = 4500;

    /// <summary>Octets of the non-ESP marker on port 4500 (RFC 3948 2.2).</summary>
    public const int NonEspMarkerLength = 4;

    /// <summary>A nonce has from 16 … (2.10).</summary>
    public const int MinimumNonce = 16;

    /// <summary>… to 256 octets (2.10).</summary>
    public const int MaximumNonce = 256;

    /// <summary>Octets of the total and number fields in front of a fragment's ciphertext (RFC 7383 2.5).</summary>
    public const int FragmentHeaderLength = 4;

    /// <summary>A cookie has up to 64 octets (2.6).</summary>
    public const int MaximumCookie = 64;
}
