using Dmvpn.Core;

namespace Dmvpn.Fuzz;

/// <summary>Changes an input a little, in the ways that break decoders: bits, lengths, cuts, repeats, and parts of other inputs.</summary>
internal sealed class Mutator(IRandom random)
{
    private const int MaximumLength = 2048;
    private static readonly byte[] Interesting = [0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 20, 28, 32, 60, 63, 64, 127, 128, 254, 255];

    public byte[] Mutate(byte[] input, IReadOnlyList<byte[]> others)
    {
        byte[] bytes = (byte[])input.Clone();
        for (int rounds = 1 + random.Below(6); rounds > 0; rounds--) bytes = Once(bytes, others);
        return bytes.Length <= MaximumLength ? bytes : bytes[..MaximumLength];
    }

    private byte[] Once(byte[] bytes, IReadOnlyList<byte[]> others)
    {
        if (bytes.Length == 0) return [(byte)random.NextUInt32()];
        int at = random.Below(bytes.Length), length = 1 + random.Below(Math.Min(16, bytes.Length - at));
        switch (random.Below(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Below(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.NextUInt32();
                return bytes;
            case 2:
                bytes[at] = Interesting[random.Below(Interesting.Length)];
                return bytes;
            case 3:
                bytes[at] += (byte)(random.Below(9) - 4);
                return bytes;
            case 4 when at + 1 < bytes.Length:
                (bytes[at], bytes[at + 1]) = ((byte)(random.Below(8) == 0 ? 0xFF : 0), Interesting[random.Below(Interesting.Length)]);
                return bytes;
            case 5:
                return bytes[..at];
            case 6:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 7:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 8:
                byte[] other = others[random.Below(others.Count)];
                int from = other.Length == 0 ? 0 : random.Below(other.Length);
                return [.. bytes[..at], .. other[from..]];
            default:
                return bytes;
        }
    }
}
