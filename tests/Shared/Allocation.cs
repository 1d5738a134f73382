namespace Dmvpn.Tests;

/// <summary>The zero-allocation gate of the hot paths.</summary>
internal static class Allocation
{
    /// <summary>
    /// A thread allocates from a context of up to 8 KB. When another test's thread triggers a collection, the rest of ours is
    /// charged to us as if it had been used, once. One object a round would be far more in the thousand rounds and up that callers make.
    /// </summary>
    private const long OneContext = 8192;

    /// <summary>Fails when <paramref name="bytes"/>, the growth of GC.GetAllocatedBytesForCurrentThread over at least 1,000 rounds, shows an allocation.</summary>
    public static void AssertNone(long bytes) => Assert.InRange(bytes, 0, OneContext);
}
