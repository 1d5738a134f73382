using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>One NHRP interface: <c>ip nhrp</c> and <c>ipv6 nhrp</c> of a tunnel are two.</summary>
/// <param name="Tunnel">The tunnel interface.</param>
/// <param name="IPv6">True for <c>ipv6 nhrp</c>: the protocol (inner) addresses are IPv6.</param>
public readonly record struct NhrpInterfaceKey(TunnelId Tunnel, bool IPv6)
{
    /// <inheritdoc/>
    public override string ToString() => IPv6 ? $"{Tunnel} (IPv6)" : Tunnel.ToString();
}

/// <summary>An address of the tunnel interface with the length of its subnet's prefix.</summary>
public readonly record struct NhrpInterfaceAddress(IpAddress Address, int PrefixLength)
{
    /// <summary>The subnet.</summary>
    public IpPrefix Subnet => new(Address, PrefixLength);
}

/// <summary>What the shell knows about a tunnel interface, per protocol family. Compared by value: an equal one changes nothing.</summary>
public sealed record NhrpInterfaceFacts
{
    /// <summary>Which interface.</summary>
    public required NhrpInterfaceKey Key { get; init; }

    /// <summary>True when the interface is up (not <c>shutdown</c>, source present).</summary>
    public bool Up { get; init; }

    /// <summary>Protocol addresses of the key's family; the first is the primary one. IPv6: global ones first, link-local last.</summary>
    public ValueList<NhrpInterfaceAddress> Addresses { get; init; } = [];

    /// <summary>The address that outer packets come from; <see cref="IpAddress.None"/> while the source interface has none.</summary>
    public IpAddress NbmaSource { get; init; }

    /// <summary>The tunnel's IP MTU in bytes, announced in client information entries.</summary>
    public int Mtu { get; init; } = 1400;

    /// <summary>The number of the protected source that the tunnel has, so that its associations are told from others'; 0 without protection.</summary>
    public int Protection { get; init; }

    /// <summary>Address of the interface that <c>ip nhrp responder</c> names, <see cref="IpAddress.None"/> without one.</summary>
    public IpAddress Responder { get; init; }
}

/// <summary>Where a received packet came from.</summary>
/// <param name="Key">The interface that it arrived on (GRE key and outer destination say which).</param>
/// <param name="From">The outer source, and with protection the association that it was opened with.</param>
/// <param name="OuterDestination">The outer destination.</param>
public readonly record struct NhrpArrival(NhrpInterfaceKey Key, NbmaPeer From, IpAddress OuterDestination);

/// <summary>What <see cref="NhrpInstance"/> wants done.</summary>
public enum NhrpEffectKind
{
    /// <summary>Send <see cref="NhrpEffect.Bytes"/> (an NHRP packet, GRE protocol 0x2001) to <see cref="NhrpEffect.Peer"/>.</summary>
    Transmit,

    /// <summary>Adjacency: tunnel packets for next hop <see cref="NhrpEffect.Address"/> go to <see cref="NhrpEffect.Peer"/>. Replaces an older one.</summary>
    MappingUp,

    /// <summary>No adjacency for <see cref="NhrpEffect.Address"/> any more.</summary>
    MappingDown,

    /// <summary>
    /// Kernel route <see cref="NhrpEffect.Prefix"/> by next hop <see cref="NhrpEffect.Address"/>; replaces an older one. With
    /// <see cref="NhrpEffect.NextHopOverride"/> the routing table has the same prefix and the shortcut goes before it.
    /// </summary>
    ShortcutUp,

    /// <summary>The shortcut for <see cref="NhrpEffect.Prefix"/> goes.</summary>
    ShortcutDown,

    /// <summary>Multicast that leaves the tunnel goes to <see cref="NhrpEffect.Peer"/> too.</summary>
    MulticastUp,

    /// <summary>Multicast no longer goes to <see cref="NhrpEffect.Peer"/>.</summary>
    MulticastDown,

    /// <summary><see cref="NhrpEffect.Peer"/> may send packets of others: a next hop server, or a configured neighbour.</summary>
    TransitUp,

    /// <summary>It may no longer.</summary>
    TransitDown,

    /// <summary>The next hop server <see cref="NhrpEffect.Address"/> at <see cref="NhrpEffect.Peer"/> accepted the registration.</summary>
    NhsUp,

    /// <summary>The next hop server stopped answering, refused, or is no longer used.</summary>
    NhsDown,

    /// <summary>
    /// The next hop server <see cref="NhrpEffect.Address"/> has not answered for a while, whether or not it ever did: what is routed by it
    /// does not arrive.
    /// </summary>
    NhsLost,

    /// <summary>The opposite of <see cref="NhsLost"/>: it answers, or is no longer used and nothing is known of it.</summary>
    NhsFound,

    /// <summary>Look <see cref="NhrpEffect.Name"/> up and call <see cref="NhrpInstance.OnNameResolved"/>.</summary>
    ResolveName,

    /// <summary>The configuration names the address of <see cref="NhrpEffect.Peer"/> (next hop server, <c>map</c>): with protection, only who answers a call there is it.</summary>
    PeerConfigured,

    /// <summary>The configuration does not name the address of <see cref="NhrpEffect.Peer"/> any more.</summary>
    PeerUnconfigured,

    /// <summary>Something depends on <see cref="NhrpEffect.Peer"/> now: with protection, have an association with it.</summary>
    PeerWanted,

    /// <summary>Nothing depends on <see cref="NhrpEffect.Peer"/> any more.</summary>
    PeerReleased,
}

/// <summary>One effect. Which fields count is said at its kind.</summary>
public readonly record struct NhrpEffect
{
    /// <summary>What to do.</summary>
    public NhrpEffectKind Kind { get; init; }

    /// <summary>The interface concerned.</summary>
    public NhrpInterfaceKey Key { get; init; }

    /// <summary>The peer on the underlay.</summary>
    public NbmaPeer Peer { get; init; }

    /// <summary>A protocol address: a next hop, or a next hop server.</summary>
    public IpAddress Address { get; init; }

    /// <summary>The NBMA address that the peer claims: another than the peer's address when it is behind NAT.</summary>
    public IpAddress Claimed { get; init; }

    /// <summary>The prefix of a shortcut.</summary>
    public IpPrefix Prefix { get; init; }

    /// <summary>True for a shortcut whose prefix the routing table has, too.</summary>
    public bool NextHopOverride { get; init; }

    /// <summary>The packet, in the outbox's arena.</summary>
    public ByteRange Bytes { get; init; }

    /// <summary>A domain name.</summary>
    public string? Name { get; init; }
}
