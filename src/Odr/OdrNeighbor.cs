using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>Who a neighbour is: its tunnel address on a tunnel, so that it stays the same one when its NBMA address changes.</summary>
internal readonly record struct OdrNeighborKey(TunnelId Tunnel, IpAddress Address);

/// <summary>
/// A CDP neighbour. Its last packet is kept as bytes and decoded when a screen asks: a hello with the same bytes, the usual
/// case, costs one comparison and no memory.
/// </summary>
internal sealed class OdrNeighbor(OdrNeighborKey key, Instant since) : Timed
{
    public OdrNeighborKey Key { get; } = key;

    /// <summary>When it was first heard.</summary>
    public Instant Since { get; } = since;

    /// <summary>Where its last packet came from, and what it has proven.</summary>
    public OdrArrival Arrival { get; set; }

    public NbmaPeer Peer => Arrival.Peer;

    /// <summary>Who claims its prefixes: as of the last time that they were judged.</summary>
    public string Claimant { get; set; } = "";

    /// <summary>True when something that it says is not used: it is judged again when that may have changed.</summary>
    public bool HasRefusals { get; set; }

    /// <summary>When its prefixes were last judged.</summary>
    public Instant JudgedAt { get; set; }

    /// <summary>When the next line may be logged about what of it is not used.</summary>
    public Instant LogAgain { get; set; }

    public byte[] Packet { get; set; } = [];

    public Instant LastHeard { get; set; }

    /// <summary>When an early hello of it was last answered.</summary>
    public Instant LastAnswered { get; set; } = since;

    /// <summary>End of the hold time that its hello asked for.</summary>
    public Instant Expires { get; set; }

    /// <summary>False once <see cref="Expires"/> has come; it may still have ODR routes, which have timers of their own.</summary>
    public bool IsListed { get; set; }

    /// <summary>What the RIB has from it, sorted.</summary>
    public IpPrefix[] Routes { get; set; } = [];

    /// <summary>The distance they were said with.</summary>
    public byte Distance { get; set; }

    /// <summary>True after the invalid timer, until a hello or the flush timer.</summary>
    public bool IsInvalid { get; set; }

    /// <summary>Until when hellos do not bring the routes back.</summary>
    public Instant HeldDownUntil { get; set; }
}
