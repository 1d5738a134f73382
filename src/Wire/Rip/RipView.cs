using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Rip;

/// <summary>
/// A RIP message of version 1 or 2 over borrowed bytes (RFC 2453 3.6, 4).
/// <code>
/// |    Command    |    Version    |         must be zero          |
/// |  authentication and routes of 20 bytes each ...               |
/// </code>
/// </summary>
public readonly ref struct RipView : IWireView<RipView>
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _routesEnd;

    private RipView(ReadOnlySpan<byte> bytes, int routesEnd)
    {
        _bytes = bytes;
        _routesEnd = routesEnd;
    }

    /// <summary>Request or response.</summary>
    public RipCommand Command => (RipCommand)_bytes[0];

    /// <summary>1 or 2.</summary>
    public byte Version => _bytes[1];

    /// <summary>Two bytes that must be zero.</summary>
    public ushort Unused => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>True when authentication takes the place of the first route.</summary>
    public bool HasAuthentication => IsAuthentication(_bytes);

    /// <summary>The authentication; all of it is empty without.</summary>
    public RipAuthentication Authentication => HasAuthentication
        ? new RipAuthentication(
            BinaryPrimitives.ReadUInt16BigEndian(_bytes[(RipSpec.HeaderLength + 2)..]),
            ValueList.Create(_bytes.Slice(RipSpec.HeaderLength + 4, RipSpec.EntryLength - 4)),
            ValueList.Create(_bytes[_routesEnd..]))
        : new RipAuthentication(0, [], []);

    /// <summary>How many routes there are.</summary>
    public int Count => (_routesEnd - FirstRoute) / RipSpec.EntryLength;

    /// <summary>A route, from 0.</summary>
    public RipEntry this[int index] => RipEntry.Read(_bytes.Slice(FirstRoute + index * RipSpec.EntryLength, RipSpec.EntryLength));

    private int FirstRoute => RipSpec.HeaderLength + (HasAuthentication ? RipSpec.EntryLength : 0);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out RipView view, out Malformed why)
    {
        view = default;
        why = Check(bytes, out int routesEnd);
        if (why != Malformed.None) return false;
        view = new RipView(bytes, routesEnd);
        return true;
    }

    /// <summary>A copy that outlives the bytes and encodes to the same ones.</summary>
    public RipPacket ToPacket()
    {
        var routes = new List<RipEntry>(Count);
        for (int i = 0; i < Count; i++) routes.Add(this[i]);
        return new RipPacket
        {
            Command = Command,
            Version = Version,
            Unused = Unused,
            Authentication = HasAuthentication ? Authentication : null,
            Routes = [.. routes],
        };
    }

    private static bool IsAuthentication(ReadOnlySpan<byte> bytes) =>
        bytes[1] >= 2 && bytes.Length >= RipSpec.HeaderLength + RipSpec.EntryLength
        && BinaryPrimitives.ReadUInt16BigEndian(bytes[RipSpec.HeaderLength..]) == RipSpec.AuthenticationFamily;

    private static Malformed Check(ReadOnlySpan<byte> bytes, out int routesEnd)
    {
        routesEnd = bytes.Length;
        if (bytes.Length < RipSpec.HeaderLength) return Malformed.Truncated;
        if (bytes[1] is not (1 or 2)) return Malformed.UnknownVersion;
        if ((RipCommand)bytes[0] is not (RipCommand.Request or RipCommand.Response)) return Malformed.UnknownType;
        if (IsAuthentication(bytes) && BinaryPrimitives.ReadUInt16BigEndian(bytes[(RipSpec.HeaderLength + 2)..]) == RipSpec.DigestAuthentication)
        {
            routesEnd = BinaryPrimitives.ReadUInt16BigEndian(bytes[(RipSpec.HeaderLength + 4)..]);
            if (routesEnd < RipSpec.HeaderLength + RipSpec.EntryLength) return Malformed.LengthTooSmall;
            if (routesEnd > bytes.Length) return Malformed.LengthTooLarge;
        }
        return (routesEnd - RipSpec.HeaderLength) % RipSpec.EntryLength == 0 ? Malformed.None : Malformed.RouteTruncated;
    }
}
