using System.Buffers.Binary;

namespace Dmvpn.Wire.Ike;

/// <summary>
/// An IKEv2 message over borrowed bytes (RFC 7296 3): the header, and the chain of payloads that are in the clear. The non-ESP marker of
/// port 4500 is not part of it. Of another major version only the header can be read: <see cref="MajorVersion"/> first.
/// </summary>
public readonly ref struct IkeView : IWireView<IkeView>
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IkeView(ReadOnlySpan<byte> bytes, IkePayloadChain payloads)
    {
        _bytes = bytes;
        Payloads = payloads;
    }

    /// <summary>Checks header and payload chain; bytes behind the message's length are left out.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IkeView view, out Malformed why)
    {
        view = default;
        if (bytes.Length < IkeSpec.HeaderLength)
        {
            why = Malformed.Truncated;
            return false;
        }
        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[24..]);
        why = length < IkeSpec.HeaderLength ? Malformed.LengthTooSmall : length > bytes.Length ? Malformed.LengthTooLarge : Malformed.None;
        if (why != Malformed.None) return false;
        bytes = bytes[..(int)length];
        IkePayloadChain payloads = default;
        if (bytes[17] >> 4 == 2 && !IkePayloadChain.TryParse((IkePayloadType)bytes[16], bytes[IkeSpec.HeaderLength..], out payloads, out why)) return false;
        view = new IkeView(bytes, payloads);
        return true;
    }

    /// <summary>The whole message.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The header's fields.</summary>
    public IkeHeader Header => new(InitiatorSpi, ResponderSpi, (IkePayloadType)_bytes[16], Exchange, Flags, MessageId);

    /// <summary>The original initiator's SPI.</summary>
    public ulong InitiatorSpi => BinaryPrimitives.ReadUInt64BigEndian(_bytes);

    /// <summary>The original responder's SPI.</summary>
    public ulong ResponderSpi => BinaryPrimitives.ReadUInt64BigEndian(_bytes[8..]);

    /// <summary>2 for IKEv2.</summary>
    public int MajorVersion => _bytes[17] >> 4;

    /// <summary>Exchange type.</summary>
    public IkeExchangeType Exchange => (IkeExchangeType)_bytes[18];

    /// <summary>Flags.</summary>
    public IkeFlags Flags => (IkeFlags)_bytes[19];

    /// <summary>True for a response.</summary>
    public bool IsResponse => (Flags & IkeFlags.Response) != 0;

    /// <summary>True when the sender is the original initiator.</summary>
    public bool FromInitiator => (Flags & IkeFlags.Initiator) != 0;

    /// <summary>Message id.</summary>
    public uint MessageId => BinaryPrimitives.ReadUInt32BigEndian(_bytes[20..]);

    /// <summary>The payloads in the clear; an SK or SKF payload is the last of them. Empty for another major version.</summary>
    public IkePayloadChain Payloads { get; }
}
