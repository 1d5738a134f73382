using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>
/// An address that an association is wanted with: somebody asked for it, or a peer that is wanted was lost there. It is tried until it is reached or not wanted any more.
/// </summary>
internal sealed class IkeTarget(IkeCore core, IkeProtection protection, IpAddress address) : Timed<IkeEffect>
{
    public IkeProtection Protection { get; } = protection;

    public IpAddress Address { get; } = address;

    /// <summary>How many asked for the address.</summary>
    public int Wants { get; set; }

    /// <summary>Who was reached there.</summary>
    public IkePeer? Peer { get; set; }

    /// <summary>The association that the shell sends by to this address; 0 for none (<see cref="IkeEffectKind.TargetBound"/>).</summary>
    public int Bound { get; set; }

    /// <summary>The IKE SA in negotiation.</summary>
    public IkeSa? Negotiation { get; set; }

    /// <summary>Tries without success since the last good association.</summary>
    public int Failures { get; set; }

    /// <summary>The last negotiation found out why it cannot succeed; empty when nobody answered.</summary>
    public string LastFailure { get; set; } = "";

    /// <summary>The last call had no answer at all.</summary>
    public bool IsSilent { get; set; }

    public bool IsWanted => Wants > 0 || Peer is { Wants: > 0 };

    /// <summary>Time to try (again).</summary>
    public override void OnDeadline(Instant now, Outbox<IkeEffect> outbox) => core.Peers.Connect(this, now, outbox);
}
