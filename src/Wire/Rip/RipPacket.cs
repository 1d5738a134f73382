using Dmvpn.Core;

namespace Dmvpn.Wire.Rip;

/// <summary>A RIP message as a value: what was decoded encodes to the same bytes.</summary>
public sealed record RipPacket
{
    /// <summary>Request or response.</summary>
    public RipCommand Command { get; init; } = RipCommand.Response;

    /// <summary>1 or 2.</summary>
    public byte Version { get; init; } = 2;

    /// <summary>Two bytes that must be zero.</summary>
    public ushort Unused { get; init; }

    /// <summary>The authentication, with its digest as it is written; null without.</summary>
    public RipAuthentication? Authentication { get; init; }

    /// <summary>The routes.</summary>
    public ValueList<RipEntry> Routes { get; init; } = [];

    /// <summary>Length in bytes.</summary>
    public int Length => RipSpec.HeaderLength + Routes.Count * RipSpec.EntryLength
        + (Authentication is { } authentication ? RipSpec.EntryLength + authentication.Trailer.Count : 0);

    /// <summary>Writes the message at the start of <paramref name="to"/>, which must have room for <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> to)
    {
        var writer = new WireWriter(to);
        writer.WriteByte((byte)Command);
        writer.WriteByte(Version);
        writer.WriteUInt16(Unused);
        if (Authentication is { } authentication)
        {
            writer.WriteUInt16(RipSpec.AuthenticationFamily);
            writer.WriteUInt16(authentication.Type);
            writer.WriteBytes(authentication.Data.AsSpan());
        }
        foreach (RipEntry route in Routes.AsSpan()) route.Write(ref writer);
        if (Authentication is { } trailing) writer.WriteBytes(trailing.Trailer.AsSpan());
    }

    /// <summary>The message in a new array.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Write(bytes);
        return bytes;
    }
}
