using Dmvpn.Core;

namespace Dmvpn.Dataplane;

// GRE for which there is no tunnel is counted, and told of now and then: a key that is another one
// at each end is a mistake that nothing else shows.
public sealed partial class Decapsulator
{
    // Anybody may send it: a few events in a second, which nobody else's have to make room for.
    private TokenBucket _refusals = new(DataplaneLimits.RefusedGrePerSecond, DataplaneLimits.RefusedGreBurst);

    private void Refuse(in PacketSlot slot, DataplaneDrop why, uint? key, Underlay underlay, Instant now)
    {
        if (!_refusals.TryTake(now)) return;
        Span<byte> bytes = stackalloc byte[RefusedGre.Length];
        new RefusedGre(underlay.Number, why, key).Write(bytes);
        bool isTold = _mailbox.TryWrite(ControlKind.GreRefused, default, slot.From, underlay.LocalAddress, bytes, now);
        if (!isTold) underlay.Drops.Count(DataplaneDrop.EventLost);
    }
}
