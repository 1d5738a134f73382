using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// How much of what all peers share each of them gets: a token bucket for each association, or for each outer address without one. A member that floods pays for it itself. Fixed in
/// size: beyond that many peers two may share a bucket, and which do nobody chooses, for associations are numbered here.
/// </summary>
internal sealed class PeerShares
{
    private const int Size = 4096;

    private readonly int _perSecond;
    private readonly TokenBucket[] _buckets = new TokenBucket[Size];

    /// <summary>Shares of so many packets in a second, all of which may come at once.</summary>
    public PeerShares(int perSecond)
    {
        _perSecond = perSecond;
        Array.Fill(_buckets, new TokenBucket(_perSecond, _perSecond));
    }

    /// <summary>Takes one of the peer's share, if there is one left.</summary>
    public bool TryTake(NbmaPeer peer, Instant now) => _buckets[FlowHash.Of(peer) & (Size - 1)].TryTake(now);
}
