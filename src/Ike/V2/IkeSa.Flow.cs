using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>
/// Behind a NAT: a flow from the peer that breaks off. The NAT may have forgotten the mapping. Then
/// the peer goes on sending to a port that leads nowhere, and has no reason to doubt it. Only a
/// question of ours finds out (RFC 4555 3.8), and it does not wait for dead peer detection.
/// </summary>
internal sealed partial class IkeSa
{
    private Instant _flowAt = Instant.Never;
    private Instant _flowAskedAt = Instant.Zero;
    private Instant _flowHeard = Instant.Zero;
    private byte _flowTicks;

    /// <summary>A NAT changes an end's address without its knowledge; MOBIKE lets it say so.</summary>
    private bool WatchesFlow =>
        IsEstablished && IsLocalBehindNat && (Abilities & PeerAbilities.Mobike) != 0;

    private void StartFlowWatch(Instant now)
    {
        _flowAt = WatchesFlow ? now + IkeLimits.FlowTick : Instant.Never;
        _flowTicks = 0;
    }

    /// <summary>Looks whether ESP came since the last look. After a flow, none means a question.</summary>
    private void CheckFlow(Instant now, Outbox<IkeEffect> outbox)
    {
        Instant heard = Instant.Zero;
        foreach (ChildSa child in Children)
        {
            Instant last = child.LastReceived;
            if (last > heard) heard = last;
        }
        bool came = heard > _flowHeard;
        bool brokeOff = !came && _flowTicks >= IkeLimits.FlowTicks;
        _flowTicks = came ? (byte)Math.Min(_flowTicks + 1, IkeLimits.FlowTicks) : (byte)0;
        _flowHeard = heard;
        _flowAt = WatchesFlow ? now + IkeLimits.FlowTick : Instant.Never;
        if (!brokeOff || !WatchesFlow || HasOpenRequests) return;
        if (_flowAskedAt + IkeLimits.FlowQuestionInterval > now) return;
        _flowAskedAt = now;
        Submit(new LivenessRequest(Dpd, now.Since(heard)), now, outbox);
    }
}
