namespace Dmvpn.Rib;

/// <summary>What went wrong with routes, counted for <c>show ip route summary</c>.</summary>
public enum RibDrop
{
    /// <summary>Next hops that resolve by each other: the route was left as it was.</summary>
    RecursionLoop,

    /// <summary>A route of ours was missing in the kernel and was installed again.</summary>
    Reinstalled,

    /// <summary>A route did not stay in the kernel and was given up.</summary>
    GivenUp,

    /// <summary>A route with one of our protocol numbers that we did not install was removed from the kernel.</summary>
    StaleRemoved,
}
