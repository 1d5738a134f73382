namespace Dmvpn.Core;

/// <summary>
/// Where jitter, request ids, nonces and cookies come from. Injected, so that a run with the same seed is the same run.
/// </summary>
public interface IRandom
{
    /// <summary>32 random bits.</summary>
    uint NextUInt32();

    /// <summary>Fills a buffer with random bytes.</summary>
    void Fill(Span<byte> buffer);
}

/// <summary>Helpers over <see cref="IRandom"/>.</summary>
public static class RandomExtensions
{
    /// <summary>A number from 0 to <paramref name="bound"/> - 1, without noticeable bias.</summary>
    public static int Below(this IRandom random, int bound) => (int)((ulong)random.NextUInt32() * (uint)bound >> 32);

    /// <summary>A number in [0, 1).</summary>
    public static double NextDouble(this IRandom random) => random.NextUInt32() / 4294967296.0;

    /// <summary>
    /// <paramref name="span"/> shortened by up to <paramref name="fraction"/> of it, evenly: keeps many peers from acting in step.
    /// </summary>
    public static TimeSpan Jitter(this IRandom random, TimeSpan span, double fraction) => span * (1 - fraction * random.NextDouble());
}
