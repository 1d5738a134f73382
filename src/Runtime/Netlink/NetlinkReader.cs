using System.Runtime.InteropServices;
using System.Text;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

/// <summary>One netlink message: borrowed bytes whose length was checked against its header.</summary>
internal readonly ref struct NetlinkMessage(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public ushort Type => MemoryMarshal.Read<ushort>(_bytes[4..]);

    public ushort Flags => MemoryMarshal.Read<ushort>(_bytes[6..]);

    public uint Sequence => MemoryMarshal.Read<uint>(_bytes[8..]);

    public ReadOnlySpan<byte> Payload => _bytes[MessageHeaderSize..];
}

/// <summary>The messages in one receive, by <c>while (reader.TryNext(out var message))</c>. What does not parse ends it.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool TryNext(out NetlinkMessage message)
    {
        message = default;
        if (_rest.Length < MessageHeaderSize) return false;
        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < MessageHeaderSize || length > (uint)_rest.Length) return false;
        message = new NetlinkMessage(_rest[..(int)length]);
        _rest = _rest[Math.Min(_rest.Length, (int)(length + 3 & ~3u))..];
        return true;
    }
}

/// <summary>The attributes behind the fixed part of a message or in a nest. What does not parse ends it.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Type without the flag bits.</summary>
    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value as a number; 0 when it is shorter.</summary>
    public readonly uint UInt32 => Value.Length >= 4 ? MemoryMarshal.Read<uint>(Value) : 0;

    public readonly byte Byte => Value.Length >= 1 ? Value[0] : (byte)0;

    /// <summary>The value as text up to its zero.</summary>
    public readonly string Text
    {
        get
        {
            int end = Value.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
        }
    }

    public bool MoveNext()
    {
        if (_rest.Length < AttributeHeaderSize) return false;
        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < AttributeHeaderSize || length > _rest.Length) return false;
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & AttributeTypeMask);
        Value = _rest[AttributeHeaderSize..length];
        _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
        return true;
    }
}
