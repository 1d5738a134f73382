using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// A UDP socket bound to a local address and port: IKE's 500, and 4500 for IKE and ESP (RFC 3948). The kernel reassembles what it receives.
/// <para>
/// By 4500 packets leave and arrive many in one message. The kernel does that with checksums alone, and then a device computes them; so against "SHOULD be
/// transmitted as a zero value" (RFC 3948 2.1 and 2.3) there is one. Only where a device computes none, packets leave one by one and, over IPv4, without: the ICV covers more.
/// </para>
/// </summary>
public sealed unsafe class UdpPort : SocketPort
{
    // UDP-encapsulated ESP (RFC 3948).
    private const ushort NatPort = 4500;

    private readonly bool _ipv4;
    private readonly CoalescedReceiver? _coalesced;
    private readonly CoalescedReceiver.Description _describe;

    private UdpPort(int descriptor, ushort port, IpAddress local, int linkIndex, bool offload)
        : base(descriptor, local, linkIndex, withNames: true, TraitsOf(port))
    {
        (Port, _ipv4) = (port, local.IsIPv4);
        _describe = Describe;
        if (port != NatPort) return;
        SegmentOffload sends = !offload ? SegmentOffload.None : Has(descriptor, UdpSocketSpec.Segment) ? SegmentOffload.Active : SegmentOffload.Unsupported;
        SetSendOffload(sends);
        if (sends != SegmentOffload.Active) SendWithoutChecksums();
        ReceiveOffload = !offload ? SegmentOffload.None
            : Libc.TrySetOption(descriptor, UdpSocketSpec.Level, UdpSocketSpec.Coalesce, 1) ? SegmentOffload.Active : SegmentOffload.Unsupported;
        if (ReceiveOffload == SegmentOffload.Active) _coalesced = new CoalescedReceiver(descriptor);
    }

    private static SocketTraits TraitsOf(ushort port) =>
        SocketTraits.TellsOldErrors | (port == NatPort ? SocketTraits.SendsEsp | SocketTraits.IgnoresKernelPathMtu : SocketTraits.None);

    /// <summary>The local port.</summary>
    public ushort Port { get; }

    /// <inheritdoc/>
    public override SegmentOffload ReceiveOffload { get; }

    /// <inheritdoc/>
    public override PortCounters Counters => _coalesced is null ? base.Counters : base.Counters + _coalesced.Counters;

