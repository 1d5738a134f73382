using Dmvpn.Core;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Nhrp;

/// <summary>
/// NHRP of one router: client and server in one (RFC 2332 with Cisco's deviations). Sans-IO: time comes in as <c>now</c>, what is to
/// be done goes out through the outbox. Read first: RFC 2332 2.2, 5.2 and 6.2. Four kinds of method:
/// <list type="number">
/// <item>Getters (<c>Cache</c>, <c>Nhss</c>, …): no effect; they enumerate live state, so finish one before the next call of another kind.</item>
/// <item>Events: <see cref="HandlePacket"/> from the network; <c>On…</c> from the other engines and the shell.</item>
/// <item>Commands: <see cref="TryApply"/>, <c>Clear…</c>, <see cref="Stop"/>.</item>
/// <item>Time: <see cref="NextDeadline"/>, and <see cref="OnDeadline"/> when it has come; extra calls do nothing.</item>
/// </list>
/// After each call of kinds 2 to 4 the shell carries out the outbox's effects in order.
/// </summary>
public sealed partial class NhrpInstance(IRouteLookup routes, IRandom random, ILogger logger)
{
    /// <summary>The earliest time at which <see cref="OnDeadline"/> has something to do.</summary>
    public Instant NextDeadline => routes is null || random is null || logger is null ? Instant.Zero : Instant.Never;

    /// <summary>Packets that were not obeyed or not sent, by reason.</summary>
    public DropCounters<NhrpDrop> Drops { get; } = new();

    /// <summary>Packets that could not be decoded, by reason.</summary>
    public DropCounters<Wire.Malformed> Malformed { get; } = new();

    /// <summary>
    /// Gives an interface its configuration, or takes it away (null). Only what differs is touched: mappings, registrations and
    /// shortcuts that are not concerned live on. False, and nothing changed, when the configuration cannot be used.
    /// </summary>
    public bool TryApply(NhrpInterfaceKey key, NhrpConfig? config, Instant now, Outbox<NhrpEffect> outbox) => true;

    /// <summary>The interface came up, went down, or changed an address, its source or its MTU. Changed addresses are registered at once.</summary>
    public void OnInterfaceChanged(NhrpInterfaceFacts facts, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary>An NHRP packet (what follows the GRE header). It is not kept.</summary>
    public void HandlePacket(in NhrpArrival arrival, ReadOnlySpan<byte> packet, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary>Phase 2: there is traffic for a next hop on the tunnel that has no mapping. The caller sends it by the NHS meanwhile.</summary>
    public void OnNextHopUnresolved(NhrpInterfaceKey key, IpAddress nextHop, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary>
    /// A packet that came from <paramref name="from"/> over the tunnel is routed out over a tunnel of the same network-id: its
    /// sender is told, at most once per redirect timeout and (source, destination).
    /// </summary>
    public void OnTrafficTurnedAround(NhrpInterfaceKey arrival, NbmaPeer from, ReadOnlySpan<byte> ipPacketHead, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary>The adjacency of a next hop carried traffic since the last call: it, and shortcuts over it, are refreshed before they expire.</summary>
    public void OnUsed(NhrpInterfaceKey key, IpAddress nextHop, Instant now) { }

    /// <summary>A route of the kernel's table (not a shortcut) appeared, changed or went: answers given that depended on it are purged.</summary>
    public void OnRouteChanged(IpPrefix prefix, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary>Answer to <see cref="NhrpEffectKind.ResolveName"/>; no address means that the look-up failed.</summary>
    public void OnNameResolved(string name, ReadOnlySpan<IpAddress> addresses, TimeSpan timeToLive, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary>The association with a peer is gone for good: what was learnt from it goes, and its next hop server is registered with anew.</summary>
    public void OnPeerLost(NbmaPeer peer, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary>Does what is due.</summary>
    public void OnDeadline(Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary><c>clear ip nhrp</c>: all dynamic entries of a family, or those of one interface.</summary>
    public void Clear(bool ipv6, NhrpInterfaceKey? key, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary><c>clear ip nhrp ADDRESS</c>: the dynamic entries for an address or next hop. False when there is none.</summary>
    public bool ClearAddress(IpAddress address, Instant now, Outbox<NhrpEffect> outbox) => false;

    /// <summary><c>clear ip nhrp shortcut</c>.</summary>
    public void ClearShortcuts(bool ipv6, Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary><c>clear ip nhrp counters</c>.</summary>
    public void ClearCounters() { }

    /// <summary>The program ends: registrations and answers given are purged, routes withdrawn. Nothing is kept.</summary>
    public void Stop(Instant now, Outbox<NhrpEffect> outbox) { }

    /// <summary><c>show ip nhrp</c>: all entries of a family.</summary>
    public IEnumerable<NhrpCacheEntryState> Cache(bool ipv6) => [];

    /// <summary>How many entries a family has; cheap.</summary>
    public int CacheCount(bool ipv6) => 0;

    /// <summary>The best entry for an address; cheap.</summary>
    public bool TryFind(NhrpInterfaceKey key, IpAddress address, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out NhrpCacheEntryState? entry)
    {
        entry = null;
        return false;
    }

    /// <summary><c>show ip nhrp nhs detail</c>.</summary>
    public IEnumerable<NhsState> Nhss(bool ipv6) => [];

    /// <summary><c>show ip nhrp traffic</c>.</summary>
    public IEnumerable<NhrpTrafficState> Traffic(bool ipv6) => [];

    /// <summary><c>show ip nhrp summary</c>.</summary>
    public NhrpSummaryState Summary(bool ipv6) => new();

    /// <summary><c>show ip nhrp redirect</c>.</summary>
    public IEnumerable<NhrpRedirectState> Redirects(bool ipv6, Instant now) => [];

    /// <summary><c>show ip nhrp shortcut</c>: the entries of <see cref="Cache"/> that are shortcuts.</summary>
    public IEnumerable<NhrpCacheEntryState> Shortcuts(bool ipv6) => [];

    /// <summary><c>show ip nhrp multicast</c>.</summary>
    public IEnumerable<NhrpMulticastState> Multicast(bool ipv6) => [];

    /// <summary>
    /// Where to send a packet for a next hop that has no mapping yet (phase 2): the best next hop server that answers. False when none does.
    /// </summary>
    public bool TryGetServer(NhrpInterfaceKey key, out IpAddress address, out NbmaPeer peer)
    {
        (address, peer) = (default, default);
        return false;
    }
}
