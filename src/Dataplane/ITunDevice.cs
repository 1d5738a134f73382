using Dmvpn.Dataplane.Offload;

namespace Dmvpn.Dataplane;

/// <summary>
/// The kernel's side of a tunnel: a TUN device, where the kernel's IP packets come out and ours go in. Non-blocking; one
/// worker per instance (a queue of the device), which both reads and writes it. Real ones live in Runtime, in-memory ones in tests.
/// </summary>
public interface ITunDevice
{
    /// <summary>What may be left to it: without <see cref="TunOffloads.Tcp"/> it gives no super-packets, and none are made of what is received.</summary>
    TunOffloads Offloads { get; }

    /// <summary>
    /// Fills the batch from slot 0 with the IP packets that are waiting, without blocking, and sets its Count. Stops when the batch is full, or has
    /// <see cref="DataplaneLimits.BatchBytes"/>. Data starts at the IP header, and <see cref="PacketSlot.Offload"/> says what is left to us. Returns Count; 0 when nothing waits.
    /// </summary>
    int Read(PacketBatch batch);

    /// <summary>
    /// Gives one IP packet to the kernel, with all checksums in place. Uses headroom in front of the packet (vnet header) and restores nothing.
    /// Returns false when the kernel refused it (device down, out of memory); never throws for that.
    /// </summary>
    bool Write(ref PacketSlot packet);

    /// <summary>The same for a packet or super-packet in pieces, of which the first starts with its <see cref="VnetHeader"/>.</summary>
    bool Write(ReadOnlySpan<PacketPiece> pieces);
}
