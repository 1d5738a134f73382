using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>Commands of an operator. What is cleared and still wanted is made again at once.</summary>
public sealed partial class IkeInstance
{
    /// <summary>Tells all keys from now on to a key log; null: to nobody.</summary>
    public void SetKeyLog(IIkeKeyLog? log) => _core.KeyLog = log;

    /// <summary>Clears all SAs with the peers at an address, of all sources; nothing else is touched. Returns how many IKE SAs that were.</summary>
    public int ClearPeer(IpAddress address, Instant now, Outbox<IkeEffect> outbox)
    {
        int cleared = 0;
        foreach (IkePeer peer in new List<IkePeer>(_core.Peers.At(address))) cleared += Clear(peer, now, outbox);
        return cleared;
    }

    /// <summary>Clears all SAs of an association. Returns how many IKE SAs that were.</summary>
    public int ClearAssociation(int association, Instant now, Outbox<IkeEffect> outbox) => _core.Peers.Find(association) is { } peer ? Clear(peer, now, outbox) : 0;

    /// <summary>Whoever answers the next call to an address (None: to any) is the one that is expected there, whoever it was before.</summary>
    public void ClearExpectations(IpAddress address) => _core.Expectations.Clear(address);

    /// <summary>Clears one child SA by our SPI: it is replaced, then deleted. False when there is none.</summary>
    public bool ClearChild(uint inboundSpi, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!_core.ChildSas.TryGetValue(inboundSpi, out ChildSa? child) || !child.IsLive) return false;
        child.OnSoftLimit(now, outbox);
        return true;
    }

    /// <summary>Clears one IKE SA with its child SAs by our SPI. False when there is none.</summary>
    public bool ClearSa(ulong localSpi, Instant now, Outbox<IkeEffect> outbox)
    {
        if (!_core.Sas.TryGetValue(localSpi, out IkeSa? sa)) return false;
        sa.Close(IkeDownReason.Cleared, now, outbox);
        return true;
    }

    /// <summary>Clears everything. Returns how many IKE SAs that were.</summary>
    public int ClearAll(Instant now, Outbox<IkeEffect> outbox)
    {
        int cleared = 0;
        foreach (IkePeer peer in new List<IkePeer>(_core.Peers.All)) cleared += Clear(peer, now, outbox);
        return cleared;
    }

    /// <summary>Sets counters, times and remembered failures to zero.</summary>
    public void ClearStatistics()
    {
        _core.Drops.Clear();
        _core.Malformed.Clear();
        _core.Statistics.Clear();
    }

    private static int Clear(IkePeer peer, Instant now, Outbox<IkeEffect> outbox)
    {
        IkeSa[] sas = [.. peer.Sas];
        foreach (IkeSa sa in sas) sa.Close(IkeDownReason.Cleared, now, outbox);
        return sas.Length;
    }
}
