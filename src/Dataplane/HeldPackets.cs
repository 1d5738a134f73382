using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// Packets that wait for an SA, of one thread: bounded for each peer, in number, in length and in time. What does not fit is refused, for the caller to count.
/// </summary>
internal sealed class HeldPackets : IDisposable
{
    private readonly PacketBatch _batch = new(DataplaneLimits.HeldPackets);
    private readonly Entry[] _entries = new Entry[DataplaneLimits.HeldPackets];
    private int _next;

    public int Count { get; private set; }

    public ref PacketSlot Slot(int index) => ref _batch[index];

    /// <summary>The places in the order in which they were last filled, 0 to <see cref="DataplaneLimits.HeldPackets"/> - 1: filling goes round.</summary>
    public int Oldest(int age) => (_next + age) % _entries.Length;

    /// <summary>Keeps a copy of the packet.</summary>
    public bool TryHold(in PacketSlot slot, in ProtectedSender.Outgoing what, TunnelId tunnel, Instant now)
    {
        if (Count == _entries.Length || slot.Length > DataplaneLimits.HeldLength || !what.Security!.TryHold()) return false;
        while (_entries[_next].What.Security is not null) _next = (_next + 1) % _entries.Length;
        _entries[_next] = new Entry { What = what, Tunnel = tunnel, Until = now + DataplaneLimits.HeldTime };
        ref PacketSlot copy = ref _batch[_next];
        copy.Reset();
        slot.Data.CopyTo(copy.Room);
        copy.Length = slot.Length;
        _next = (_next + 1) % _entries.Length;
        Count++;
        return true;
    }

    /// <summary>Takes the packet at <paramref name="index"/> out when it can be sent, or is too old. Its slot stays readable until the next <see cref="TryHold"/>.</summary>
    public bool TryTake(int index, Instant now, out Entry packet, out bool expired)
    {
        ref Entry entry = ref _entries[index];
        packet = default;
        expired = false;
        if (entry.What.Security is not { } peer) return false;
        expired = peer.Outbound is null;
        if (expired && now < entry.Until) return false;
        peer.Unhold();
        packet = entry;
        entry = default;
        Count--;
        return true;
    }

    public void Dispose() => _batch.Dispose();

    internal struct Entry
    {
        public ProtectedSender.Outgoing What;
        public TunnelId Tunnel;
        public Instant Until;
    }
}
