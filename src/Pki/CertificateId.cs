using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Dmvpn.Pki;

/// <summary>Which certificate: a hash of its issuer's name and its serial number, by which revocation lists name certificates (RFC 5280 5.1.2.6). Zero: none.</summary>
/// <param name="Value">The first 128 bits of SHA-256.</param>
public readonly record struct CertificateId(UInt128 Value)
{
    /// <summary>No certificate.</summary>
    public bool IsNone => Value == 0;

    /// <summary>The certificate that this issuer (DER of the name) gave this serial number (octets of the integer).</summary>
    public static CertificateId Of(ReadOnlySpan<byte> issuer, ReadOnlySpan<byte> serial)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(issuer);
        hash.AppendData(serial.TrimStart((byte)0));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return new(BinaryPrimitives.ReadUInt128BigEndian(digest));
    }
}
