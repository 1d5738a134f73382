using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Ipsec;

namespace Dmvpn.Dataplane;

/// <summary>
/// The security associations that the workers know. Written by the control thread alone; looked up by workers without a lock. An SA that is taken out is freed when every worker has
/// begun a round after that (<see cref="FreeRetired"/>).
/// </summary>
public sealed class SecurityTable
{
    private readonly ConcurrentDictionary<uint, InboundSa> _inbound = new(concurrencyLevel: 1, capacity: 31);
    private readonly ConcurrentDictionary<Key, ProtectedPeer> _peers = new(concurrencyLevel: 1, capacity: 31);
    private readonly ConcurrentDictionary<int, SiteRights> _rights = new(concurrencyLevel: 1, capacity: 31);
    private readonly RetireList<IDisposable> _retired = new();

    /// <summary>How many SAs can be received with.</summary>
    public int Count => _inbound.Count;

    /// <summary>The SA of one of our SPIs. Any thread.</summary>
    public bool TryFind(uint spi, [MaybeNullWhen(false)] out InboundSa sa) => _inbound.TryGetValue(spi, out sa);

    /// <summary>
    /// Where packets to a peer leave by: with an association by that alone, wherever it is; without by its address. Any thread.
    /// </summary>
    public bool TryGetPeer(int protection, NbmaPeer peer, [MaybeNullWhen(false)] out ProtectedPeer found) => _peers.TryGetValue(Key.Of(protection, peer), out found);

    /// <summary>What the certificate of a peer with an association lets it have; false without one. Any thread.</summary>
    public bool TryGetRights(int association, [MaybeNullWhen(false)] out SiteRights rights) => _rights.TryGetValue(association, out rights);

    /// <summary>Sets what a peer's certificate lets it have, or with null forgets it. Publish another version after this (<see cref="ForwardingTable.Touch"/>).</summary>
    public void SetRights(int association, SiteRights? rights)
    {
        if (rights is null) _rights.TryRemove(association, out _);
        else _rights[association] = rights;
    }

    /// <summary>Packets with its SPI are received from now on. False when the SPI is taken.</summary>
    public bool Add(InboundSa sa) => _inbound.TryAdd(sa.Spi, sa);

    /// <summary>The SA is not received with any more.</summary>
    /// <param name="spi">Our SPI.</param>
    /// <param name="version">The version of <see cref="ForwardingTable.Current"/>; publish another one after this.</param>
    public void Remove(uint spi, long version)
    {
        if (_inbound.TryRemove(spi, out InboundSa? sa)) _retired.Add(sa, version);
    }

    /// <summary>Packets to the peer leave by <paramref name="sa"/> from now on; null: by none.</summary>
    public void SetOutbound(int protection, NbmaPeer peer, OutboundSa? sa)
    {
        Key key = Key.Of(protection, peer);
        if (!_peers.TryGetValue(key, out ProtectedPeer? found))
        {
            if (sa is null) return;
            found = new ProtectedPeer();
            found.Outbound = sa;
            _peers[key] = found;
            return;
        }
        found.Outbound = sa;
        DropIfIdle(key, found);
    }

    /// <summary>Frees an SA that no peer leaves by any more.</summary>
    public void Retire(OutboundSa sa, long version) => _retired.Add(sa, version);

    /// <summary>True while something waits for <see cref="FreeRetired"/>.</summary>
    public bool HasRetired => _retired.IsWaiting;

    /// <summary>Frees what no worker can touch any more: all workers have seen snapshots later than the one at its retirement.</summary>
    public void FreeRetired(long seenByAllWorkers) => _retired.Free(seenByAllWorkers);

    /// <summary>Where packets to the peer leave by, also while there is no SA: then a few of them wait. Each call wants one <see cref="Release"/>.</summary>
    public ProtectedPeer Acquire(int protection, NbmaPeer peer)
    {
        ProtectedPeer found = _peers.GetOrAdd(Key.Of(protection, peer), static _ => new ProtectedPeer());
        found.Users++;
        return found;
    }

    /// <summary>The opposite of <see cref="Acquire"/>.</summary>
    public void Release(int protection, NbmaPeer peer)
    {
        Key key = Key.Of(protection, peer);
        if (!_peers.TryGetValue(key, out ProtectedPeer? found)) return;
        found.Users--;
        DropIfIdle(key, found);
    }

    private void DropIfIdle(Key key, ProtectedPeer peer)
    {
        if (peer is { Users: 0, Outbound: null }) _peers.TryRemove(key, out _);
    }

    private readonly record struct Key(int Protection, int Association, IpAddress Address)
    {
        public static Key Of(int protection, NbmaPeer peer) => new(protection, peer.Association, peer.Association != 0 ? IpAddress.None : peer.Address);
    }
}
