using System.Buffers.Binary;
using System.Numerics;

namespace Dmvpn.Core;

/// <summary>
/// xoshiro128++: repeatable from its seed, for tests, simulations and jitter; never for keys.
/// </summary>
public sealed class SeededRandom : IRandom
{
    private uint _a, _b, _c, _d;

    /// <summary>A generator whose whole future follows from <paramref name="seed"/>.</summary>
    public SeededRandom(ulong seed)
    {
        _a = (uint)SplitMix(ref seed);
        _b = (uint)SplitMix(ref seed);
        _c = (uint)SplitMix(ref seed);
        _d = (uint)SplitMix(ref seed) | 1;
    }

    /// <inheritdoc/>
    public uint NextUInt32()
    {
        uint result = BitOperations.RotateLeft(_a + _d, 7) + _a;
        uint t = _b << 9;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 11);
        return result;
    }

    /// <inheritdoc/>
    public void Fill(Span<byte> buffer)
    {
        Span<byte> word = stackalloc byte[4];
        while (buffer.Length > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(word, NextUInt32());
            int n = Math.Min(4, buffer.Length);
            word[..n].CopyTo(buffer);
            buffer = buffer[n..];
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
