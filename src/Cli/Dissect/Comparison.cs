namespace Dmvpn.Cli.Dissect;

/// <summary>What was on the wire beside what our encoder makes of it.</summary>
internal static class Comparison
{
    public static DissectedReproduction Of(ReadOnlySpan<byte> wire, ReadOnlySpan<byte> ours)
    {
        int common = wire.CommonPrefixLength(ours);
        if (common == wire.Length && common == ours.Length) return DissectedReproduction.Same;
        return new DissectedReproduction(false)
        {
            FirstDifference = common,
            Difference = $"{At(wire, common)} on the wire, {At(ours, common)} from our encoder",
        };
    }

    private static string At(ReadOnlySpan<byte> bytes, int index) => index < bytes.Length ? $"0x{bytes[index]:X2}" : "the end";
}
