using Dmvpn.Core;
using Dmvpn.Ipsec;

namespace Dmvpn.Dataplane;

/// <summary>
/// One thread's way out through SAs: seals, queues by port, keeps what has to wait for an SA. Nothing that comes here leaves in clear text, whatever is missing.
/// <code>
/// Add:  SA?  no  → waits (a few packets, some seconds), or OutNoSa
///            yes → seal in place → queue of the raw ESP port, or of UDP 4500
/// Flush: one send for each port
/// ReleaseHeld, once a round and before what came later: what waited and has an SA now
/// </code>
/// Not for two threads; allocates nothing after its construction.
/// </summary>
internal sealed unsafe class ProtectedSender(int thread, ControlMailbox mailbox) : IDisposable
{
    private readonly SendQueue _esp = new();
    private readonly SendQueue _nat = new();
    private readonly HeldPackets _held = new();
    private readonly RateLimitTable _events = new();

    /// <summary>True when one of the queues must be flushed before the next packet.</summary>
    public bool IsFull => _esp.IsFull || _nat.IsFull;

    /// <summary>Whether the last packets left by UDP 4500, and not as raw ESP.</summary>
    public bool SentByNat { get; private set; }

    /// <summary>True while packets wait for SAs.</summary>
    public bool HasHeld => _held.Count > 0;

    /// <summary>Takes a packet that has its GRE header. Its bytes must stay until <see cref="Flush"/>.</summary>
    public void Add(ref PacketSlot slot, in Outgoing what, TunnelSnapshot tunnel, Instant now)
    {
        OutboundSa? sa = what.Sa ?? what.Security?.Outbound;
        if (sa is null)
        {
            if (what.Security is null || !what.MayWait || !_held.TryHold(slot, what, tunnel.Config, now)) tunnel.Counters.Drops.Count(DataplaneDrop.OutNoSa);
            return;
        }
        EspPath path = sa.Path;
        int length = slot.Length;
        if (EspPacket.Seal(sa, thread, slot.Pointer, ref length, what.TrafficClass, now, out int before) != EspResult.Good)
        {
            tunnel.Counters.Drops.Count(DataplaneDrop.OutSaExhausted);
            Report(ControlKind.SaHardLimit, sa, tunnel, now);
            return;
        }
        slot.Offset -= before;
        slot.Length = length;
        SendQueue queue = path.UdpEncapsulation ? _nat : _esp;
        queue.Add(slot, path.Remote, what.TrafficClass, what.HopLimit, what.DontFragment, what.Adjacency, what.InnerLength, path.UdpEncapsulation ? path.RemotePort : (ushort)0);
        if (sa.WantsRekey && Report(ControlKind.SaSoftLimit, sa, tunnel, now)) sa.NoteRekeyReported();
    }

    /// <summary>Sends what is queued; all of it is of one tunnel. Returns how many went.</summary>
    public int Flush(TunnelSnapshot tunnel, bool byControl, Instant now)
    {
        if (tunnel.Underlay?.Security is not { } ports)
        {
            int lost = _esp.Discard() + _nat.Discard();
            if (lost > 0) tunnel.Counters.Drops.Count(DataplaneDrop.OutNoUnderlay, lost);
            return 0;
        }
        if (_nat.Count + _esp.Count > 0) SentByNat = _nat.Count > 0;
        int went = _esp.Flush(byControl ? ports.EspControl : ports.Esp[thread], tunnel.Counters, now);
        went += _nat.Flush(byControl ? ports.NatControl : ports.Nat[thread], tunnel.Counters, now);
        if (byControl && went > 0) tunnel.Counters.CountControlOut(went, now);
        return went;
    }

    /// <summary>Sends what waited and has an SA now; drops what waited too long. The queues must be empty.</summary>
    public void ReleaseHeld(ForwardingSnapshot snapshot, bool byControl, Instant now)
    {
        if (_held.Count == 0) return;
        TunnelSnapshot? current = null;
        for (int order = 0; order < _held.Count;)
        {
            if (!_held.TryTake(order, now, out HeldPackets.Entry entry, out bool expired))
            {
                order++;
                continue;
            }
            if (!snapshot.TryGet(entry.Tunnel, out TunnelSnapshot? tunnel)) continue;
            if (expired)
            {
                tunnel.Counters.Drops.Count(DataplaneDrop.OutSaTooLate);
                continue;
            }
            if (tunnel.Config.Protection != entry.Protection)
            {
                // Its SA is none of the tunnel's any more.
                tunnel.Counters.Drops.Count(DataplaneDrop.OutNoSa);
                continue;
            }
            if (current is not null && (IsFull || !ReferenceEquals(current, tunnel))) Flush(current, byControl, now);
            current = tunnel;
            Add(ref _held.Slot(entry), entry.What with { MayWait = false }, tunnel, now);
        }
        if (current is not null) Flush(current, byControl, now);
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose() => _held.Dispose();

    /// <summary>True when it is in the mailbox.</summary>
    private bool Report(ControlKind kind, OutboundSa sa, TunnelSnapshot tunnel, Instant now)
    {
        if (!_events.TryPass((ulong)kind << 32 | sa.InboundSpi, DataplaneLimits.UnresolvedInterval, now)) return false;
        Span<byte> bytes = stackalloc byte[SecurityEnvelope.Length];
        new SecurityEnvelope(0, 0, 0, sa.InboundSpi).Write(bytes);
        if (mailbox.TryWrite(kind, tunnel.Config.Tunnel, default, IpAddress.None, bytes, now)) return true;
        tunnel.Counters.Drops.Count(DataplaneDrop.EventLost);
        return false;
    }

    /// <summary>What goes with a packet.</summary>
    /// <param name="Security">The peer; null when nothing is known of it.</param>
    /// <param name="TrafficClass">Outer traffic class.</param>
    /// <param name="HopLimit">Outer hop limit.</param>
    /// <param name="DontFragment">Outer "don't fragment".</param>
    /// <param name="Adjacency">For its counters; null for control packets and copies.</param>
    /// <param name="InnerLength">What the counters count; 0 for what is counted already.</param>
    /// <param name="MayWait">False for what is worth nothing later.</param>
    /// <param name="Sa">The only SA for which there is room around the packet, read in this round; null where there is room for any.</param>
    public readonly record struct Outgoing(
        ProtectedPeer? Security, byte TrafficClass, byte HopLimit, bool DontFragment, Adjacency? Adjacency, int InnerLength, bool MayWait, OutboundSa? Sa = null);
}
