using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// A raw socket for one IP protocol (47 is GRE), bound to a local address. The kernel reassembles what it receives and, unless
/// "don't fragment" is asked for, fragments what it sends. Nothing is allocated per call. Needs CAP_NET_RAW.
/// </summary>
public sealed unsafe class RawPort : IDatagramPort, IDisposable
{
    private const int MinimumIPv4Header = 20;

    // An error of a packet sent earlier may end a receive; several may wait.
    private const int ReceiveAttempts = 16;

    private readonly bool _ipv4;
    private readonly MessageVector _messages = new(RuntimeLimits.MessagesPerCall);
    private readonly DatagramSender _sender;

    private RawPort(int descriptor, byte protocol, IpAddress local, int linkIndex)
    {
        (Descriptor, Protocol, LocalAddress, _ipv4) = (descriptor, protocol, local, local.IsIPv4);
        _sender = new DatagramSender(descriptor, _ipv4, linkIndex);
        for (int i = 0; i < _messages.Capacity; i++)
        {
            if (!_ipv4) _messages.Headers[i].Header.Name = _messages.Name(i);
            if (!_ipv4) _messages.Headers[i].Header.Control = _messages.Control(i);
        }
    }

    /// <summary>The protocol number.</summary>
    public byte Protocol { get; }

    /// <inheritdoc/>
    public IpAddress LocalAddress { get; }

    /// <summary>Readable when packets wait, in error when <see cref="TryReadPathMtu"/> has something; for a <see cref="Poller"/>.</summary>
    public int Descriptor { get; }

    /// <summary>Packets that the kernel dropped because they were not fetched in time.</summary>
    public uint Overruns
    {
        get
        {
            uint* numbers = stackalloc uint[IpSocketSpec.MemoryInformationCount];
            int size = IpSocketSpec.MemoryInformationCount * sizeof(uint);
            return Libc.GetSocketOption(Descriptor, LibcSpec.LevelSocket, IpSocketSpec.OptionMemoryInformation, numbers, &size) == 0
                ? numbers[IpSocketSpec.MemoryInformationCount - 1] : 0;
        }
    }

    /// <summary>Opens a port.</summary>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="local">An address of this machine, not a wildcard: it is the source of what is sent.</param>
    /// <param name="networkNamespace">Name or path of the namespace of the underlay (<c>tunnel vrf</c>); null for the calling thread's.</param>
    /// <param name="linkIndex">The link, when <paramref name="local"/> is an IPv6 link-local address.</param>
    /// <exception cref="LinuxException">
    /// Not permitted, or <see cref="Errno.AddressNotAvailable"/>: no such address (yet; for IPv6 also while duplicate detection goes on).
    /// </exception>
    public static RawPort Open(byte protocol, IpAddress local, string? networkNamespace = null, int linkIndex = 0) =>
        NetworkNamespace.Run(networkNamespace, () => OpenHere(protocol, local, linkIndex));

    /// <summary>
    /// Opens a port that only sends: a raw socket gets a copy of every packet of its protocol, and this one has the kernel make none.
    /// </summary>
    public static RawPort OpenSendOnly(byte protocol, IpAddress local, string? networkNamespace = null)
    {
        RawPort port = Open(protocol, local, networkNamespace);
        if (RefuseAll(port.Descriptor)) return port;
        LinuxError error = LinuxError.Last;
        port.Dispose();
        throw new LinuxException("attach a socket filter", error);
    }

    /// <inheritdoc/>
    public int Receive(PacketBatch batch)
    {
        int used = 0, attempt = 1;
        while (used < batch.Capacity)
        {
            int room = Math.Min(_messages.Capacity, batch.Capacity - used);
            for (int i = 0; i < room; i++) Prepare(i, ref batch[used + i]);
            int received = Libc.ReceiveMessages(Descriptor, _messages.Headers, (uint)room, LibcSpec.MessageDontWait, null);
            if (received < 0)
            {
                if (LinuxError.Last.Number == Errno.Again || attempt++ == ReceiveAttempts) break;
                continue;
            }
            int first = used;
            for (int i = 0; i < received; i++)
            {
                ref PacketSlot slot = ref batch[first + i];
                if (!TryFinish(i, ref slot)) continue;
                // The buffers change places, so that the good ones are in front without a copy.
                if (used != first + i) (batch[used], slot) = (slot, batch[used]);
                used++;
            }
            if (received < room) break;
        }
        batch.Count = used;
        return used;
    }

    /// <inheritdoc/>
    public void Send(Span<OutgoingPacket> packets) => _sender.Send(packets);

    /// <summary>
    /// Takes the next news about a path MTU off the socket's error queue: from ICMP (fragmentation needed, packet too big), or from the
    /// kernel when it refused a packet. False when there is none. Call until false when the poller reports an error.
    /// One thread at a time.
    /// </summary>
    public bool TryReadPathMtu(out PathMtu pathMtu) => ErrorQueue.TryReadPathMtu(Descriptor, out pathMtu);

    /// <summary>Closes the socket. No thread may be using it.</summary>
    public void Dispose()
    {
        Libc.Close(Descriptor);
        _sender.Dispose();
        _messages.Dispose();
    }

    private static RawPort OpenHere(byte protocol, IpAddress local, int linkIndex)
    {
        int family = local.IsIPv4 ? LibcSpec.FamilyIPv4 : LibcSpec.FamilyIPv6;
        int descriptor = Libc.Socket(family, LibcSpec.SocketRaw | LibcSpec.SocketNonBlocking | LibcSpec.SocketCloseOnExec, protocol);
        if (descriptor < 0) LinuxException.ThrowLast($"open raw socket for protocol {protocol}");
        try
        {
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

    // A classic BPF program of one instruction: BPF_RET | BPF_K, keep 0 bytes (socket(7), SO_ATTACH_FILTER).
    private static bool RefuseAll(int descriptor)
    {
        ulong returnZero = 0x06;
        FilterProgram program = new() { Length = 1, Instructions = (nint)(&returnZero) };
        return Libc.SetSocketOption(descriptor, LibcSpec.LevelSocket, IpSocketSpec.OptionAttachFilter, &program, sizeof(FilterProgram)) == 0;
    }

    private struct FilterProgram
    {
        public ushort Length;
        public nint Instructions;
    }

    // Beyond the system's limit (net.core.rmem_max) only with CAP_NET_ADMIN; without it as much as there is.
    private static void SetBuffer(int descriptor, int force, int ordinary)
    {
        if (Libc.TrySetOption(descriptor, LibcSpec.LevelSocket, force, RuntimeLimits.PortBuffer)) return;
        _ = Libc.TrySetOption(descriptor, LibcSpec.LevelSocket, ordinary, RuntimeLimits.PortBuffer);
    }

    // IPv4 comes with its header: read in front of the usual place, so that the packet starts there.
    private void Prepare(int place, ref PacketSlot slot)
    {
        slot.Reset();
        int header = _ipv4 ? MinimumIPv4Header : 0;
        _messages.Vectors[place].Base = slot.Pointer - header;
        _messages.Vectors[place].Length = (nuint)(PacketBatch.MaximumPacket + header);
        if (_ipv4) return;
        _messages.Headers[place].Header.NameLength = SocketAddress.Size;
        _messages.Headers[place].Header.ControlLength = MessageVector.ControlSize;
    }

    private bool TryFinish(int place, ref PacketSlot slot)
    {
        ref MultiMessageHeader message = ref _messages.Headers[place];
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
