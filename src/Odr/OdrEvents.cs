using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>What is to be done for CDP and ODR.</summary>
public enum OdrEffectKind : byte
{
    /// <summary>Send a CDP packet (GRE protocol 0x2000).</summary>
    Transmit,

    /// <summary>A route for the RIB: Prefix, by NextHop and Tunnel, Distance, Metric. Said again when only Distance changed.</summary>
    LearnRoute,

    /// <summary>Take the route (Prefix, NextHop, Tunnel) back.</summary>
    ForgetRoute,
}

/// <summary>One effect; which fields count depends on the kind.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Tunnel">The tunnel.</param>
/// <param name="Peer">Transmit: to this peer only; null for all that multicast of the tunnel goes to.</param>
/// <param name="Packet">Transmit: the bytes, in the outbox's arena.</param>
/// <param name="Prefix">The route's prefix.</param>
/// <param name="NextHop">The neighbour's tunnel address; <see cref="IpAddress.None"/> on a point-to-point tunnel without one.</param>
/// <param name="Distance">Administrative distance.</param>
/// <param name="Metric">1.</param>
public readonly record struct OdrEffect(
    OdrEffectKind Kind, TunnelId Tunnel, NbmaPeer? Peer = null, ByteRange Packet = default,
    IpPrefix Prefix = default, IpAddress NextHop = default, byte Distance = 0, uint Metric = 0);
