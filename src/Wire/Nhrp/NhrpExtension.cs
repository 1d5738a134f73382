using System.Buffers.Binary;

namespace Dmvpn.Wire.Nhrp;

/// <summary>An extension (RFC 2332 5.3) as a value.</summary>
/// <param name="RawType">Type with the compulsory and the unused bit, as on the wire.</param>
/// <param name="Value">The bytes after the length.</param>
public readonly record struct NhrpExtension(ushort RawType, byte[] Value)
{
    /// <summary>The type without its two upper bits.</summary>
    public NhrpExtensionType Type => (NhrpExtensionType)(RawType & NhrpSpec.ExtensionTypeMask);

    /// <summary>"C": who answers must understand it.</summary>
    public bool IsCompulsory => (RawType & NhrpSpec.CompulsoryBit) != 0;

    /// <summary>Same type and same bytes.</summary>
    public bool Equals(NhrpExtension other) => RawType == other.RawType && Value.AsSpan().SequenceEqual(other.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(RawType, Value.Length);
}

/// <summary>An extension in place. Only a walk that has checked all lengths makes one.</summary>
public readonly ref struct NhrpExtensionView
{
    internal NhrpExtensionView(ReadOnlySpan<byte> bytes, int offset)
    {
        RawType = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        Value = bytes[NhrpSpec.ExtensionHeaderLength..];
        Offset = offset;
    }

    /// <summary>Type with the compulsory and the unused bit.</summary>
    public ushort RawType { get; }

    /// <summary>The bytes after the length.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Where the extension starts in its packet: what an Error Indication points to.</summary>
    public int Offset { get; }

    /// <summary>The type without its two upper bits.</summary>
    public NhrpExtensionType Type => (NhrpExtensionType)(RawType & NhrpSpec.ExtensionTypeMask);

    /// <summary>"C": who answers must understand it.</summary>
    public bool IsCompulsory => (RawType & NhrpSpec.CompulsoryBit) != 0;

    /// <summary>Its value as client information entries; false when it is not a whole number of them.</summary>
    public bool TryGetCies(out NhrpCieList cies) => NhrpCieList.TryParse(Value, out cies);

    /// <summary>
    /// Cisco's cleartext string (reserved 0, SPI 1, then the string; no address and no hash, against RFC 2332 5.3.4).
    /// A secret: compare it, do not print it.
    /// </summary>
    public bool TryGetCleartext(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (Value.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(Value) != NhrpSpec.CleartextSpi) return false;
        text = Value[4..];
        return true;
    }
}

/// <summary>The extensions of a packet whose chain has been checked: a <c>foreach</c> over it cannot fail. End is one of them.</summary>
public ref struct NhrpExtensionList
{
    private readonly ReadOnlySpan<byte> _packet;
    private int _offset;

    internal NhrpExtensionList(ReadOnlySpan<byte> packet, int offset)
    {
        _packet = packet;
        _offset = offset;
    }

    /// <summary>The extension that <see cref="MoveNext"/> came to.</summary>
    public NhrpExtensionView Current { get; private set; }

    /// <summary>For <c>foreach</c>.</summary>
    public readonly NhrpExtensionList GetEnumerator() => this;

    /// <summary>Goes to the next extension.</summary>
    public bool MoveNext()
    {
        if (_offset >= _packet.Length) return false;
        int length = LengthAt(_packet, _offset);
        Current = new NhrpExtensionView(_packet.Slice(_offset, length), _offset);
        _offset += length;
        return true;
    }

    internal static Malformed Check(ReadOnlySpan<byte> packet, int offset)
    {
        bool ended = false;
        while (offset < packet.Length)
        {
            // A list without any End is accepted, as FRR does; one that goes on after its End is not.
            if (ended) return Malformed.ExtensionEndMissing;
            if (packet.Length - offset < NhrpSpec.ExtensionHeaderLength) return Malformed.ExtensionTruncated;
            int length = LengthAt(packet, offset);
            if (length > packet.Length - offset) return Malformed.ExtensionTruncated;
            ended = (BinaryPrimitives.ReadUInt16BigEndian(packet[offset..]) & NhrpSpec.ExtensionTypeMask) == 0;
            offset += length;
        }
        return Malformed.None;
    }

    private static int LengthAt(ReadOnlySpan<byte> packet, int offset) =>
        NhrpSpec.ExtensionHeaderLength + BinaryPrimitives.ReadUInt16BigEndian(packet[(offset + 2)..]);
}
