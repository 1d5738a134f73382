using Dmvpn.Core;
using Dmvpn.Ike;

namespace Dmvpn.Daemon.Protection;

/// <summary>
/// Peers that something is to be sent to once, without a mapping: a resolution reply goes straight to who asked. Each is wanted for a while, then released. Bounded: a member that asks under
/// many addresses must not make this router knock at all of them. Control thread only.
/// </summary>
internal sealed class TransientWants(Engines engines)
{
    private const int MaximumWants = 256;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(ProtectionId Protection, NbmaPeer Peer), Instant> _until = [];

    public Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>Something is to be sent to the peer now.</summary>
    public void Touch(ProtectionId protection, NbmaPeer peer, Instant now)
    {
        if (peer.Association != 0 || peer.Address.IsUnspecified) return;
        bool known = _until.ContainsKey((protection, peer));
        if (!known && _until.Count >= MaximumWants) return;
        _until[(protection, peer)] = now + Duration;
        NextDeadline = Instant.Min(NextDeadline, now + Duration);
        if (known) return;

        // Without a place in the table the packet could not wait for the SA, and who asked would have to ask again.
        engines.Forwarding.Security.Acquire(protection.Number, peer);
        engines.Ike.OnPeerWanted(protection, peer, now, engines.IkeOut);
    }

    public void OnDeadline(Instant now)
    {
        if (now < NextDeadline) return;
        NextDeadline = Instant.Never;
        foreach ((ProtectionId Protection, NbmaPeer Peer) want in new List<(ProtectionId, NbmaPeer)>(_until.Keys))
        {
            if (_until[want] > now)
            {
                NextDeadline = Instant.Min(NextDeadline, _until[want]);
                continue;
            }
            _until.Remove(want);
            engines.Forwarding.Security.Release(want.Protection.Number, want.Peer);
            engines.Ike.OnPeerReleased(want.Protection, want.Peer, now, engines.IkeOut);
        }
    }
}
