using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ike;

/// <summary>Body of a KE payload (RFC 7296 3.4).</summary>
public readonly ref struct IkeKeyExchangeView : IWireView<IkeKeyExchangeView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IkeKeyExchangeView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IkeKeyExchangeView view, out Malformed why)
    {
        why = bytes.Length < 4 ? Malformed.Truncated : Malformed.None;
        view = why == Malformed.None ? new(bytes) : default;
        return why == Malformed.None;
    }

    /// <summary>The group.</summary>
    public DhGroup Group => (DhGroup)BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    /// <summary>The public value.</summary>
    public ReadOnlySpan<byte> Data => _bytes[4..];
}

/// <summary>Body of an IDi or IDr payload (RFC 7296 3.5).</summary>
public readonly ref struct IkeIdentityView : IWireView<IkeIdentityView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IkeIdentityView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IkeIdentityView view, out Malformed why)
    {
        why = bytes.Length < 4 ? Malformed.Truncated : (IkeIdType)bytes[0] switch
        {
            IkeIdType.IPv4 when bytes.Length != 4 + 4 => Malformed.BadAddressLength,
            IkeIdType.IPv6 when bytes.Length != 4 + 16 => Malformed.BadAddressLength,

            // Would be shown, and matched by address, as the IPv4 address that it is not.
            IkeIdType.IPv6 when IpAddress.FromBytes(bytes[4..]).IsIPv4 => Malformed.MappedAddress,
            _ => Malformed.None,
        };
        view = why == Malformed.None ? new(bytes) : default;
        return why == Malformed.None;
    }

    /// <summary>Its type.</summary>
    public IkeIdType Type => (IkeIdType)_bytes[0];

    /// <summary>The identification data.</summary>
    public ReadOnlySpan<byte> Data => _bytes[4..];

    /// <summary>The whole body: what AUTH is computed over (2.15, RestOfInitIDPayload).</summary>
    public ReadOnlySpan<byte> Body => _bytes;
}

/// <summary>Body of a CERT or CERTREQ payload (RFC 7296 3.6, 3.7).</summary>
public readonly ref struct IkeCertificateView : IWireView<IkeCertificateView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IkeCertificateView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IkeCertificateView view, out Malformed why)
    {
        why = bytes.Length < 1 ? Malformed.Truncated : Malformed.None;
        view = why == Malformed.None ? new(bytes) : default;
        return why == Malformed.None;
    }

    /// <summary>Its encoding.</summary>
    public IkeCertificateEncoding Encoding => (IkeCertificateEncoding)_bytes[0];

    /// <summary>The certificate, or for CERTREQ the SHA-1 hashes of trust anchors' public keys, 20 octets each.</summary>
    public ReadOnlySpan<byte> Data => _bytes[1..];
}

/// <summary>Body of an AUTH payload (RFC 7296 3.8).</summary>
public readonly ref struct IkeAuthenticationView : IWireView<IkeAuthenticationView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IkeAuthenticationView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IkeAuthenticationView view, out Malformed why)
    {
        why = bytes.Length < 4 ? Malformed.Truncated : Malformed.None;
        view = why == Malformed.None ? new(bytes) : default;
        return why == Malformed.None;
    }

    /// <summary>The method.</summary>
    public IkeAuthMethod Method => (IkeAuthMethod)_bytes[0];

    /// <summary>The authentication data.</summary>
    public ReadOnlySpan<byte> Data => _bytes[4..];
}

/// <summary>
/// Body of a notify payload (RFC 7296 3.10).
/// <code>
/// |  Protocol ID  |   SPI Size    |      Notify Message Type      |
/// </code>
/// </summary>
public readonly ref struct IkeNotifyView : IWireView<IkeNotifyView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IkeNotifyView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IkeNotifyView view, out Malformed why)
    {
        why = bytes.Length < 4 ? Malformed.Truncated : 4 + bytes[1] > bytes.Length ? Malformed.LengthTooLarge : Malformed.None;
        view = why == Malformed.None ? new(bytes) : default;
        return why == Malformed.None;
    }

    /// <summary>The protocol of the SPI.</summary>
    public IkeProtocolId Protocol => (IkeProtocolId)_bytes[0];

    /// <summary>What is notified.</summary>
    public IkeNotifyType Type => (IkeNotifyType)BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>True for an error (below 16384).</summary>
    public bool IsError => (ushort)Type < 16384;

    /// <summary>The SPI, often empty.</summary>
    public ReadOnlySpan<byte> Spi => _bytes.Slice(4, _bytes[1]);

    /// <summary>What follows the SPI.</summary>
    public ReadOnlySpan<byte> Data => _bytes[(4 + _bytes[1])..];
}

/// <summary>Body of a delete payload (RFC 7296 3.11).</summary>
public readonly ref struct IkeDeleteView : IWireView<IkeDeleteView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IkeDeleteView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IkeDeleteView view, out Malformed why)
    {
        view = default;
        why = Malformed.Truncated;
        if (bytes.Length < 4) return false;
        int count = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (4 + bytes[1] * count != bytes.Length || (count > 0 && bytes[1] == 0))
        {
            why = Malformed.LengthTooLarge;
            return false;
        }
        why = Malformed.None;
        view = new(bytes);
        return true;
    }

    /// <summary>Of which protocol the SAs are.</summary>
    public IkeProtocolId Protocol => (IkeProtocolId)_bytes[0];

    /// <summary>Octets of each SPI: 4 for ESP, 0 for IKE.</summary>
    public int SpiSize => _bytes[1];

    /// <summary>How many SPIs there are.</summary>
    public int Count => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>SPI <paramref name="index"/> of an ESP delete; 0 when SPIs have not four octets.</summary>
    public uint Spi(int index) => SpiSize == 4 ? BinaryPrimitives.ReadUInt32BigEndian(_bytes[(4 + 4 * index)..]) : 0;
}
