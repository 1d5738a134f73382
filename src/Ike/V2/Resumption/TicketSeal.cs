using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Crypto;

namespace Dmvpn.Ike;

/// <summary>
/// Session tickets by value (RFC 5723 6.1): sealed with a key that follows from <see cref="IkeSecrets.Tickets"/>, so that they are good after a restart. Each has its own key, made with
/// a random salt: AES-GCM never sees a nonce twice under one key, however many tickets there are.
/// <code>
/// | version 3 | key id 4 | salt 16 | AES-256-GCM of the content | tag 16 |
/// </code>
/// </summary>
internal sealed class TicketSeal(SecretBytes secret, IRandom random)
{
    /// <summary>
    /// The longest ticket: it travels in the first message of an exchange, which cannot be in fragments (RFC 7383 3). Longer ones, of very long names, are not given.
    /// </summary>
    public const int MaximumLength = 1024;

    private const byte Version = 3;
    private const int KeyIdLength = 4, SaltLength = 16, TagLength = 16, HeaderLength = 1 + KeyIdLength + SaltLength;

    /// <summary>
    /// Tickets that were presented, the newest so many to twice as many: each is good once (RFC 5723 4.3.1, 9.10). An old one that is forgotten does no harm.
    /// </summary>
    private const int Remembered = 16_384;

    private readonly byte[] _keyId = KeyIdOf(secret);
    private HashSet<UInt128> _used = [];
    private HashSet<UInt128> _usedBefore = [];

    /// <summary>Stands for a credential (a pre-shared key, the anchor of a certificate) and what it is good for, without telling what it is.</summary>
    public byte[] CredentialOf(string scope, ReadOnlySpan<byte> credential)
    {
        using var key = new SecretBytes(HMACSHA256.HashSizeInBytes);
        HMACSHA256.HashData(secret.Span, "credential"u8, key.Span);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span);
        byte[] words = Encoding.UTF8.GetBytes(scope);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, words.Length);
        hash.AppendData(length);
        hash.AppendData(words);
        hash.AppendData(credential);
        return hash.GetHashAndReset()[..TicketContent.MaximumCredential];
    }

    /// <summary>The ticket's octets; false when it would be too long.</summary>
    public bool TrySeal(SessionTicket ticket, out byte[] octets)
    {
        using var content = new SecretBytes(MaximumLength - HeaderLength - TagLength);
        octets = [];
        if (!TicketContent.TryWrite(ticket, content.Span, out int length)) return false;
        octets = new byte[HeaderLength + length + TagLength];
        octets[0] = Version;
        _keyId.CopyTo(octets, 1);
        random.Fill(octets.AsSpan(1 + KeyIdLength, SaltLength));
        using AesGcm cipher = CipherOf(octets.AsSpan(1 + KeyIdLength, SaltLength));
        Span<byte> body = octets.AsSpan(HeaderLength);
        cipher.Encrypt(Nonce, content.Span[..length], body[..length], body[length..], octets.AsSpan(0, HeaderLength));
        return true;
    }

    /// <summary>
    /// Opens a ticket that a client presents. False for one of another key, a damaged one, one that has expired, and one that <see cref="MarkUsed"/> knows.
    /// </summary>
    public bool TryOpen(ReadOnlySpan<byte> octets, DateTimeOffset now, [NotNullWhen(true)] out SessionTicket? ticket)
    {
        ticket = null;
        int length = octets.Length - HeaderLength - TagLength;
        if (length <= 0 || octets.Length > MaximumLength || octets[0] != Version || !octets.Slice(1, KeyIdLength).SequenceEqual(_keyId)) return false;
        UInt128 salt = SaltOf(octets);
        if (_used.Contains(salt) || _usedBefore.Contains(salt)) return false;
        using var content = new SecretBytes(length);
        try
        {
            using AesGcm cipher = CipherOf(octets.Slice(1 + KeyIdLength, SaltLength));
            cipher.Decrypt(Nonce, octets.Slice(HeaderLength, length), octets[^TagLength..], content.Span, octets[..HeaderLength]);
        }
        catch (AuthenticationTagMismatchException)
        {
            // The octets came from the network; the library offers no other way to ask.
            return false;
        }
        if (!TicketContent.TryRead(content.Span, out SessionTicket? read)) return false;
        if (!read.IsValid(now))
        {
            read.Dispose();
            return false;
        }
        ticket = read;
        return true;
    }

    /// <summary>
    /// A ticket has been used: not when it was presented, which anybody who saw it can do, but when the client has shown in IKE_AUTH that it knows the keys.
    /// </summary>
    public void MarkUsed(ReadOnlySpan<byte> octets)
    {
        if (octets.Length < HeaderLength) return;
        if (_used.Count >= Remembered) (_usedBefore, _used) = (_used, []);
        _used.Add(SaltOf(octets));
    }

    /// <summary>What <see cref="MarkUsed"/> needs of a ticket: a half-open SA keeps no more.</summary>
    public static byte[] HeadOf(ReadOnlySpan<byte> octets) => octets[..HeaderLength].ToArray();

    private static ReadOnlySpan<byte> Nonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static UInt128 SaltOf(ReadOnlySpan<byte> octets) => BinaryPrimitives.ReadUInt128BigEndian(octets[(1 + KeyIdLength)..]);

    private AesGcm CipherOf(ReadOnlySpan<byte> salt)
    {
        Span<byte> label = stackalloc byte[6 + SaltLength];
        "ticket"u8.CopyTo(label);
        salt.CopyTo(label[6..]);
        using var key = new SecretBytes(HMACSHA256.HashSizeInBytes);
        HMACSHA256.HashData(secret.Span, label, key.Span);
        return new AesGcm(key.Span, TagLength);
    }

    /// <summary>Tells tickets of a former secret without opening them (6.1).</summary>
    private static byte[] KeyIdOf(SecretBytes secret) => HMACSHA256.HashData(secret.Span, "key id"u8)[..KeyIdLength];
}
