using System.Runtime.InteropServices;

namespace Dmvpn.Core;

/// <summary>
/// What an engine wants done: effects in order, and the bytes that they refer to in one arena. The shell owns
/// the outbox, hands it to the engine's methods, carries the effects out and clears it; after the first
/// rounds nothing is allocated. No delegates, no events, no tasks: an engine's output is data.
/// </summary>
/// <typeparam name="TEffect">The engine's effects, a small struct with a kind.</typeparam>
public sealed class Outbox<TEffect>
    where TEffect : struct
{
    private readonly List<TEffect> _effects = [];
    private byte[] _arena = new byte[4096];
    private int _used;

    /// <summary>The effects since the last <see cref="Clear"/>, in order. Valid until the next <see cref="Add"/> or Clear.</summary>
    public ReadOnlySpan<TEffect> Effects => CollectionsMarshal.AsSpan(_effects);

    /// <summary>True when nothing is to be done.</summary>
    public bool IsEmpty => _effects.Count == 0;

    /// <summary>Adds an effect.</summary>
    public void Add(in TEffect effect) => _effects.Add(effect);

    /// <summary>Room for <paramref name="maximum"/> bytes at the end of the arena; write there, then <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(int maximum)
    {
        if (_arena.Length - _used < maximum) Array.Resize(ref _arena, Math.Max(_arena.Length * 2, _used + maximum));
        return _arena.AsSpan(_used, maximum);
    }

    /// <summary>Keeps the first <paramref name="length"/> bytes of what was reserved and says where they are.</summary>
    public ByteRange Commit(int length)
    {
        var range = new ByteRange(_used, length);
        _used += length;
        return range;
    }

    /// <summary>Copies bytes into the arena.</summary>
    public ByteRange Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        return Commit(bytes.Length);
    }

    /// <summary>The bytes of a range. Valid until the next <see cref="Reserve"/> or <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Bytes(ByteRange range) => _arena.AsSpan(range.Start, range.Length);

    /// <summary>Forgets everything; the memory stays.</summary>
    public void Clear()
    {
        _effects.Clear();
        _used = 0;
    }
}

/// <summary>A stretch of an <see cref="Outbox{TEffect}"/>'s arena.</summary>
public readonly record struct ByteRange(int Start, int Length);
