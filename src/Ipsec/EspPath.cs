using Dmvpn.Core;

namespace Dmvpn.Ipsec;

/// <summary>Between which ends the packets of an SA go, and how. Immutable: a move (MOBIKE, NAT) replaces it as a whole.</summary>
/// <param name="Local">Our address.</param>
/// <param name="Remote">The peer's address, outside of its NAT.</param>
/// <param name="RemotePort">The peer's UDP port; 0 for raw ESP.</param>
/// <param name="UdpEncapsulation">ESP in UDP (RFC 3948), from our port 4500; otherwise IP protocol 50.</param>
public sealed record EspPath(IpAddress Local, IpAddress Remote, ushort RemotePort, bool UdpEncapsulation);
