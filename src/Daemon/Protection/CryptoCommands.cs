using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Management.Api;

namespace Dmvpn.Daemon.Protection;

/// <summary><c>clear crypto …</c>: picks the SAs that are meant, and no others. What is still needed is made again at once. Control thread only.</summary>
internal sealed class CryptoCommands(Engines engines)
{
    /// <summary>Clears; returns how many SAs that were.</summary>
    public int Clear(ClearCryptoRequest request, Instant now)
    {
        switch (request.Scope)
        {
            case ClearCryptoScope.Statistics:
                engines.Ike.ClearStatistics();
                return 0;
            case ClearCryptoScope.Ipsec:
                return ClearChildren(request, now);
            default:
                return ClearSessions(request, now);
        }
    }

    private int ClearSessions(ClearCryptoRequest request, Instant now)
    {
        // By SPI, negotiations under way too: an association alone would leave those that have none yet.
        var spis = new List<ulong>();
        foreach (IkeSaState sa in engines.Ike.Sas())
        {
            if (sa.Status != IkeSaStatus.Deleting && IsMeant(sa.Path, request)) spis.Add(sa.LocalSpi);
        }
        if (request.Local is null) engines.Ike.ClearExpectations(request.Peer ?? IpAddress.None);
        int cleared = 0;
        foreach (ulong spi in spis)
        {
            if (engines.Ike.ClearSa(spi, now, engines.IkeOut)) cleared++;
        }
        return cleared;
    }

    private int ClearChildren(ClearCryptoRequest request, Instant now)
    {
        var spis = new List<uint>();
        foreach (ChildSaState child in engines.Ike.ChildSas())
        {
            bool meant = IsMeant(child.Path, request) && (request.Spi is not { } spi || child.InboundSpi == spi || child.OutboundSpi == spi);
            if (meant && !child.IsRetired) spis.Add(child.InboundSpi);
        }
        int cleared = 0;
        foreach (uint spi in spis)
        {
            if (engines.Ike.ClearChild(spi, now, engines.IkeOut)) cleared++;
        }
        return cleared;
    }

    private static bool IsMeant(in IkePath path, ClearCryptoRequest request) =>
        (request.Peer is not { } peer || path.Remote.Address == peer) && (request.Local is not { } local || path.Local.Address == local);
}
