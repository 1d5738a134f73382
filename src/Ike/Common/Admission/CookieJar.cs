using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Cookies (RFC 7296 2.6): a stranger has to show that it receives at its address before anything is kept or computed for it. Nothing is remembered of a
/// cookie that was given; it follows from the message that it is sent back with, and from a secret that changes.
/// <code>
/// | version of the secret 1 | HMAC-SHA-256(secret, Ni | IPi | SPIi), 16 |
/// </code>
/// </summary>
internal sealed class CookieJar(IRandom random) : IDisposable
{
    /// <summary>Octets of a cookie.</summary>
    public const int Length = 17;

    /// <summary>
    /// A secret's turn. A cookie is good for this long to twice as long: longer than an initiator goes on with one IKE_SA_INIT, too short to collect many.
    /// </summary>
    internal static readonly TimeSpan SecretTime = TimeSpan.FromSeconds(60);

    private readonly SecretBytes _secret = new(32);
    private readonly SecretBytes _previous = new(32);
    private Instant _turn;
    private byte _version;
    private bool _isFilled;

    /// <summary>A cookie for an IKE_SA_INIT or IKE_SESSION_RESUME request.</summary>
    public void Write(ReadOnlySpan<byte> ni, IpAddress source, ulong initiatorSpi, Instant now, Span<byte> cookie)
    {
        Turn(now);
        cookie[0] = _version;
        Compute(_secret.Span, ni, source, initiatorSpi, cookie[1..]);
    }

    /// <summary>True for a cookie that was given for this request, under this secret or the one before.</summary>
    public bool Accepts(ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> ni, IpAddress source, ulong initiatorSpi, Instant now)
    {
        Turn(now);
        if (cookie.Length != Length || (cookie[0] != _version && cookie[0] != (byte)(_version - 1))) return false;
        Span<byte> expected = stackalloc byte[Length - 1];
        Compute((cookie[0] == _version ? _secret : _previous).Span, ni, source, initiatorSpi, expected);
        return CryptographicOperations.FixedTimeEquals(expected, cookie[1..]);
    }

    /// <summary>Zeroes the secrets.</summary>
    public void Dispose()
    {
        _secret.Dispose();
        _previous.Dispose();
    }

    private void Turn(Instant now)
    {
        if (!_isFilled)
        {
            random.Fill(_previous.Span);
            random.Fill(_secret.Span);
            (_isFilled, _turn) = (true, now + SecretTime);
        }
        if (now < _turn) return;
        // After a long silence the one before is too old as well.
        if (now >= _turn + SecretTime) random.Fill(_previous.Span);
        else _secret.Span.CopyTo(_previous.Span);
        random.Fill(_secret.Span);
        _version++;
        _turn = now + SecretTime;
    }

    private static void Compute(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> ni, IpAddress source, ulong initiatorSpi, Span<byte> to)
    {
        Span<byte> data = stackalloc byte[IkeSpec.MaximumNonce + 16 + 8], mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        ni.CopyTo(data);
        int at = ni.Length + source.Write(data[ni.Length..]);
        BinaryPrimitives.WriteUInt64BigEndian(data[at..], initiatorSpi);
        HMACSHA256.HashData(secret, data[..(at + 8)], mac);
        mac[..(Length - 1)].CopyTo(to);
    }
}
