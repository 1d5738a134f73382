using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ike;

/// <summary>One transform of a proposal (RFC 7296 3.3.2).</summary>
/// <param name="Type">What kind.</param>
/// <param name="Id">Its number: cast from <see cref="EncryptionId"/>, <see cref="PrfId"/>, <see cref="IntegrityId"/>, <see cref="DhGroup"/>; of ESN 0 or 1.</param>
/// <param name="KeyBits">The key length attribute in bits; 0 without one.</param>
/// <param name="HasUnknownAttribute">It bears another attribute, or one twice (3.3.2 forbids it), and so must not be chosen (3.3.6).</param>
public readonly record struct IkeTransform(IkeTransformType Type, ushort Id, ushort KeyBits = 0, bool HasUnknownAttribute = false);

/// <summary>One proposal of an SA payload (RFC 7296 3.3.1).</summary>
/// <param name="Number">1 and up; a response has the number of the one that was chosen.</param>
/// <param name="Protocol">IKE or ESP.</param>
/// <param name="Spi">The sender's SPI: 4 octets for ESP (as a number), 8 for a rekeyed IKE SA, 0 otherwise.</param>
/// <param name="Transforms">In the order of preference.</param>
public sealed record IkeProposal(byte Number, IkeProtocolId Protocol, ulong Spi, ValueList<IkeTransform> Transforms)
{
    /// <summary>More than this many proposals or transforms in a proposal are refused: choosing among them is work that a packet may not ask for.</summary>
    public const int MaximumProposals = 32, MaximumTransforms = 128;

    private const ushort KeyLengthAttribute = 14;

    /// <summary>Octets of the SPI: 4 for ESP and AH, 8 for an IKE SPI, 0 for none.</summary>
    public int SpiSize => Protocol != IkeProtocolId.Ike ? 4 : Spi == 0 ? 0 : 8;

    /// <summary>
    /// Reads the body of an SA payload. Proposals of protocols other than IKE, AH and ESP are passed over: nothing in them could be chosen. Those of a
    /// known one have an SPI of its size, and none that is zero: an SA with such an SPI could never be spoken to (2.6, RFC 4303 2.1).
    /// </summary>
    public static bool TryParseAll(ReadOnlySpan<byte> body, out ValueList<IkeProposal> proposals, out Malformed why)
    {
        proposals = [];
        var list = new List<IkeProposal>();
        why = Malformed.ProposalTruncated;
        bool last = false;
        for (int count = 0; !last; count++)
        {
            if (body.Length < 8 || count == MaximumProposals) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
            if (length < 8 || length > body.Length || body[0] is not (0 or 2)) return false;
            last = body[0] == 0;
            if (!TryParse(body[..length], out IkeProposal? proposal)) return false;
            if (proposal is not null) list.Add(proposal);
            body = body[length..];
        }
        if (!body.IsEmpty) return false;
        why = Malformed.None;
        proposals = [.. list];
        return true;
    }

    /// <summary>True without a proposal when it is one to be passed over.</summary>
    private static bool TryParse(ReadOnlySpan<byte> bytes, out IkeProposal? proposal)
    {
        proposal = null;
        int spiSize = bytes[6], count = bytes[7];
        var protocol = (IkeProtocolId)bytes[5];
        if (protocol is not (IkeProtocolId.Ike or IkeProtocolId.Ah or IkeProtocolId.Esp)) return true;
        if (8 + spiSize > bytes.Length || count > MaximumTransforms) return false;
        if (spiSize != 4 && (protocol != IkeProtocolId.Ike || spiSize is not (0 or 8)) || spiSize == 4 && protocol == IkeProtocolId.Ike) return false;
        ulong spi = spiSize switch { 4 => BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]), 8 => BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), _ => 0 };
        if (spi == 0 && spiSize != 0) return false;
        ReadOnlySpan<byte> rest = bytes[(8 + spiSize)..];
        var transforms = new IkeTransform[count];
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < 8) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (length < 8 || length > rest.Length || rest[0] != (i == count - 1 ? 0 : 3)) return false;
            if (!TryParseAttributes(rest[8..length], out ushort keyBits, out bool unknown)) return false;
            transforms[i] = new IkeTransform((IkeTransformType)rest[4], BinaryPrimitives.ReadUInt16BigEndian(rest[6..]), keyBits, unknown);
            rest = rest[length..];
        }
        if (!rest.IsEmpty) return false;
        proposal = new IkeProposal(bytes[4], protocol, spi, [.. transforms]);
        return true;
    }

    private static bool TryParseAttributes(ReadOnlySpan<byte> bytes, out ushort keyBits, out bool unknown)
    {
        keyBits = 0;
        unknown = false;
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < 4) return false;
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(bytes), value = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            int length = (type & 0x8000) != 0 ? 4 : 4 + value;
            if (length > bytes.Length) return false;
            if (type == (0x8000 | KeyLengthAttribute) && keyBits == 0 && value != 0) keyBits = value;
            else unknown = true;
            bytes = bytes[length..];
        }
        return true;
    }

    internal void Write(ref WireWriter to, bool isLast)
    {
        int at = to.Position;
        to.WriteByte(isLast ? (byte)0 : (byte)2);
        to.WriteByte(0);
        to.WriteUInt16(0);
        to.WriteByte(Number);
        to.WriteByte((byte)Protocol);
        to.WriteByte((byte)SpiSize);
        to.WriteByte((byte)Transforms.Count);
        if (SpiSize == 4) to.WriteUInt32((uint)Spi);
        else if (SpiSize == 8) to.WriteUInt64(Spi);
        for (int i = 0; i < Transforms.Count; i++)
        {
            IkeTransform transform = Transforms[i];
            to.WriteByte(i == Transforms.Count - 1 ? (byte)0 : (byte)3);
            to.WriteByte(0);
            to.WriteUInt16(transform.KeyBits != 0 ? (ushort)12 : (ushort)8);
            to.WriteByte((byte)transform.Type);
            to.WriteByte(0);
            to.WriteUInt16(transform.Id);
            if (transform.KeyBits == 0) continue;
            to.WriteUInt16(0x8000 | KeyLengthAttribute);
            to.WriteUInt16(transform.KeyBits);
        }
        to.PatchUInt16(at + 2, (ushort)(to.Position - at));
    }
}
