using System.Buffers.Binary;

namespace Dmvpn.Wire.Ike;

/// <summary>
/// A chain of payloads (RFC 7296 3.2), walked and checked once by <see cref="TryParse"/>; enumeration cannot fail after that. Also for what was
/// within an SK payload.
/// <code>
/// | Next Payload  |C|  RESERVED   |         Payload Length        |
/// </code>
/// </summary>
public readonly ref struct IkePayloadChain
{
    /// <summary>More payloads than anyone sends: walking them is work that a packet may not ask for.</summary>
    public const int MaximumPayloads = 128;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly IkePayloadType _first;

    private IkePayloadChain(IkePayloadType first, ReadOnlySpan<byte> bytes)
    {
        _first = first;
        _bytes = bytes;
    }

    /// <summary>True for a chain without payloads.</summary>
    public bool IsEmpty => _first == IkePayloadType.None;

    /// <summary>Type of the first payload.</summary>
    public IkePayloadType First => _first;

    /// <summary>Checks all lengths. An SK or SKF payload ends the chain, and must reach to the end of the bytes.</summary>
    public static bool TryParse(IkePayloadType first, ReadOnlySpan<byte> bytes, out IkePayloadChain chain, out Malformed why)
    {
        chain = default;
        why = Malformed.PayloadTruncated;
        int at = 0, count = 0;
        for (IkePayloadType type = first; type != IkePayloadType.None;)
        {
            if (bytes.Length - at < IkeSpec.PayloadHeaderLength) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if (length < IkeSpec.PayloadHeaderLength || length > bytes.Length - at) return false;
            if (++count > MaximumPayloads)
            {
                why = Malformed.PayloadChainTooLong;
                return false;
            }
            IkePayloadType next = (IkePayloadType)bytes[at];
            at += length;
            if (type is IkePayloadType.Encrypted or IkePayloadType.EncryptedFragment) break;
            type = next;
        }
        if (at != bytes.Length)
        {
            why = Malformed.LengthTooSmall;
            return false;
        }
        why = Malformed.None;
        chain = new IkePayloadChain(first, bytes);
        return true;
    }

    /// <summary>The first payload of a type. False when there is none.</summary>
    public bool TryFind(IkePayloadType type, out IkePayloadView payload)
    {
        foreach (IkePayloadView candidate in this)
        {
            if (candidate.Type != type) continue;
            payload = candidate;
            return true;
        }
        payload = default;
        return false;
    }

    /// <summary>The first notify of a type. False when there is none.</summary>
    public bool TryFindNotify(IkeNotifyType type, out IkeNotifyView notify)
    {
        foreach (IkePayloadView payload in this)
        {
            if (payload.Type == IkePayloadType.Notify && IkeNotifyView.TryParse(payload.Body, out notify, out _) && notify.Type == type) return true;
        }
        notify = default;
        return false;
    }

    /// <summary>Payload by payload.</summary>
    public Enumerator GetEnumerator() => new(_first, _bytes);

    /// <summary>Walks a chain that was checked.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private IkePayloadType _next;
        private int _at;

        internal Enumerator(IkePayloadType first, ReadOnlySpan<byte> bytes)
        {
            _bytes = bytes;
            _next = first;
            _at = 0;
            Current = default;
        }

        /// <summary>The payload.</summary>
        public IkePayloadView Current { get; private set; }

        /// <summary>Steps on.</summary>
        public bool MoveNext()
        {
            if (_next == IkePayloadType.None || _at >= _bytes.Length) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(_bytes[(_at + 2)..]);
            var next = (IkePayloadType)_bytes[_at];
            Current = new IkePayloadView(_next, next, (_bytes[_at + 1] & 0x80) != 0, _at, _bytes.Slice(_at + IkeSpec.PayloadHeaderLength, length - IkeSpec.PayloadHeaderLength));
            _at += length;
            _next = _next is IkePayloadType.Encrypted or IkePayloadType.EncryptedFragment ? IkePayloadType.None : next;
            return true;
        }
    }
}

/// <summary>One payload of a chain.</summary>
public readonly ref struct IkePayloadView
{
    internal IkePayloadView(IkePayloadType type, IkePayloadType next, bool critical, int offset, ReadOnlySpan<byte> body)
    {
        (Type, Next, IsCritical, Offset) = (type, next, critical, offset);
        Body = body;
    }

    /// <summary>What it is.</summary>
    public IkePayloadType Type { get; }

    /// <summary>What its next payload field says; of SK and SKF the type of the first payload within.</summary>
    public IkePayloadType Next { get; }

    /// <summary>The critical bit.</summary>
    public bool IsCritical { get; }

    /// <summary>Where its header starts, counted from the start of the chain.</summary>
    public int Offset { get; }

    /// <summary>What follows the generic header.</summary>
    public ReadOnlySpan<byte> Body { get; }
}
