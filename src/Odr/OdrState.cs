using Dmvpn.Core;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Odr;

/// <summary>One entry of <c>show cdp neighbors [detail]</c>.</summary>
public sealed record CdpNeighborState
{
    /// <summary>Device ID.</summary>
    public required string DeviceId { get; init; }

    /// <summary>Our interface.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary>The neighbour's tunnel address; <see cref="IpAddress.None"/> when unknown (point-to-point only).</summary>
    public required IpAddress TunnelAddress { get; init; }

    /// <summary>Where it is on the underlay.</summary>
    public required NbmaPeer Peer { get; init; }

    /// <summary>What is left of the hold time.</summary>
    public required TimeSpan HoldTime { get; init; }

    /// <summary>Capability bits.</summary>
    public required CdpCapabilities Capabilities { get; init; }

    /// <summary>Platform.</summary>
    public required string Platform { get; init; }

    /// <summary>Its interface.</summary>
    public required string PortId { get; init; }

    /// <summary>Software version, several lines.</summary>
    public required string SoftwareVersion { get; init; }

    /// <summary>"Entry address(es)".</summary>
    public required IReadOnlyList<IpAddress> Addresses { get; init; }

    /// <summary>1 or 2: "advertisement version".</summary>
    public required byte Version { get; init; }

    /// <summary>VTP management domain; empty when not said.</summary>
    public required string VtpDomain { get; init; }

    /// <summary>1 full, 0 half; null when not said.</summary>
    public byte? Duplex { get; init; }

    /// <summary>The prefixes in its ODR TLV, as said, before any filter.</summary>
    public required IReadOnlyList<IpPrefix> OdrPrefixes { get; init; }

    /// <summary>The default gateway in its ODR TLV; <see cref="IpAddress.None"/> when not said.</summary>
    public required IpAddress OdrGateway { get; init; }

    /// <summary>How many of its routes are in use.</summary>
    public required int RouteCount { get; init; }

    /// <summary>Since it was first heard.</summary>
    public required TimeSpan UpTime { get; init; }

    /// <summary>Since it was last heard.</summary>
    public required TimeSpan LastHeard { get; init; }
}

/// <summary>One tunnel of <c>show cdp interface</c>.</summary>
/// <param name="Tunnel">The interface.</param>
/// <param name="IsActive">Whether CDP runs there.</param>
/// <param name="HellosSent">Hellos sent, each to one peer or to all.</param>
/// <param name="HellosReceived">Hellos received.</param>
/// <param name="NextHello">Time to the next hello; null when none is due.</param>
public readonly record struct CdpTunnelState(TunnelId Tunnel, bool IsActive, long HellosSent, long HellosReceived, TimeSpan? NextHello);

/// <summary>One source of <c>show ip protocols</c>, "Routing Information Sources".</summary>
/// <param name="Gateway">The neighbour's tunnel address.</param>
/// <param name="Distance">Administrative distance.</param>
/// <param name="LastUpdate">Since its last hello.</param>
/// <param name="RouteCount">How many of its routes are in use.</param>
/// <param name="IsInvalid">True after the invalid timer.</param>
public readonly record struct OdrSourceState(IpAddress Gateway, byte Distance, TimeSpan LastUpdate, int RouteCount, bool IsInvalid);
