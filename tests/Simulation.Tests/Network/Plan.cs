using Dmvpn.Core;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>How large a simulated network is, and what befalls it. All else follows from the seed.</summary>
internal sealed record Plan
{
    public required ulong Seed { get; init; }

    public required int Spokes { get; init; }

    /// <summary>0: spokes register with the hub. Otherwise with one of these, which register with the hub.</summary>
    public int RegionalHubs { get; init; }

    /// <summary>Pairs that talk from the start to the end, both ways.</summary>
    public required int Pairs { get; init; }

    /// <summary>Between two packets of one direction of a pair.</summary>
    public TimeSpan PacketInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long things go wrong.</summary>
    public TimeSpan FaultTime { get; init; } = TimeSpan.FromSeconds(600);

    public double Loss { get; init; } = 0.05;

    public double Duplication { get; init; } = 0.01;

    public int AddressChanges { get; init; }

    /// <summary>Two spokes that exchange their underlay addresses, as a pool hands them out anew.</summary>
    public int AddressSwaps { get; init; }

    /// <summary>Spokes that crash, and come back without any memory.</summary>
    public int SpokeRestarts { get; init; }

    /// <summary>Spokes that crash and stay away.</summary>
    public int Deaths { get; init; }

    /// <summary>Restarts of each hub, all state lost.</summary>
    public int HubRestarts { get; init; }

    public TimeSpan HoldTime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Given to others; a third of the holding time.</summary>
    public TimeSpan RegistrationTime => HoldTime / 3;
}

/// <summary>One router of the plan.</summary>
internal sealed record RouterPlan
{
    public required string Name { get; init; }

    public required IpAddress Address { get; init; }

    public required IpAddress Nbma { get; init; }

    /// <summary>The address of its NAT; none without one.</summary>
    public IpAddress Nat { get; init; }

    /// <summary>The network behind it.</summary>
    public IpPrefix? Lan { get; init; }

    /// <summary>A host in <see cref="Lan"/>.</summary>
    public IpAddress Host { get; init; }

    public RouterPlan? Nhs { get; init; }

    /// <summary>Prefix and next hop; no next hop is a discard route.</summary>
    public (IpPrefix Prefix, IpAddress NextHop)[] Routes { get; init; } = [];

    public bool IsHub { get; init; }

    /// <summary>May change its address, so it registers with <c>no-unique</c>.</summary>
    public bool Roams { get; init; }
}
