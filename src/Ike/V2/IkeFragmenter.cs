using System.Buffers.Binary;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Makes protected messages of inner payloads: one SK message, or where it would not fit in the path several SKF messages (RFC 7383 2.5), each encrypted and authenticated by itself.
/// <code>
/// | IKE header 28 | payload header 4 | (SKF: fragment number 2, total 2) | IV, ciphertext, padding, pad length, ICV |
/// </code>
/// </summary>
internal static class IkeFragmenter
{
    /// <summary>
    /// A fragment carries at least so much, whatever MTU is configured: a message may not become hundreds of fragments, nor one that carries nothing.
    /// </summary>
    private const int SmallestFragment = 64;

    private const int UdpHeader = 8;

    private const int IPv4Header = 20;

    private const int IPv6Header = 40;

    /// <summary>The longest IKE message for IP packets of <paramref name="mtu"/> octets on a path.</summary>
    public static int LongestMessage(int mtu, in IkePath path) =>
        mtu - (path.Remote.Address.IsIPv4 ? IPv4Header : IPv6Header) - UdpHeader - (path.Local.Port == IkeSpec.NatPort ? IkeSpec.NonEspMarkerLength : 0);

    /// <summary>One message or its fragments, ready to be sent (and sent again: the same octets).</summary>
    /// <param name="header">The header; its first payload does not matter.</param>
    /// <param name="first">Type of the first inner payload.</param>
    /// <param name="plaintext">The inner payloads.</param>
    /// <param name="cipher">For the direction.</param>
    /// <param name="longestMessage">From <see cref="LongestMessage"/>; <see cref="int.MaxValue"/> when the peer does not know fragments.</param>
    public static byte[][] Protect(IkeHeader header, IkePayloadType first, ReadOnlySpan<byte> plaintext, IkeCipher cipher, int longestMessage)
    {
        int whole = IkeSpec.HeaderLength + IkeSpec.PayloadHeaderLength + cipher.SealedLength(plaintext.Length);
        if (whole <= longestMessage) return [Write(header with { FirstPayload = IkePayloadType.Encrypted }, first, plaintext, cipher, 0, 0)];
        int room = RoomIn(cipher, longestMessage), total = (plaintext.Length + room - 1) / room;
        byte[][] messages = new byte[total][];
        for (int i = 0; i < total; i++)
        {
            ReadOnlySpan<byte> part = plaintext.Slice(i * room, Math.Min(room, plaintext.Length - i * room));
            // Only the first fragment names the first inner payload; the others have 0 (2.5).
            messages[i] = Write(header with { FirstPayload = IkePayloadType.EncryptedFragment }, i == 0 ? first : IkePayloadType.None, part, cipher, i + 1, total);
        }
        return messages;
    }

    private static int RoomIn(IkeCipher cipher, int longestMessage)
    {
        int body = longestMessage - IkeSpec.HeaderLength - IkeSpec.PayloadHeaderLength - IkeSpec.FragmentHeaderLength;
        int room = body;
        while (room > SmallestFragment && cipher.SealedLength(room) > body) room--;
        return Math.Max(room, SmallestFragment);
    }

    private static byte[] Write(IkeHeader header, IkePayloadType next, ReadOnlySpan<byte> plaintext, IkeCipher cipher, int number, int total)
    {
        int bodyOffset = IkeSpec.HeaderLength + IkeSpec.PayloadHeaderLength + (number > 0 ? IkeSpec.FragmentHeaderLength : 0);
        byte[] message = new byte[bodyOffset + cipher.SealedLength(plaintext.Length)];
        header.Write(message, message.Length);
        Span<byte> payload = message.AsSpan(IkeSpec.HeaderLength);
        payload[0] = (byte)next;
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)payload.Length);
        if (number > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[4..], (ushort)number);
            BinaryPrimitives.WriteUInt16BigEndian(payload[6..], (ushort)total);
        }
        cipher.Seal(message, bodyOffset, plaintext);
        return message;
    }
}
