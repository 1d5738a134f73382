namespace Dmvpn.Rib;

/// <summary>Limits of our own.</summary>
internal static class RibLimits
{
    /// <summary>
    /// How long after a route was given to the kernel, or another program touched it, the kernel's table is compared. Netlink
    /// echoes come within milliseconds; a delay keeps a dispute with another program at one change a second.
    /// </summary>
    public static readonly TimeSpan ReconcileDelay = TimeSpan.FromSeconds(1);

    /// <summary>How often a route that does not stay in the kernel is installed again before it is given up until it changes or a dump.</summary>
    public const int InstallAttempts = 5;

    /// <summary>
    /// How often one prefix is evaluated within one event. Next hops that resolve by each other never settle; after this many
    /// rounds the prefix keeps its last state.
    /// </summary>
    public const int RecursionRounds = 8;

    /// <summary>How many routes a next hop may be looked up through. IOS allows fewer than anyone needs; a chain this long is a mistake.</summary>
    public const int RecursionDepth = 16;
}
