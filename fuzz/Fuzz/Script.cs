using System.Buffers.Binary;

namespace Dmvpn.Fuzz;

/// <summary>
/// An input as a list of decisions, for targets that are engines: each asks for what it needs next, and gets zeros when there is no more. So every input means something,
/// and a changed octet changes one decision.
/// </summary>
internal ref struct Script(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _left = input;

    /// <summary>Nothing is left to decide.</summary>
    public readonly bool IsOver => _left.IsEmpty;

    /// <summary>The next octet.</summary>
    public byte Next()
    {
        if (_left.IsEmpty) return 0;
        byte next = _left[0];
        _left = _left[1..];
        return next;
    }

    /// <summary>A number below <paramref name="count"/>; 0 when there is nothing to choose from.</summary>
    public int Below(int count) => count <= 0 ? 0 : count <= 256 ? Next() % count : (Next() << 8 | Next()) % count;

    /// <summary>One in <paramref name="of"/>.</summary>
    public bool OneIn(int of) => Below(of) == of - 1;

    /// <summary>So many octets, or what is left.</summary>
    public ReadOnlySpan<byte> Take(int length)
    {
        ReadOnlySpan<byte> taken = _left[..Math.Min(length, _left.Length)];
        _left = _left[taken.Length..];
        return taken;
    }

    /// <summary>Four octets as a number.</summary>
    public uint NextUInt32()
    {
        Span<byte> octets = stackalloc byte[4];
        Take(4).CopyTo(octets);
        return BinaryPrimitives.ReadUInt32BigEndian(octets);
    }
}
