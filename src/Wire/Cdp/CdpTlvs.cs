using System.Buffers.Binary;

namespace Dmvpn.Wire.Cdp;

/// <summary>The TLVs of a packet whose chain has been checked; <c>foreach</c> over it cannot fail.</summary>
public readonly ref struct CdpTlvs
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal CdpTlvs(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Starts at the first TLV.</summary>
    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>Walks the chain.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> bytes) => _rest = bytes;

        /// <summary>The TLV it stands on.</summary>
        public CdpTlvView Current { get; private set; }

        /// <summary>Goes to the next one.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]);
            Current = new CdpTlvView((CdpTlvType)BinaryPrimitives.ReadUInt16BigEndian(_rest), _rest[CdpSpec.TlvHeaderLength..length]);
            _rest = _rest[length..];
            return true;
        }
    }
}

/// <summary>One TLV over borrowed bytes.</summary>
public readonly ref struct CdpTlvView
{
    internal CdpTlvView(CdpTlvType type, ReadOnlySpan<byte> value)
    {
        Type = type;
        Value = value;
    }

    /// <summary>What it is.</summary>
    public CdpTlvType Type { get; }

    /// <summary>The bytes behind type and length.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
