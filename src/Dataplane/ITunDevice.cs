namespace Dmvpn.Dataplane;

/// <summary>
/// The kernel's side of a tunnel: a TUN device, where the kernel's IP packets come out and ours go in. Non-blocking; one
/// worker per instance (a queue of the device), which both reads and writes it. Real ones live in Runtime, in-memory ones in tests.
/// </summary>
public interface ITunDevice
{
    /// <summary>
    /// Fills the batch from slot 0 with the IP packets that are waiting, without blocking, and sets its Count.
    /// Data starts at the IP header. Returns Count; 0 when nothing waits.
    /// </summary>
    int Read(PacketBatch batch);

    /// <summary>
    /// Gives one IP packet to the kernel. Uses headroom in front of the packet (vnet header) and restores nothing.
    /// Returns false when the kernel refused it (device down, out of memory); never throws for that.
    /// </summary>
    bool Write(ref PacketSlot packet);
}
