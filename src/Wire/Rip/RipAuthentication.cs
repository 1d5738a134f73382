using System.Buffers.Binary;
using Dmvpn.Core;

namespace Dmvpn.Wire.Rip;

/// <summary>
/// The authentication of a RIP message, which takes the place of its first route: a password of 16 bytes (RFC 2453 4.1), or a keyed
/// digest, which follows behind the last route (RFC 4822 2).
/// <code>
/// |            0xFFFF             |            Type: 3            |
/// |     Length without trailer    |    Key ID     | Trailer length|
/// |                        Sequence number                        |
/// |                         8 bytes of zero                       |
/// |  routes ...                                                   |
/// |            0xFFFF             |               1               |
/// |  digest ...                                                   |
/// </code>
/// </summary>
/// <param name="Type">2 for a password, 3 for a digest.</param>
/// <param name="Data">The 16 bytes behind the type.</param>
/// <param name="Trailer">All bytes behind the routes, with the header of the trailer; empty with a password.</param>
public readonly record struct RipAuthentication(ushort Type, ValueList<byte> Data, ValueList<byte> Trailer)
{
    /// <summary>True for a keyed digest.</summary>
    public bool IsDigest => Type == RipSpec.DigestAuthentication;

    /// <summary>With a digest: bytes of the message before the trailer.</summary>
    public int SignedLength => BinaryPrimitives.ReadUInt16BigEndian(Data.AsSpan());

    /// <summary>With a digest: which key of the key chain.</summary>
    public byte KeyId => Data.AsSpan()[2];

    /// <summary>With a digest: the length that the sender gives of it. Routers do not agree whether the trailer's header counts.</summary>
    public byte DigestLength => Data.AsSpan()[3];

    /// <summary>With a digest: never decreases (RFC 4822 2.2).</summary>
    public uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(Data.AsSpan()[4..]);

    /// <summary>With a digest: the digest itself.</summary>
    public ReadOnlySpan<byte> Digest => Trailer.AsSpan()[Math.Min(RipSpec.TrailerHeaderLength, Trailer.Count)..];
}
