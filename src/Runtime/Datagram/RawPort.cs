using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// A raw socket for one IP protocol (47 is GRE), bound to a local address. The kernel reassembles what it receives and, unless
/// "don't fragment" is asked for, fragments what it sends. Nothing is allocated per call. Needs CAP_NET_RAW.
/// </summary>
public sealed unsafe class RawPort : SocketPort
{
    private const int MinimumIPv4Header = 20;

    private const byte Esp = 50;

    private readonly bool _ipv4;

    private RawPort(int descriptor, byte protocol, IpAddress local, int linkIndex)
        : base(descriptor, local, linkIndex, withNames: !local.IsIPv4, protocol == Esp ? SocketTraits.SendsEsp | SocketTraits.IgnoresKernelPathMtu : SocketTraits.None) =>
        (Protocol, _ipv4) = (protocol, local.IsIPv4);

    /// <summary>The protocol number.</summary>
    public byte Protocol { get; }

    /// <summary>Opens a port.</summary>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="local">An address of this machine, not a wildcard: it is the source of what is sent.</param>
    /// <param name="networkNamespace">Name or path of the namespace of the underlay (<c>tunnel vrf</c>); null for the calling thread's.</param>
    /// <param name="linkIndex">The link, when <paramref name="local"/> is an IPv6 link-local address.</param>
    /// <param name="share">Which packets are for it: every raw socket gets a copy of every packet otherwise. ESP is told apart by SPI, all else by the peer's address.</param>
    /// <exception cref="LinuxException">
    /// Not permitted, or <see cref="Errno.AddressNotAvailable"/>: no such address (yet; for IPv6 also while duplicate detection goes on).
    /// </exception>
    public static RawPort Open(byte protocol, IpAddress local, string? networkNamespace = null, int linkIndex = 0, WorkerShare? share = null) =>
        NetworkNamespace.Run(networkNamespace, () => OpenHere(protocol, local, linkIndex, FilterOf(protocol, share ?? WorkerShare.All, local.IsIPv4)));

    /// <summary>
    /// Opens a port that only sends: a raw socket gets a copy of every packet of its protocol, and this one has the kernel make none.
    /// </summary>
    public static RawPort OpenSendOnly(byte protocol, IpAddress local, string? networkNamespace = null) =>
        NetworkNamespace.Run(networkNamespace, () => OpenHere(protocol, local, 0, SteeringFilter.Nothing));

    private static FilterInstruction[] FilterOf(byte protocol, WorkerShare share, bool ipv4) =>
        share.Workers == 1 ? [] : protocol == Esp ? SteeringFilter.EspOf(share, ipv4) : SteeringFilter.GreOf(share, ipv4);

    private static RawPort OpenHere(byte protocol, IpAddress local, int linkIndex, FilterInstruction[] filter)
    {
        int family = local.IsIPv4 ? LibcSpec.FamilyIPv4 : LibcSpec.FamilyIPv6;
        int descriptor = Libc.Socket(family, LibcSpec.SocketRaw | LibcSpec.SocketNonBlocking | LibcSpec.SocketCloseOnExec, protocol);
        if (descriptor < 0) LinuxException.ThrowLast($"open raw socket for protocol {protocol}");
        try
        {
            // BEFORE it is bound: what came until then would be there twice.
            if (filter.Length > 0) SteeringFilter.Attach(descriptor, filter);
            Configure(descriptor, local.IsIPv4);
            byte* name = stackalloc byte[SocketAddress.Size];
            uint length = SocketAddress.Write(name, local, 0, linkIndex);
            if (Libc.Bind(descriptor, name, (int)length) != 0) LinuxException.ThrowLast($"bind raw socket for protocol {protocol} to {local}");
            return new RawPort(descriptor, protocol, local, linkIndex);
        }
        catch
        {
            Libc.Close(descriptor);
            throw;
        }
    }

    private static void Configure(int descriptor, bool ipv4)
    {
        SetBuffer(descriptor, LibcSpec.OptionReceiveBufferForce, LibcSpec.OptionReceiveBuffer);
        SetBuffer(descriptor, LibcSpec.OptionSendBufferForce, LibcSpec.OptionSendBuffer);
        if (ipv4)
        {
            Libc.SetOption(descriptor, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveError, 1, "set IP_RECVERR");
            return;
        }
        Libc.SetOption(descriptor, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveError, 1, "set IPV6_RECVERR");
        Libc.SetOption(descriptor, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveHopLimit, 1, "set IPV6_RECVHOPLIMIT");
        Libc.SetOption(descriptor, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveTrafficClass, 1, "set IPV6_RECVTCLASS");
    }

    // IPv4 comes with its header: read in front of the usual place, so that the packet starts there.
    private protected override void Prepare(int place, ref PacketSlot slot)
    {
        slot.Reset();
        int header = _ipv4 ? MinimumIPv4Header : 0;
        Messages.Vectors[place].Base = slot.Pointer - header;
        Messages.Vectors[place].Length = (nuint)(PacketBatch.MaximumPacket + header);
        if (_ipv4) return;
        Messages.Headers[place].Header.NameLength = SocketAddress.Size;
        Messages.Headers[place].Header.ControlLength = MessageVector.ControlSize;
    }

    private protected override bool TryFinish(int place, ref PacketSlot slot)
    {
        ref MultiMessageHeader message = ref Messages.Headers[place];
        int length = (int)message.Length;
        if ((message.Header.Flags & LibcSpec.MessageTruncated) != 0) return false;
        if (_ipv4)
        {
            byte* header = slot.Pointer - MinimumIPv4Header;
            int headerLength = (header[0] & 15) * 4;
            if (length < MinimumIPv4Header || headerLength < MinimumIPv4Header || headerLength > length) return false;
            slot.Peer = IpAddress.FromBytes(new ReadOnlySpan<byte>(header + 12, 4));
            slot.TrafficClass = header[1];
            slot.HopLimit = header[8];
            slot.Offset += headerLength - MinimumIPv4Header;
            slot.Length = length - headerLength;
            return true;
        }
        slot.Peer = SocketAddress.Read(message.Header.Name);
        slot.TrafficClass = (byte)MessageVector.FindNumber(message.Header, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6TrafficClass);
        slot.HopLimit = (byte)MessageVector.FindNumber(message.Header, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6HopLimit);
        slot.Length = length;
        return true;
    }
}
