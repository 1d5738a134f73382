namespace Dmvpn.Runtime;

/// <summary>What is special about a socket.</summary>
[Flags]
internal enum SocketTraits
{
    None = 0,

    /// <summary>A send may end by what ICMP said about an earlier packet: UDP, not raw sockets.</summary>
    TellsOldErrors = 1,

    /// <summary>
    /// "Don't fragment" whatever the kernel believes the path MTU to be: it believes any ICMP error that quotes addresses and ports, and would refuse our packets by it. We know SPIs (RFC 4301 8.2.1).
    /// </summary>
    IgnoresKernelPathMtu = 2,

    /// <summary>What is sent starts with an SPI, or with four zeros when it is for IKE.</summary>
    SendsEsp = 4,
}
