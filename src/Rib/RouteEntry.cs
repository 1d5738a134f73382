using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>All that is known of one prefix: what the sources say, and what was given to the kernel.</summary>
internal sealed class RouteEntry(IpPrefix prefix)
{
    public IpPrefix Prefix { get; } = prefix;

    /// <summary>What the sources say, in the order of arrival.</summary>
    public List<Candidate> Candidates { get; } = new(1);

    /// <summary>The best of all sources but NHRP, as installed; null when none is usable.</summary>
    public InstalledRoute? Best { get; set; }

    /// <summary>The shortcut, as installed beside <see cref="Best"/>.</summary>
    public InstalledRoute? Shortcut { get; set; }

    /// <summary>Already waiting to be evaluated.</summary>
    public bool Queued { get; set; }

    /// <summary>How often it was evaluated within one event: the guard against next hops that lead in a circle.</summary>
    public int Rounds { get; set; }

    /// <summary>How often the kernel was told in vain; see <see cref="RibLimits.InstallAttempts"/>.</summary>
    public int Attempts { get; set; }

    public int IndexOf(RouteSource source, RibNextHop nextHop)
    {
        for (int i = 0; i < Candidates.Count; i++)
        {
            if (Candidates[i].Route.Source == source && Candidates[i].Route.NextHop == nextHop) return i;
        }
        return -1;
    }
}

/// <summary>A route of a source, and whether its next hop leads anywhere.</summary>
internal sealed class Candidate(RibRoute route, Instant since)
{
    public RibRoute Route { get; set; } = route;

    /// <summary>When the source first said it with these values.</summary>
    public Instant Since { get; set; } = since;

    /// <summary>The next hops with interfaces that it comes down to; empty while it is unreachable.</summary>
    public ValueList<RibNextHop> Resolved { get; set; } = [];

    /// <summary>The prefix of ours that its next hop was looked up by; null when directly, by a kernel route, or not at all.</summary>
    public IpPrefix? Via { get; set; }

    public bool IsUsable => Resolved.Count > 0 && Route.Distance != RibSpec.UnusableDistance;
}

/// <summary>A route as given to the kernel.</summary>
/// <param name="Source">Whose it is.</param>
/// <param name="NextHops">Its next hops, sorted.</param>
/// <param name="Metric">The kernel's metric.</param>
internal sealed record InstalledRoute(RouteSource Source, ValueList<RibNextHop> NextHops, uint Metric)
{
    public byte Protocol => RibKernel.Protocol(Source);
}
