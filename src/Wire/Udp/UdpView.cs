using System.Buffers.Binary;

namespace Dmvpn.Wire.Udp;

/// <summary>
/// A UDP datagram (RFC 768) over borrowed bytes. The checksum needs the addresses: <see cref="UdpHeader.IsChecksumValid"/>.
/// <code>
/// |          Source Port          |       Destination Port        |
/// |            Length             |           Checksum            |
/// </code>
/// </summary>
public readonly ref struct UdpView : IWireView<UdpView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private UdpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>A whole datagram; bytes behind its length are left out.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out UdpView view, out Malformed why)
    {
        view = default;
        if (bytes.Length < UdpHeader.Length)
        {
            why = Malformed.Truncated;
            return false;
        }
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        why = length < UdpHeader.Length ? Malformed.LengthTooSmall : length > bytes.Length ? Malformed.LengthTooLarge : Malformed.None;
        if (why != Malformed.None) return false;
        view = new UdpView(bytes[..length]);
        return true;
    }

    /// <summary>Header and payload.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Source port.</summary>
    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    /// <summary>Destination port.</summary>
    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>The checksum field; 0 is "none" on IPv4.</summary>
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>What is behind the header.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[UdpHeader.Length..];
}
