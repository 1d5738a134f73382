using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Rip;

/// <summary>
/// A RIPng message over borrowed bytes (RFC 2080 2.1).
/// <code>
/// |    Command    |   Version: 1  |         must be zero          |
/// |  routes and next hops of 20 bytes each ...                    |
/// </code>
/// </summary>
public readonly ref struct RipngView : IWireView<RipngView>
{
    private const byte OnlyVersion = 1;
    private readonly ReadOnlySpan<byte> _bytes;

    private RipngView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Request or response.</summary>
    public RipCommand Command => (RipCommand)_bytes[0];

    /// <summary>Two bytes that must be zero.</summary>
    public ushort Unused => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>How many entries there are: routes and next hops.</summary>
    public int Count => (_bytes.Length - RipSpec.HeaderLength) / RipSpec.EntryLength;

    /// <summary>An entry, from 0.</summary>
    public RipngEntry this[int index] => RipngEntry.Read(_bytes.Slice(RipSpec.HeaderLength + index * RipSpec.EntryLength, RipSpec.EntryLength));

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out RipngView view, out Malformed why)
    {
        view = default;
        why = bytes.Length < RipSpec.HeaderLength ? Malformed.Truncated
            : bytes[1] != OnlyVersion ? Malformed.UnknownVersion
            : (RipCommand)bytes[0] is not (RipCommand.Request or RipCommand.Response) ? Malformed.UnknownType
            : (bytes.Length - RipSpec.HeaderLength) % RipSpec.EntryLength != 0 ? Malformed.RouteTruncated
            : Malformed.None;
        if (why != Malformed.None) return false;
        view = new RipngView(bytes);
        return true;
    }

    /// <summary>A copy that outlives the bytes and encodes to the same ones.</summary>
    public RipngPacket ToPacket()
    {
        var entries = new List<RipngEntry>(Count);
        for (int i = 0; i < Count; i++) entries.Add(this[i]);
        return new RipngPacket { Command = Command, Unused = Unused, Entries = [.. entries] };
    }
}

/// <summary>A RIPng message as a value: what was decoded encodes to the same bytes.</summary>
public sealed record RipngPacket
{
    /// <summary>Request or response.</summary>
    public RipCommand Command { get; init; } = RipCommand.Response;

    /// <summary>Two bytes that must be zero.</summary>
    public ushort Unused { get; init; }

    /// <summary>Routes and next hops, in their order.</summary>
    public ValueList<RipngEntry> Entries { get; init; } = [];

    /// <summary>Length in bytes.</summary>
    public int Length => RipSpec.HeaderLength + Entries.Count * RipSpec.EntryLength;

    /// <summary>Writes the message at the start of <paramref name="to"/>, which must have room for <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> to)
    {
        var writer = new WireWriter(to);
        writer.WriteByte((byte)Command);
        writer.WriteByte(1);
        writer.WriteUInt16(Unused);
        foreach (RipngEntry entry in Entries.AsSpan()) entry.Write(ref writer);
    }

    /// <summary>The message in a new array.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Write(bytes);
        return bytes;
    }
}
