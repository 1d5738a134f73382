using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// A UDP socket bound to a local address and port: IKE's 500, and 4500 for IKE and ESP (RFC 3948). The kernel reassembles what it receives. What is sent from 4500 over IPv4 has no UDP checksum ("SHOULD be
/// transmitted as a zero value", RFC 3948 2.1 and 2.3): the ICV covers more. Over IPv6 there must be one.
/// </summary>
public sealed unsafe class UdpPort : SocketPort
{
    // UDP-encapsulated ESP (RFC 3948).
    private const ushort NatPort = 4500;

    private readonly bool _ipv4;

    private UdpPort(int descriptor, ushort port, IpAddress local, int linkIndex)
        : base(descriptor, local, linkIndex, withNames: true, TraitsOf(port)) => (Port, _ipv4) = (port, local.IsIPv4);

    private static SocketTraits TraitsOf(ushort port) =>
        SocketTraits.TellsOldErrors | (port == NatPort ? SocketTraits.SendsEsp | SocketTraits.IgnoresKernelPathMtu : SocketTraits.None);

    /// <summary>The local port.</summary>
    public ushort Port { get; }

    /// <summary>Opens a port.</summary>
    /// <param name="port">The local port.</param>
    /// <param name="local">An address of this machine, not a wildcard.</param>
    /// <param name="networkNamespace">Name or path of the namespace of the underlay (<c>tunnel vrf</c>); null for the calling thread's.</param>
    /// <param name="linkIndex">The link, when <paramref name="local"/> is an IPv6 link-local address.</param>
    /// <exception cref="LinuxException">No such address, or <see cref="Errno.AddressInUse"/>: another program has the port.</exception>
    public static UdpPort Open(ushort port, IpAddress local, string? networkNamespace = null, int linkIndex = 0) =>
        NetworkNamespace.Run(networkNamespace, () => OpenHere(port, local, linkIndex));

    private static UdpPort OpenHere(ushort port, IpAddress local, int linkIndex)
    {
        int family = local.IsIPv4 ? LibcSpec.FamilyIPv4 : LibcSpec.FamilyIPv6;
        int descriptor = Libc.Socket(family, LibcSpec.SocketDatagram | LibcSpec.SocketNonBlocking | LibcSpec.SocketCloseOnExec, 0);
        if (descriptor < 0) LinuxException.ThrowLast($"open UDP port {port}");
        try
        {
            Configure(descriptor, port, local.IsIPv4);
            byte* name = stackalloc byte[SocketAddress.Size];
            uint length = SocketAddress.Write(name, local, port, linkIndex);
            if (Libc.Bind(descriptor, name, (int)length) != 0) ThrowNotBound(port, local);
            return new UdpPort(descriptor, port, local, linkIndex);
        }
        catch
        {
            Libc.Close(descriptor);
            throw;
        }
    }

    private static void ThrowNotBound(ushort port, IpAddress local)
    {
        LinuxError error = LinuxError.Last;
        if (error.Number == Errno.AddressInUse) error = error with { Detail = "another program has it, perhaps an IKE daemon such as strongSwan's charon" };
        throw new LinuxException($"bind UDP port {port} of {local}", error);
    }

    private static void Configure(int descriptor, ushort port, bool ipv4)
    {
        SetBuffer(descriptor, LibcSpec.OptionReceiveBufferForce, LibcSpec.OptionReceiveBuffer);
        SetBuffer(descriptor, LibcSpec.OptionSendBufferForce, LibcSpec.OptionSendBuffer);
        if (ipv4)
        {
            Libc.SetOption(descriptor, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveError, 1, "set IP_RECVERR");
            Libc.SetOption(descriptor, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveTypeOfService, 1, "set IP_RECVTOS");
            Libc.SetOption(descriptor, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveTimeToLive, 1, "set IP_RECVTTL");
            if (port == NatPort) Libc.SetOption(descriptor, LibcSpec.LevelSocket, IpSocketSpec.OptionNoChecksum, 1, "set SO_NO_CHECK");
            return;
        }
        Libc.SetOption(descriptor, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveError, 1, "set IPV6_RECVERR");
        Libc.SetOption(descriptor, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveHopLimit, 1, "set IPV6_RECVHOPLIMIT");
        Libc.SetOption(descriptor, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveTrafficClass, 1, "set IPV6_RECVTCLASS");
    }

    private protected override void Prepare(int place, ref PacketSlot slot)
    {
        slot.Reset();
        Messages.Vectors[place].Base = slot.Pointer;
        Messages.Vectors[place].Length = PacketBatch.MaximumPacket;
        Messages.Headers[place].Header.NameLength = SocketAddress.Size;
        Messages.Headers[place].Header.ControlLength = MessageVector.ControlSize;
    }

    private protected override bool TryFinish(int place, ref PacketSlot slot)
    {
        ref MultiMessageHeader message = ref Messages.Headers[place];
        if ((message.Header.Flags & LibcSpec.MessageTruncated) != 0) return false;
        slot.Peer = SocketAddress.Read(message.Header.Name);
        slot.Port = SocketAddress.ReadPort(message.Header.Name);
        slot.Length = (int)message.Length;
        if (_ipv4)
        {
            // IP_TOS comes as one byte, unlike everything else.
            byte* trafficClass = MessageVector.FindControl(message.Header, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4TypeOfService, 1);
            slot.TrafficClass = trafficClass == null ? (byte)0 : *trafficClass;
            slot.HopLimit = (byte)MessageVector.FindNumber(message.Header, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4TimeToLive);
            return true;
        }
        slot.TrafficClass = (byte)MessageVector.FindNumber(message.Header, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6TrafficClass);
        slot.HopLimit = (byte)MessageVector.FindNumber(message.Header, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6HopLimit);
        return true;
    }
}
