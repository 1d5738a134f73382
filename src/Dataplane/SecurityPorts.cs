using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// The ports of a source that has protected tunnels: raw ESP, and UDP 500 and 4500.
/// <para>
/// An inbound SA is one worker's for ever, for its window and its cipher are for one thread: <see cref="WorkerOf"/>. The ports of each list share out what comes by that rule, and what comes to a
/// worker in spite of it is dropped (<see cref="DataplaneDrop.InOtherWorker"/>). All SAs with one flow of UDP (address and port of the peer) must be of one worker, because the kernel
/// joins datagrams of a flow to one message without a look at their SPIs: so whoever chooses SPIs keeps to one rest for one peer (IkeInstance.SpiClasses). IKE is worker 0's: its messages keep their order.
/// </para>
/// </summary>
/// <param name="Esp">IP protocol 50, one port for each worker.</param>
/// <param name="Ike">UDP port 500, worker 0's.</param>
/// <param name="Nat">UDP port 4500: IKE behind a marker, ESP, keepalives. One port for each worker; what is not ESP comes to the first.</param>
/// <param name="EspControl">The control thread's, for sending only.</param>
/// <param name="IkeControl">The control thread's, for sending only.</param>
/// <param name="NatControl">The control thread's, for sending only.</param>
public sealed record SecurityPorts(
    ValueList<IDatagramPort> Esp, IDatagramPort Ike, ValueList<IDatagramPort> Nat,
    IDatagramPort EspControl, IDatagramPort IkeControl, IDatagramPort NatControl)
{
    /// <summary>The worker whose SA this is; of 0, which marks IKE on port 4500, the first.</summary>
    public static int WorkerOf(uint spi, int workers) => (int)(spi % (uint)workers);
}
