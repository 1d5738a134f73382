using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// Packets that wait for an SA, of one thread: bounded for each peer, in number, in length and in time. What does not fit is refused, for the caller to count.
/// </summary>
internal sealed class HeldPackets : IDisposable
{
    private readonly PacketBatch _batch = new(DataplaneLimits.HeldPackets);
    private readonly Entry[] _entries = new Entry[DataplaneLimits.HeldPackets];

    // The first Count are in use, the oldest first; the others are free.
    private readonly int[] _places = [.. Enumerable.Range(0, DataplaneLimits.HeldPackets)];

    public int Count { get; private set; }

    public ref PacketSlot Slot(in Entry packet) => ref _batch[packet.Place];

    /// <summary>Keeps a copy of the packet.</summary>
    public bool TryHold(in PacketSlot slot, in ProtectedSender.Outgoing what, TunnelForwarding tunnel, Instant now)
    {
        if (Count == _entries.Length || slot.Length > DataplaneLimits.HeldLength || !what.Security!.TryHold()) return false;
        int place = _places[Count++];
        _entries[place] = new Entry { Place = place, What = what, Tunnel = tunnel.Tunnel, Protection = tunnel.Protection, Until = now + DataplaneLimits.HeldTime };
        ref PacketSlot copy = ref _batch[place];
        copy.Reset();
        slot.Data.CopyTo(copy.Room);
        copy.Length = slot.Length;
        return true;
    }

    /// <summary>
    /// Takes a packet out when it can be sent, or is too old: <paramref name="order"/> 0 is the oldest, and those behind move up. Its slot stays readable until the next <see cref="TryHold"/>.
    /// </summary>
    public bool TryTake(int order, Instant now, out Entry packet, out bool expired)
    {
        packet = _entries[_places[order]];
        ProtectedPeer peer = packet.What.Security!;
        expired = peer.Outbound is null;
        if (expired && now < packet.Until) return false;
        peer.Unhold();
        _entries[packet.Place] = default;
        Array.Copy(_places, order + 1, _places, order, --Count - order);
        _places[Count] = packet.Place;
        return true;
    }

    public void Dispose() => _batch.Dispose();

    internal struct Entry
    {
        public int Place;
        public ProtectedSender.Outgoing What;
        public TunnelId Tunnel;
        public int? Protection;
        public Instant Until;
    }
}
