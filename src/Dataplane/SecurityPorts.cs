using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>The ports of a source that has protected tunnels: raw ESP, and UDP 500 and 4500. Each list has one port for each worker.</summary>
/// <param name="Esp">IP protocol 50.</param>
/// <param name="Ike">UDP port 500.</param>
/// <param name="Nat">UDP port 4500: IKE behind a marker, ESP, keepalives.</param>
/// <param name="EspControl">The control thread's, for sending only.</param>
/// <param name="IkeControl">The control thread's, for sending only.</param>
/// <param name="NatControl">The control thread's, for sending only.</param>
public sealed record SecurityPorts(
    ValueList<IDatagramPort> Esp, ValueList<IDatagramPort> Ike, ValueList<IDatagramPort> Nat,
    IDatagramPort EspControl, IDatagramPort IkeControl, IDatagramPort NatControl);
