using System.Runtime.InteropServices;
using System.Text;
using Dmvpn.Core;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

/// <summary>
/// Writes netlink messages one behind the other into a buffer. Too little room sets <see cref="Overflowed"/> and nothing more is
/// written; the caller asks once at the end. Numbers are in the machine's byte order.
/// </summary>
internal ref struct NetlinkWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _messageStart;

    /// <summary>Bytes written; a multiple of 4.</summary>
    public int Length { get; private set; }

    public bool Overflowed { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    public void BeginMessage(ushort type, ushort flags, uint sequence)
    {
        _messageStart = Length;
        Span<byte> header = Take(MessageHeaderSize);
        if (header.IsEmpty) return;
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        MemoryMarshal.Write(header[8..], sequence);
    }

    public readonly void EndMessage()
    {
        if (!Overflowed) MemoryMarshal.Write(_buffer[_messageStart..], (uint)(Length - _messageStart));
    }

    /// <summary>Takes back the message that was begun last, and with it the overflow.</summary>
    public void DropMessage()
    {
        Length = _messageStart;
        Overflowed = false;
    }

    /// <summary>The fixed part of a message, zeroed; empty on overflow.</summary>
    public Span<byte> Fixed(int size) => Take(size);

    public void Attribute(ushort type, scoped ReadOnlySpan<byte> value)
    {
        Span<byte> all = Take(AttributeHeaderSize + value.Length);
        if (all.IsEmpty) return;
        MemoryMarshal.Write(all, (ushort)(AttributeHeaderSize + value.Length));
        MemoryMarshal.Write(all[2..], type);
        value.CopyTo(all[AttributeHeaderSize..]);
    }

    public void Attribute(ushort type, uint value) => Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    public void Attribute(ushort type, IpAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        Attribute(type, bytes[..address.Write(bytes)]);
    }

    /// <summary>A text with a zero behind it.</summary>
    public void Attribute(ushort type, string text)
    {
        Span<byte> bytes = stackalloc byte[256];
        int length = Encoding.UTF8.GetBytes(text, bytes[..255]);
        bytes[length] = 0;
        Attribute(type, bytes[..(length + 1)]);
    }

    /// <summary>Begins an attribute that holds attributes; give the result to <see cref="EndNest"/>.</summary>
    public int BeginNest(ushort type)
    {
        int start = Length;
        Span<byte> header = Take(AttributeHeaderSize);
        if (!header.IsEmpty) MemoryMarshal.Write(header[2..], type);
        return start;
    }

    /// <summary>Ends what started at <paramref name="start"/>: an attribute, or a next hop, which also begins with its length.</summary>
    public readonly void EndNest(int start)
    {
        if (!Overflowed) MemoryMarshal.Write(_buffer[start..], (ushort)(Length - start));
    }

    private Span<byte> Take(int size)
    {
        int aligned = (size + 3) & ~3;
        if (Overflowed || _buffer.Length - Length < aligned)
        {
            Overflowed = true;
            return default;
        }
        Span<byte> taken = _buffer.Slice(Length, aligned);
        taken.Clear();
        Length += aligned;
        return taken[..size];
    }
}
