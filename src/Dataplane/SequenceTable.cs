using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// The last GRE sequence number of each peer of a tunnel (RFC 2890 2.2). Fixed in size: two peers on one place forget each other, which
/// lets a late packet pass now and then and loses none.
/// </summary>
internal sealed class SequenceTable
{
    private readonly Entry[] _entries = new Entry[DataplaneLimits.SequencePeers];

    /// <summary>
    /// True when the number is later than the last one, by less than 2^31: then it becomes the last one. A peer that restarts begins
    /// at 0, and RFC 2890 says nothing about it: after <see cref="DataplaneLimits.SequenceReset"/> without a good packet its number is believed.
    /// </summary>
    public bool TryAccept(TunnelId tunnel, NbmaPeer peer, uint sequence, Instant now)
    {
        ulong hash = FlowHash.Of(peer.Address, IpAddress.FromBits((ulong)peer.Association, (ulong)tunnel.Number));
        ref Entry entry = ref _entries[hash & (DataplaneLimits.SequencePeers - 1)];
        bool same = entry.Peer == peer && entry.Tunnel == tunnel;
        if (same && (int)(sequence - entry.Last) <= 0 && now.Since(entry.At) < DataplaneLimits.SequenceReset) return false;
        entry = new Entry { Peer = peer, Tunnel = tunnel, Last = sequence, At = now };
        return true;
    }

    private struct Entry
    {
        public NbmaPeer Peer;
        public TunnelId Tunnel;
        public uint Last;
        public Instant At;
    }
}
