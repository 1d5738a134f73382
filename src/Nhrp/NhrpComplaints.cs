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
    private readonly Reminders<(NhrpInterfaceKey Key, NhrpComplaint What, IpAddress Peer)> _told =
        new(NhrpLimits.MaximumComplaints, NhrpLimits.ComplaintInterval);

    /// <summary>True when the line is to be written now.</summary>
    public bool IsNew(NhrpInterfaceKey key, NhrpComplaint what, IpAddress peer, Instant now) => _told.IsNew((key, what, peer), now);
}
