using System.Buffers.Binary;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// The fragments of one message that has not come whole (RFC 7383 2.6). Only what is authenticated is kept, and not more than a message may be long: a peer that has keys
/// and no identity yet can hold that much for as long as a half-open SA lives.
/// </summary>
public sealed class FragmentAssembly(uint messageId)
{
    /// <summary>Fragments of a message: at 576 octets each they make a longer one than is taken.</summary>
    public const int MaximumFragments = 96;

    private byte[]?[] _parts = [];
    private IkeExchangeType _exchange;
    private int _present;
    private int _length;

    /// <summary>Which message.</summary>
    public uint MessageId { get; } = messageId;

    /// <summary>True when nothing is missing.</summary>
    public bool IsComplete => _parts.Length > 0 && _present == _parts.Length;

    /// <summary>Type of the first inner payload, as the first fragment says.</summary>
    public IkePayloadType First { get; private set; }

    /// <summary>Octets of inner payloads so far.</summary>
    public int Length => _length;

    /// <summary>
    /// The number of a fragment, of which only the first may have the response sent again when its request was answered long ago (2.6.1). 0 for what is no fragment.
    /// </summary>
    public static int NumberOf(IkeView message) =>
        message.Payloads.TryFind(IkePayloadType.EncryptedFragment, out IkePayloadView payload) && payload.Body.Length >= 2
            ? BinaryPrimitives.ReadUInt16BigEndian(payload.Body) : 0;

    /// <summary>Takes a fragment. False when it is not kept; then nothing has changed.</summary>
    /// <param name="message">A whole message whose last payload is an SKF payload. It is decrypted in place.</param>
    /// <param name="cipher">For the direction.</param>
    /// <param name="why">How it is counted otherwise.</param>
    public bool TryAdd(Span<byte> message, IkeCipher cipher, out IkeDrop why)
    {
        why = IkeDrop.BadFragment;
        if (!IkeView.TryParse(message, out IkeView view, out _) || view.MessageId != MessageId || !TryFind(view, out int payloadOffset, out IkePayloadType next)) return false;
        IkeExchangeType exchange = view.Exchange;
        message = message[..view.Bytes.Length];
        int bodyOffset = payloadOffset + IkeSpec.PayloadHeaderLength + IkeSpec.FragmentHeaderLength;
        if (bodyOffset > message.Length) return false;
        int number = BinaryPrimitives.ReadUInt16BigEndian(message[(bodyOffset - 4)..]), total = BinaryPrimitives.ReadUInt16BigEndian(message[(bodyOffset - 2)..]);
        if (number == 0 || number > total || total > MaximumFragments || total < _parts.Length || IsComplete) return false;
        bool anew = total > _parts.Length;
        if (!anew && _parts[number - 1] is not null)
        {
            why = IkeDrop.AlreadyReceived;
            return false;
        }
        if (!cipher.TryOpen(message, bodyOffset, out int plaintextOffset, out int plaintextLength))
        {
            why = IkeDrop.IntegrityFailed;
            return false;
        }
        // An IKE SA has one exchange per message id: a fragment of another one is no part of this message.
        if (!anew && exchange != _exchange) return false;
        if ((anew ? 0 : _length) + plaintextLength > IkeLimits.MaximumMessage) return false;
        if (anew) Restart(total, exchange);
        _parts[number - 1] = message.Slice(plaintextOffset, plaintextLength).ToArray();
        _present++;
        _length += plaintextLength;
        if (number == 1) First = next;
        return true;
    }

    /// <summary>Puts the inner payloads together. Only when <see cref="IsComplete"/>.</summary>
    public byte[] ToArray()
    {
        byte[] whole = new byte[_length];
        int at = 0;
        foreach (byte[]? part in _parts)
        {
            part!.CopyTo(whole, at);
            at += part!.Length;
        }
        return whole;
    }

    /// <summary>The sender has cut the message into more, smaller fragments, since the larger ones did not arrive: the old ones do not fit any more (2.6).</summary>
    private void Restart(int total, IkeExchangeType exchange)
    {
        _parts = new byte[]?[total];
        (_exchange, _present, _length, First) = (exchange, 0, 0, IkePayloadType.None);
    }

    private static bool TryFind(IkeView view, out int payloadOffset, out IkePayloadType next)
    {
        bool found = view.Payloads.TryFind(IkePayloadType.EncryptedFragment, out IkePayloadView payload);
        payloadOffset = IkeSpec.HeaderLength + (found ? payload.Offset : 0);
        next = found ? payload.Next : IkePayloadType.None;
        return found;
    }
}
