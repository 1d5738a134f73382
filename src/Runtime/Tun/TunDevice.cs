using System.Text;
using Dmvpn.Dataplane;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Runtime.Native;
using Dmvpn.Runtime.Netlink;

namespace Dmvpn.Runtime;

/// <summary>
/// A TUN device with a vnet header in front of every packet. The device belongs to the network namespace of the thread that
/// opens it and is gone when its last queue is closed. Other programs see it as POINTOPOINT, MULTICAST, NOARP.
/// The device is made down and without addresses: those come by <see cref="Rtnetlink"/>.
/// </summary>
public sealed unsafe class TunDevice : ITunDevice, IDisposable
{
    /// <summary>Longest name of a link, in bytes (IFNAMSIZ less the zero).</summary>
    public const int MaximumName = 15;

    private const string ClonePath = "/dev/net/tun";
    private const ushort FlagTun = 0x0001, FlagNoPacketInformation = 0x1000, FlagVnetHeader = 0x4000, FlagMultiQueue = 0x0100;
    private const uint SetInterface = 0x400454CA, SetOffload = 0x400454D0;
    private const nuint OffloadChecksum = 0x01, OffloadTso4 = 0x02, OffloadTso6 = 0x04, OffloadTsoEcn = 0x08, OffloadUso4 = 0x20, OffloadUso6 = 0x40;
    private const nuint OffloadsOfTcp = OffloadChecksum | OffloadTso4 | OffloadTso6 | OffloadTsoEcn;
    private const ushort FlagAttachQueue = 0x0200, FlagDetachQueue = 0x0400;
    private const uint SetQueue = 0x400454D9;
    private const uint SetVnetHeaderSize = 0x400454D8, SetCarrierRequest = 0x400454E2;
    private const LinkFlags Required = LinkFlags.PointToPoint | LinkFlags.Multicast | LinkFlags.NoArp;

    // struct ifreq: 16 bytes of name, then the flags.
    private const int RequestSize = 40;

    private readonly int _descriptor;
    private readonly int _writer;
    private ReadyGate _gate;

    private TunDevice(int descriptor, int writer, string name, int linkIndex, TunOffloads offloads) =>
        (_descriptor, _writer, Name, LinkIndex, Offloads) = (descriptor, writer, name, linkIndex, offloads);

    /// <summary>The name that it was made with.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public TunOffloads Offloads { get; }

    /// <summary>Index of the link.</summary>
    public int LinkIndex { get; }

    /// <summary>Readable when packets wait; for a <see cref="Poller"/>.</summary>
    public int Descriptor => _descriptor;

    /// <summary>
    /// Why the last write was refused or a read ended early; <see cref="Errno.BadDescriptorState"/> once somebody deleted the device.
    /// </summary>
    public Errno LastError { get; private set; }

    /// <summary>Makes the device, or takes over one that was made persistent and is not in use.</summary>
    /// <param name="name">At most <see cref="MaximumName"/> bytes.</param>
    /// <param name="multiQueue">Whether <see cref="OpenQueue"/> may add queues, each for a worker of its own.</param>
    /// <param name="offloads">What to ask the kernel for; <see cref="Offloads"/> says what it gave.</param>
    /// <exception cref="LinuxException">No /dev/net/tun, no CAP_NET_ADMIN, or the name is in use.</exception>
    public static TunDevice Open(string name, bool multiQueue = false, TunOffloads offloads = TunOffloads.Tcp | TunOffloads.Udp)
    {
        // BEFORE the queue itself: the kernel notes the number that the next queue has as that by which packets came.
        int writer = multiQueue ? OpenWriter(name) : -1, descriptor = -1;
        try
        {
            descriptor = Attach(name, multiQueue);
            if (!multiQueue) writer = descriptor;
            TunOffloads given = SetOffloads(descriptor, name, offloads);
            using var rtnetlink = new Rtnetlink();
            LinuxLink link = rtnetlink.FindLink(name) ?? throw new LinuxException($"find {name}", new LinuxError(Errno.NoDevice));
            if ((link.Flags & Required) != Required) throw new LinuxException($"open {name} (flags {link.Flags})", new LinuxError(Errno.Invalid));
            return new TunDevice(descriptor, writer, name, link.Index, given);
        }
        catch
        {
            if (writer >= 0) Libc.Close(writer);
            if (descriptor >= 0 && descriptor != writer) Libc.Close(descriptor);
            throw;
        }
    }

    /// <summary>
    /// One more queue of a multi-queue device; the kernel spreads flows over them. In the same network namespace as the first.
    /// </summary>
    public TunDevice OpenQueue() => _writer != _descriptor ? Open(Name, multiQueue: true, Offloads) : throw new InvalidOperationException($"{Name} has one queue");

    /// <summary>
    /// Whether the kernel puts packets into this queue of a multi-queue device; it does at first. Of several queues a flow has always the same, by its hash.
    /// Without it the queue can be written to still. What waits in the queue is lost, and flows of others change their queues.
    /// </summary>
    public LinuxError SetReceiving(bool receives) => SetReceiving(_descriptor, receives);

    /// <summary>From now on <see cref="Read"/> asks the kernel only after <see cref="NoteReady"/>.</summary>
    public void WaitForNotes() => _gate.Close();

    /// <summary>The poller says that packets wait. By the thread that reads.</summary>
    public void NoteReady() => _gate.Open();

