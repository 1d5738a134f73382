namespace Dmvpn.Wire.Nhrp;

/// <summary>A client information entry (RFC 2332 5.2.0.1), in the mandatory part or in an extension.</summary>
public readonly record struct NhrpCie
{
    /// <summary>0 in requests; a negative acknowledgment when it is anything else in a reply.</summary>
    public NhrpCieCode Code { get; init; }

    /// <summary>Bits that matter in the protocol address; 0 and 255 are both "all of them".</summary>
    public byte PrefixLength { get; init; }

    /// <summary>Must be zero; kept so that a packet is reproduced as it came.</summary>
    public ushort Unused { get; init; }

    /// <summary>0 is "not said".</summary>
    public ushort Mtu { get; init; }

    /// <summary>Holding time in seconds.</summary>
    public ushort HoldTime { get; init; }

    /// <summary>Client NBMA address.</summary>
    public NhrpAddress Nbma { get; init; }

    /// <summary>Client NBMA subaddress; IP underlays have none.</summary>
    public NhrpAddress Subaddress { get; init; }

    /// <summary>Client protocol address.</summary>
    public NhrpAddress Protocol { get; init; }

    /// <summary>Higher is better.</summary>
    public byte Preference { get; init; }

    /// <summary>Bytes on the wire.</summary>
    public int Length => NhrpSpec.CieLength + Nbma.Length + Subaddress.Length + Protocol.Length;
}

/// <summary>
/// A client information entry in place. Only a walk that has checked all lengths makes one.
/// </summary>
/// <remarks>
/// <code>
/// +-------------+-------------+-------------+-------------+
/// |    Code     |Prefix Length|          unused           |
/// |  Maximum Transmission Unit|       Holding Time        |
/// |Cli Addr T/L |Cli SAddr T/L|Cli Proto Len| Preference  |
/// |  NBMA address, NBMA subaddress, protocol address ...  |
/// </code>
/// </remarks>
public readonly ref struct NhrpCieView
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal NhrpCieView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The whole entry.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The entry as a value.</summary>
    public NhrpCie ToCie()
    {
        int nbma = _bytes[8] & 0x3F, subaddress = _bytes[9] & 0x3F, protocol = _bytes[10];
        ReadOnlySpan<byte> addresses = _bytes[NhrpSpec.CieLength..];
        return new NhrpCie
        {
            Code = (NhrpCieCode)_bytes[0],
            PrefixLength = _bytes[1],
            Unused = (ushort)(_bytes[2] << 8 | _bytes[3]),
            Mtu = (ushort)(_bytes[4] << 8 | _bytes[5]),
            HoldTime = (ushort)(_bytes[6] << 8 | _bytes[7]),
            Preference = _bytes[11],
            Nbma = NhrpAddress.Read(_bytes[8], addresses[..nbma]),
            Subaddress = NhrpAddress.Read(_bytes[9], addresses.Slice(nbma, subaddress)),
            Protocol = NhrpAddress.Read(_bytes[10], addresses.Slice(nbma + subaddress, protocol)),
        };
    }
}

/// <summary>The entries of a stretch whose chain has been checked: a <c>foreach</c> over it cannot fail.</summary>
public ref struct NhrpCieList
{
    private ReadOnlySpan<byte> _rest;

    private NhrpCieList(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <summary>The entry that <see cref="MoveNext"/> came to.</summary>
    public NhrpCieView Current { get; private set; }

    /// <summary>True when there is no (further) entry.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>How many entries are left.</summary>
    public readonly int Count
    {
        get
        {
            int count = 0;
            NhrpCieList rest = this;
            while (rest.MoveNext()) count++;
            return count;
        }
    }

    /// <summary>Checks that the bytes are whole entries, nothing more.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out NhrpCieList list)
    {
        list = new NhrpCieList(bytes);
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < NhrpSpec.CieLength) return false;
            int length = LengthOf(bytes);
            if (length > bytes.Length) return false;
            bytes = bytes[length..];
        }
        return true;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public readonly NhrpCieList GetEnumerator() => this;

    /// <summary>Goes to the next entry.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty) return false;
        int length = LengthOf(_rest);
        Current = new NhrpCieView(_rest[..length]);
        _rest = _rest[length..];
        return true;
    }

    private static int LengthOf(ReadOnlySpan<byte> bytes) =>
        NhrpSpec.CieLength + (bytes[8] & 0x3F) + (bytes[9] & 0x3F) + bytes[10];
}
