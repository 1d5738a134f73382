using System.Buffers.Binary;

namespace Dmvpn.Wire.Esp;

/// <summary>
/// The part of an ESP packet that is in the clear (RFC 4303 2), over borrowed bytes.
/// <code>
/// |               Security Parameters Index (SPI)                 |
/// |                      Sequence Number                          |
/// </code>
/// </summary>
public readonly ref struct EspView : IWireView<EspView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private EspView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out EspView view, out Malformed why)
    {
        why = bytes.Length < EspSpec.HeaderLength + EspSpec.TrailerLength ? Malformed.Truncated : Malformed.None;
        view = why == Malformed.None ? new(bytes) : default;
        return why == Malformed.None;
    }

    /// <summary>Which SA of the receiver.</summary>
    public uint Spi => BinaryPrimitives.ReadUInt32BigEndian(_bytes);

    /// <summary>The lower 32 bits of the sequence number.</summary>
    public uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>IV, ciphertext and ICV.</summary>
    public ReadOnlySpan<byte> Protected => _bytes[EspSpec.HeaderLength..];
}
