using Dmvpn.Core;

namespace Dmvpn.Nhrp;

/// <summary>What is wrong with a peer, as far as a person must be told.</summary>
internal enum NhrpComplaint : byte
{
    Authentication,
    ErrorIndication,
    ShortcutRefused,
    SameNat,
    Quota,
    NotTheServer,
}

/// <summary>
/// Which complaints about which peers the log has already: each is one line, and comes again only when it is still true after
/// <see cref="NhrpLimits.ComplaintInterval"/>. Else a peer with a wrong password would write a line at each of its tries.
/// </summary>
internal sealed class NhrpComplaints
{
    private readonly Dictionary<(NhrpInterfaceKey Key, NhrpComplaint What, IpAddress Peer), Instant> _told = [];

    /// <summary>True when the line is to be written now.</summary>
    public bool IsNew(NhrpInterfaceKey key, NhrpComplaint what, IpAddress peer, Instant now)
    {
        if (_told.TryGetValue((key, what, peer), out Instant until) && now < until) return false;
        if (_told.Count >= NhrpLimits.MaximumComplaints) _told.Clear();
        _told[(key, what, peer)] = now + NhrpLimits.ComplaintInterval;
        return true;
    }
}
