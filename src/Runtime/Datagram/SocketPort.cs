using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>A socket that packets come and go by in batches. Nothing is allocated per call.</summary>
public abstract unsafe class SocketPort : IDatagramPort, IDisposable
{
    // An error of a packet sent earlier may end a receive; several may wait.
    internal const int ReceiveAttempts = 16;

    private readonly DatagramSender _sender;
    private readonly Lock _sending = new();

    private readonly SocketTraits _traits;

    private ReadyGate _gate;
    private long _receiveCalls;
    private long _messagesIn;

    private protected SocketPort(int descriptor, IpAddress local, int linkIndex, bool withNames, SocketTraits traits)
    {
        (Descriptor, LocalAddress, _traits) = (descriptor, local, traits);
        _sender = new DatagramSender(descriptor, local, linkIndex, traits, OnOffloadRefused);
        for (int i = 0; withNames && i < Messages.Capacity; i++)
        {
            Messages.Headers[i].Header.Name = Messages.Name(i);
            Messages.Headers[i].Header.Control = Messages.Control(i);
        }
    }

    private protected MessageVector Messages { get; } = new(RuntimeLimits.MessagesPerCall);

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

    /// <inheritdoc/>
    public int Unsent
    {
        get
        {
            int bytes = 0;
            return Libc.Ioctl(Descriptor, IpSocketSpec.RequestUnsent, &bytes) == 0 ? bytes : 0;
        }
    }

    /// <summary>What has gone through it.</summary>
    public virtual PortCounters Counters
    {
        get
        {
            long messages = Volatile.Read(ref _messagesIn);
            return _sender.Counters + new PortCounters(0, 0, 0, Volatile.Read(ref _receiveCalls), messages, messages);
        }
    }

    /// <summary>Whether several packets leave in one message.</summary>
    public SegmentOffload SendOffload => _sender.Offload;

    /// <summary>Whether several packets arrive in one message.</summary>
    public virtual SegmentOffload ReceiveOffload => SegmentOffload.None;

    /// <summary>Called once, by a thread that sends, when a device has refused what <see cref="SendOffload"/> says.</summary>
    public Action<SocketPort>? OffloadRefused { get; set; }

    /// <summary>By which link packets leave where the kernel is not to choose. Set before the first packet.</summary>
    public EgressTable? Egress
    {
        get => _sender.Egress;
        set => _sender.Egress = value;
    }

    /// <summary>
    /// From now on <see cref="Receive"/> asks the kernel only after <see cref="NoteReady"/>. For a thread that receives by many ports, few of which have something.
    /// </summary>
    public void WaitForNotes() => _gate.Close();

    /// <summary>The poller says that packets wait. By the thread that receives.</summary>
    public void NoteReady() => _gate.Open();

    /// <inheritdoc/>
    public int Receive(PacketBatch batch)
    {
        if (!_gate.IsOpen)
        {
            batch.Count = 0;
            return 0;
        }
        int count = Fetch(batch);
        _gate.After(count >= Math.Min(batch.Capacity, RuntimeLimits.MessagesPerCall));
        return count;
    }

    private protected virtual int Fetch(PacketBatch batch)
    {
        int used = 0, attempt = 1, capacity = Math.Min(batch.Capacity, Messages.Capacity);
        while (used < capacity)
        {
            int room = capacity - used;
            for (int i = 0; i < room; i++) Prepare(i, ref batch[used + i]);
            int received = Libc.ReceiveMessages(Descriptor, Messages.Headers, (uint)room, LibcSpec.MessageDontWait, null);
            if (received < 0)
            {
                if (LinuxError.Last.Number == Errno.Again || attempt++ == ReceiveAttempts) break;
                continue;
            }
            Volatile.Write(ref _receiveCalls, _receiveCalls + 1);
            Volatile.Write(ref _messagesIn, _messagesIn + received);
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
    public void Send(Span<OutgoingPacket> packets)
    {
        // The control thread and a worker may send by one socket; "don't fragment" is a state of it. Once for a batch, and hardly ever contended.
        lock (_sending) _sender.Send(packets);
    }

    /// <summary>
    /// Takes the next news about a path MTU off the socket's error queue: from ICMP (fragmentation needed, packet too big), or from the
    /// kernel when it refused a packet. False when there is none. Call until false when the poller reports an error.
    /// One thread at a time.
    /// </summary>
    public bool TryReadPathMtu(out PathMtu pathMtu) => ErrorQueue.TryReadPathMtu(Descriptor, _traits, out pathMtu);

    /// <summary>Closes the socket. No thread may be using it.</summary>
    public virtual void Dispose()
    {
        Libc.Close(Descriptor);
        _sender.Dispose();
        Messages.Dispose();
    }

    /// <summary>Points message <paramref name="place"/> of the next receive to the slot.</summary>
    private protected abstract void Prepare(int place, ref PacketSlot slot);

    /// <summary>Fills in what was received with message <paramref name="place"/>. False for what is of no use.</summary>
    private protected abstract bool TryFinish(int place, ref PacketSlot slot);

    /// <summary>What EIO leads to, for tests: recent kernels compute the checksums themselves where a device does not.</summary>
    internal void RefuseOffload() => _sender.RefuseOffload();

    private protected void SetSendOffload(SegmentOffload offload) => _sender.SetOffload(offload);

    private protected virtual void OnOffloadRefused() => OffloadRefused?.Invoke(this);

    // Beyond the system's limit (net.core.rmem_max) only with CAP_NET_ADMIN; without it as much as there is.
    private protected static void SetBuffer(int descriptor, int force, int ordinary)
    {
        if (Libc.TrySetOption(descriptor, LibcSpec.LevelSocket, force, RuntimeLimits.PortBuffer)) return;
        _ = Libc.TrySetOption(descriptor, LibcSpec.LevelSocket, ordinary, RuntimeLimits.PortBuffer);
    }
}
