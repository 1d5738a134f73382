namespace Dmvpn.Bench.Nhrp;

/// <summary>Which spokes send what. The same for the same numbers, so that runs can be compared.</summary>
/// <param name="All">All spokes, in no order.</param>
/// <param name="Some">Spokes that ask, at random.</param>
/// <param name="Others">Whom each of them asks for: another one.</param>
internal sealed record Sample(int[] All, int[] Some, int[] Others)
{
    public static Sample Of(int spokes, int count)
    {
        var random = new Random(spokes);
        int[] all = [.. Enumerable.Range(0, spokes)], some = new int[count], others = new int[count];
        random.Shuffle(all);
        for (int i = 0; i < count; i++)
        {
            some[i] = random.Next(spokes);
            others[i] = (some[i] + 1 + random.Next(spokes - 1)) % spokes;
        }
        return new Sample(all, some, others);
    }
}
