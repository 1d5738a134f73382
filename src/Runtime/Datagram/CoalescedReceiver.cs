using System.Runtime.InteropServices;
using Dmvpn.Dataplane;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// Receives with UDP_GRO: a message is a datagram, or many of one length from one sender. It lies in a buffer of ours, and what goes into the
/// batch are views of its datagrams: nobody copies. They are good until the next call. One thread at a time.
/// </summary>
internal sealed unsafe class CoalescedReceiver : IDisposable
{
    private const int BufferSize = PacketBatch.Headroom + PacketBatch.MaximumPacket + PacketBatch.Tailroom + 1 + 63 & ~63;

    // What one call should bring at most: a part of the second-level cache.
    private const int BytesPerCall = 256 * 1024;
    private const int LeastMessages = 4;

    private readonly int _descriptor;
    private readonly MessageVector _messages = new(RuntimeLimits.MessagesPerCall);
    private byte* _memory = (byte*)NativeMemory.AlignedAlloc((nuint)RuntimeLimits.MessagesPerCall * BufferSize, 64);
    private int _room = RuntimeLimits.MessagesPerCall;
    private int _received;
    private int _message;
    private int _offset;
    private long _calls;
    private long _messageCount;
    private long _packets;

    public CoalescedReceiver(int descriptor)
    {
        _descriptor = descriptor;
        for (int i = 0; i < _messages.Capacity; i++)
        {
            ref MessageHeader header = ref _messages.Headers[i].Header;
            header.Name = _messages.Name(i);
            header.Control = _messages.Control(i);
            _messages.Vectors[i].Base = Buffer(i);
            _messages.Vectors[i].Length = PacketBatch.MaximumPacket;
        }
    }

    public PortCounters Counters => new(0, 0, 0, Volatile.Read(ref _calls), Volatile.Read(ref _messageCount), Volatile.Read(ref _packets));

    /// <summary>Fills the batch. When it is full there may be more, which the next call gives without the kernel.</summary>
    /// <param name="describe">Fills in what is said of a message.</param>
    public int Receive(PacketBatch batch, Description describe)
    {
        if (_message == _received) Fetch();
        int used = 0;
        while (used < batch.Capacity && _message < _received)
        {
            ref MultiMessageHeader message = ref _messages.Headers[_message];
            int left = (int)message.Length - _offset;
            ref PacketSlot first = ref batch[used];
            first.Reset();
            if ((message.Header.Flags & LibcSpec.MessageTruncated) != 0)
            {
                Next();
                continue;
            }
            describe(message.Header, ref first);
            int each = MessageVector.FindNumber(message.Header, UdpSocketSpec.Level, UdpSocketSpec.Coalesce);
            if (each <= 0) each = Math.Max((int)message.Length, 1);
            byte* at = Buffer(_message) + _offset;
            do
            {
                ref PacketSlot slot = ref batch[used++];
                int length = Math.Min(each, left);
                slot.DescribeAs(first);
                slot.View(at, length);
                at += length;
                left -= length;
                _offset += length;
            }
            while (left > 0 && used < batch.Capacity);
            if (left <= 0) Next();
        }
        batch.Count = used;
        Volatile.Write(ref _packets, _packets + used);
        return used;
    }

    public void Dispose()
    {
        _messages.Dispose();
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }

    private byte* Buffer(int message) => _memory + (nint)message * BufferSize + PacketBatch.Headroom;

    private void Next()
    {
        _message++;
        _offset = 0;
    }

    // All that was received before was handed out and is done with.
    private void Fetch()
    {
        (_message, _received, _offset) = (0, 0, 0);
        for (int i = 0; i < _room; i++)
        {
            _messages.Headers[i].Header.NameLength = SocketAddress.Size;
            _messages.Headers[i].Header.ControlLength = MessageVector.ControlSize;
        }
        // An error of a packet sent earlier may end a receive; several may wait.
        for (int attempt = 0; attempt < SocketPort.ReceiveAttempts; attempt++)
        {
            int received = Libc.ReceiveMessages(_descriptor, _messages.Headers, (uint)_room, LibcSpec.MessageDontWait, null);
            if (received < 0)
            {
                if (LinuxError.Last.Number == Errno.Again) return;
                continue;
            }
            _received = received;
            Volatile.Write(ref _calls, _calls + 1);
            Volatile.Write(ref _messageCount, _messageCount + received);
            long bytes = 1;
            for (int i = 0; i < received; i++) bytes += _messages.Headers[i].Length;
            _room = (int)Math.Clamp(BytesPerCall * (long)received / bytes, LeastMessages, RuntimeLimits.MessagesPerCall);
            return;
        }
    }

    /// <summary>Fills in addresses and fields of the outer header.</summary>
    public delegate void Description(in MessageHeader message, ref PacketSlot slot);
}
