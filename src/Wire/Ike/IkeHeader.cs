using System.Buffers.Binary;

namespace Dmvpn.Wire.Ike;

/// <summary>
/// The IKE header as a value (RFC 7296 3.1).
/// <code>
/// |                       IKE SA Initiator's SPI (8)                  |
/// |                       IKE SA Responder's SPI (8)                  |
/// |  Next Payload | MjVer | MnVer | Exchange Type |     Flags         |
/// |                          Message ID                               |
/// |                            Length                                 |
/// </code>
/// </summary>
/// <param name="InitiatorSpi">The original initiator's SPI, never 0.</param>
/// <param name="ResponderSpi">The responder's; 0 in the first request.</param>
/// <param name="FirstPayload">Type of the first payload.</param>
/// <param name="Exchange">Exchange type.</param>
/// <param name="Flags">I and R.</param>
/// <param name="MessageId">Request number of its sender.</param>
public readonly record struct IkeHeader(
    ulong InitiatorSpi, ulong ResponderSpi, IkePayloadType FirstPayload, IkeExchangeType Exchange, IkeFlags Flags, uint MessageId)
{
    /// <summary>True for a response.</summary>
    public bool IsResponse => (Flags & IkeFlags.Response) != 0;

    /// <summary>True when the sender is the original initiator.</summary>
    public bool FromInitiator => (Flags & IkeFlags.Initiator) != 0;

    /// <summary>Writes the 28 octets; <paramref name="length"/> is that of the whole message.</summary>
    public void Write(Span<byte> to, int length)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, InitiatorSpi);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], ResponderSpi);
        to[16] = (byte)FirstPayload;
        to[17] = IkeSpec.Version;
        to[18] = (byte)Exchange;
        to[19] = (byte)Flags;
        BinaryPrimitives.WriteUInt32BigEndian(to[20..], MessageId);
        BinaryPrimitives.WriteUInt32BigEndian(to[24..], (uint)length);
    }
}