    private protected override int Fetch(PacketBatch batch) => _coalesced is null ? base.Fetch(batch) : _coalesced.Receive(batch, _describe);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _coalesced?.Dispose();
    }

    /// <summary>Opens a port.</summary>
    /// <param name="port">The local port.</param>
    /// <param name="local">An address of this machine, not a wildcard.</param>
    /// <param name="networkNamespace">Name or path of the namespace of the underlay (<c>tunnel vrf</c>); null for the calling thread's.</param>
    /// <param name="linkIndex">The link, when <paramref name="local"/> is an IPv6 link-local address.</param>
    /// <param name="offload">Several packets in one message by port 4500, where the kernel can.</param>
    /// <exception cref="LinuxException">No such address, or <see cref="Errno.AddressInUse"/>: another program has the port.</exception>
    public static UdpPort Open(ushort port, IpAddress local, string? networkNamespace = null, int linkIndex = 0, bool offload = true) =>
        NetworkNamespace.Run(networkNamespace, () => OpenHere(port, local, linkIndex, offload, workers: 1));

    /// <summary>
    /// Opens one port for each of several workers, all with the same address and number: the kernel gives a datagram to the one whose SPIs it bears, and what is no ESP to the first.
    /// Other programs of the same user that ask for it could join such a group: so have a port that is no group's, as IKE's 500, opened before.
    /// </summary>
    /// <exception cref="LinuxException">As for <see cref="Open"/>; none is open then.</exception>
    public static UdpPort[] OpenForWorkers(int workers, ushort port, IpAddress local, string? networkNamespace = null, int linkIndex = 0, bool offload = true)
    {
        var opened = new List<UdpPort>();
        try
        {
            for (int i = 0; i < workers; i++)
            {
                opened.Add(NetworkNamespace.Run(networkNamespace, () => OpenHere(port, local, linkIndex, offload, workers)));
                if (workers > 1 && i == 0) SteeringFilter.AttachToGroup(opened[0].Descriptor, SteeringFilter.DatagramsBySpi(workers));
            }
            return [.. opened];
        }
        catch (LinuxException)
        {
            foreach (UdpPort one in opened) one.Dispose();
            throw;
        }
    }

    private static UdpPort OpenHere(ushort port, IpAddress local, int linkIndex, bool offload, int workers)
    {
        int family = local.IsIPv4 ? LibcSpec.FamilyIPv4 : LibcSpec.FamilyIPv6;
        int descriptor = Libc.Socket(family, LibcSpec.SocketDatagram | LibcSpec.SocketNonBlocking | LibcSpec.SocketCloseOnExec, 0);
        if (descriptor < 0) LinuxException.ThrowLast($"open UDP port {port}");
        try
        {
            Configure(descriptor, local.IsIPv4);
            if (workers > 1) Libc.SetOption(descriptor, LibcSpec.LevelSocket, IpSocketSpec.OptionReusePort, 1, "set SO_REUSEPORT");
            byte* name = stackalloc byte[SocketAddress.Size];
            uint length = SocketAddress.Write(name, local, port, linkIndex);
            if (Libc.Bind(descriptor, name, (int)length) != 0) ThrowNotBound(port, local);
            return new UdpPort(descriptor, port, local, linkIndex, offload);
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
        if (error.Number == Errno.AddressInUse) error = error with { Detail = "another program has it, perhaps another dmvpn, or an IKE daemon such as strongSwan's charon" };
        throw new LinuxException($"bind UDP port {port} of {local}", error);
    }

    private static void Configure(int descriptor, bool ipv4)
    {
        SetBuffer(descriptor, LibcSpec.OptionReceiveBufferForce, LibcSpec.OptionReceiveBuffer);
        SetBuffer(descriptor, LibcSpec.OptionSendBufferForce, LibcSpec.OptionSendBuffer);
        if (ipv4)
        {
            Libc.SetOption(descriptor, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveError, 1, "set IP_RECVERR");
            Libc.SetOption(descriptor, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveTypeOfService, 1, "set IP_RECVTOS");
            Libc.SetOption(descriptor, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveTimeToLive, 1, "set IP_RECVTTL");
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
        slot.Length = (int)message.Length;
        Describe(message.Header, ref slot);
        return true;
    }

    private protected override void OnOffloadRefused()
    {
        SendWithoutChecksums();
        base.OnOffloadRefused();
    }

    private void Describe(in MessageHeader message, ref PacketSlot slot)
    {
        slot.Peer = SocketAddress.Read(message.Name);
        slot.Port = SocketAddress.ReadPort(message.Name);
        if (_ipv4)
        {
            // IP_TOS comes as one byte, unlike everything else.
            byte* trafficClass = MessageVector.FindControl(message, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4TypeOfService, 1);
            slot.TrafficClass = trafficClass == null ? (byte)0 : *trafficClass;
            slot.HopLimit = (byte)MessageVector.FindNumber(message, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4TimeToLive);
            return;
        }
        slot.TrafficClass = (byte)MessageVector.FindNumber(message, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6TrafficClass);
        slot.HopLimit = (byte)MessageVector.FindNumber(message, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6HopLimit);
    }

    // Over IPv6 there must be one.
    private void SendWithoutChecksums()
    {
        if (_ipv4) Libc.SetOption(Descriptor, LibcSpec.LevelSocket, IpSocketSpec.OptionNoChecksum, 1, "set SO_NO_CHECK");
    }

    private static bool Has(int descriptor, int option)
    {
        int value = 0, size = sizeof(int);
        return Libc.GetSocketOption(descriptor, UdpSocketSpec.Level, option, &value, &size) == 0;
    }
}
