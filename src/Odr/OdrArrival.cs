using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>Where a CDP packet came from, and what its sender has proven.</summary>
/// <param name="Tunnel">The tunnel.</param>
/// <param name="Peer">Who sent it on the underlay.</param>
/// <param name="TunnelAddress">
/// The peer's IPv4 tunnel address as NHRP knows it; <see cref="IpAddress.None"/> when it does not. It, and not what the packet
/// says, becomes the next hop: a spoke cannot draw traffic to another one's address.
/// </param>
public readonly record struct OdrArrival(TunnelId Tunnel, NbmaPeer Peer, IpAddress TunnelAddress)
{
    /// <summary>The identity that its association proved; null on a tunnel without protection.</summary>
    public string? Identity { get; init; }

    /// <summary>What its certificate lets it have; null: nothing is said of that.</summary>
    public SiteRights? Rights { get; init; }

    /// <summary>True when it is a next hop server that this router is configured with, or the other end of a point-to-point tunnel.</summary>
    public bool IsServer { get; init; }

    /// <summary>
    /// Who claims the prefixes: the proven identity, so that one router by two tunnels is one claimant; without protection
    /// the underlay address.
    /// </summary>
    internal string Claimant => Identity ?? Peer.Address.ToString();
}