    /// <inheritdoc/>
    public int Read(PacketBatch batch)
    {
        batch.Count = 0;
        if (!_gate.IsOpen) return 0;
        int count = 0, bytes = 0;
        while (count < batch.Capacity && bytes < DataplaneLimits.BatchBytes)
        {
            ref PacketSlot slot = ref batch[count];
            slot.Reset();
            byte* start = slot.Pointer - VnetHeader.Size;
            nint length = Libc.Read(_descriptor, start, VnetHeader.Size + PacketBatch.MaximumPacket);
            if (length > VnetHeader.Size)
            {
                slot.Offload = VnetHeader.Read(new ReadOnlySpan<byte>(start, VnetHeader.Size));
                slot.Length = (int)length - VnetHeader.Size;
                bytes += slot.Length;
                count++;
            }
            else if (length < 0)
            {
                Errno error = LinuxError.Last.Number;
                if (error == Errno.Interrupted) continue;
                if (error != Errno.Again) LastError = error;
                break;
            }
        }
        batch.Count = count;
        _gate.After(count == batch.Capacity || bytes >= DataplaneLimits.BatchBytes);
        return count;
    }

    /// <inheritdoc/>
    public bool Write(ref PacketSlot packet)
    {
        // All zero: no checksum to finish, no segments to cut.
        packet.Prepend(VnetHeader.Size).Clear();
        var piece = new PacketPiece { Data = packet.Pointer, Length = (nuint)packet.Length };
        return Write(new ReadOnlySpan<PacketPiece>(in piece));
    }

    /// <inheritdoc/>
    public bool Write(ReadOnlySpan<PacketPiece> pieces)
    {
        fixed (PacketPiece* first = pieces)
        {
            while (true)
            {
                nint written = pieces.Length == 1
                    ? Libc.Write(_writer, first->Data, (nint)first->Length)
                    : Libc.WriteVector(_writer, (IoVector*)first, pieces.Length);
                if (written >= 0) return true;
                LastError = LinuxError.Last.Number;
                if (LastError != Errno.Interrupted) return false;
            }
        }
    }

    /// <summary>
    /// Line protocol: whether the kernel and the routing programs see a carrier. A new device has one. (Linux 5.0)
    /// </summary>
    public LinuxError SetCarrier(bool carrier)
    {
        int value = carrier ? 1 : 0;
        return Libc.Ioctl(_descriptor, SetCarrierRequest, &value) == 0 ? LinuxError.None : LinuxError.Last;
    }

    /// <summary>Closes the queue. No worker may be using it.</summary>
    public void Dispose()
    {
        if (_writer != _descriptor) Libc.Close(_writer);
        Libc.Close(_descriptor);
    }

    /// <summary>
    /// A descriptor that packets are written by and none are read by. The kernel moves a flow to the queue by which its answers were written: then all flows with one peer would be one
    /// worker's, the one that opens the peer's packets, and a flow that moves may overtake itself. Of what such a descriptor writes it learns nothing.
    /// </summary>
    private static int OpenWriter(string name)
    {
        int descriptor = Attach(name, multiQueue: true);
        if (SetReceiving(descriptor, false) is { IsNone: false } error)
        {
            Libc.Close(descriptor);
            throw new LinuxException($"detach a queue of {name}", error);
        }
        return descriptor;
    }

    private static LinuxError SetReceiving(int descriptor, bool receives)
    {
        byte* request = stackalloc byte[RequestSize];
        new Span<byte>(request, RequestSize).Clear();
        *(ushort*)(request + MaximumName + 1) = receives ? FlagAttachQueue : FlagDetachQueue;
        return Libc.Ioctl(descriptor, SetQueue, request) == 0 ? LinuxError.None : LinuxError.Last;
    }

    private static int Attach(string name, bool multiQueue)
    {
        int descriptor = Libc.Open(ClonePath, LibcSpec.OpenReadWrite | LibcSpec.OpenNonBlocking | LibcSpec.OpenCloseOnExec);
        if (descriptor < 0) LinuxException.ThrowLast($"open {ClonePath}");
        try
        {
            Attach(descriptor, name, multiQueue);
            return descriptor;
        }
        catch
        {
            Libc.Close(descriptor);
            throw;
        }
    }

    private static void Attach(int descriptor, string name, bool multiQueue)
    {
        byte* request = stackalloc byte[RequestSize];
        var bytes = new Span<byte>(request, RequestSize);
        bytes.Clear();
        // The kernel would take '%d' for a number to choose.
        if (name.Length == 0 || name.Contains('%') || Encoding.UTF8.GetByteCount(name) > MaximumName) throw new ArgumentException($"'{name}' is not a link name");
        Encoding.UTF8.GetBytes(name, bytes);
        *(ushort*)(request + MaximumName + 1) = (ushort)(FlagTun | FlagNoPacketInformation | FlagVnetHeader | (multiQueue ? FlagMultiQueue : 0));
        if (Libc.Ioctl(descriptor, SetInterface, request) != 0) LinuxException.ThrowLast($"make TUN device {name}");
        int size = VnetHeader.Size;
        if (Libc.Ioctl(descriptor, SetVnetHeaderSize, &size) != 0) LinuxException.ThrowLast($"set vnet header of {name}");
    }

    // What is not taken, the kernel finishes and cuts before we read.
    private static TunOffloads SetOffloads(int descriptor, string name, TunOffloads wanted)
    {
        if (wanted == (TunOffloads.Tcp | TunOffloads.Udp) && Libc.Ioctl(descriptor, SetOffload, (void*)(OffloadsOfTcp | OffloadUso4 | OffloadUso6)) == 0) return wanted;
        if (wanted != TunOffloads.None && Libc.Ioctl(descriptor, SetOffload, (void*)OffloadsOfTcp) == 0) return TunOffloads.Tcp;
        if (Libc.Ioctl(descriptor, SetOffload, null) != 0) LinuxException.ThrowLast($"set offloads of {name}");
        return TunOffloads.None;
    }
}
