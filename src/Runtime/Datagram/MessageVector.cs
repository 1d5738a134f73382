using System.Runtime.InteropServices;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// The arrays of one recvmmsg or sendmmsg in native memory, joined once: header i points to vector i, name i and control i for life,
/// and a call only fills in what differs. Nothing is allocated per call. One thread at a time.
/// </summary>
internal sealed unsafe class MessageVector : IDisposable
{
    /// <summary>Room for control messages of one packet: three of one number each, and <see cref="SocketAddress.WritePacketInformation"/>.</summary>
    public const int ControlSize = 3 * ControlSpace + PacketInformationSpace;

    /// <summary>One control message with an address and a link: struct in6_pktinfo is the longer one.</summary>
    public const int PacketInformationSpace = ControlHeader.Size + 24;

    /// <summary>One control message with a number.</summary>
    public const int ControlSpace = ControlHeader.Size + 8;

    private byte* _memory;
    private readonly byte* _names;
    private readonly byte* _controls;

    /// <param name="capacity">Messages.</param>
    /// <param name="vectorCount">Vectors, when messages are to have several.</param>
    public MessageVector(int capacity, int vectorCount = 0)
    {
        Capacity = capacity;
        int headers = capacity * sizeof(MultiMessageHeader), vectors = Math.Max(capacity, vectorCount) * sizeof(IoVector);
        int names = capacity * SocketAddress.Size, controls = capacity * ControlSize;
        nuint total = (nuint)(headers + vectors + names + controls);
        _memory = (byte*)NativeMemory.AlignedAlloc(total, 64);
        NativeMemory.Clear(_memory, total);
        Headers = (MultiMessageHeader*)_memory;
        Vectors = (IoVector*)(_memory + headers);
        _names = _memory + headers + vectors;
        _controls = _names + names;
        for (int i = 0; i < capacity; i++)
        {
            Headers[i].Header.Vectors = Vectors + i;
            Headers[i].Header.VectorCount = 1;
        }
    }

    public int Capacity { get; }

    public MultiMessageHeader* Headers { get; }

    public IoVector* Vectors { get; }

    /// <summary>Room for the address of packet <paramref name="index"/>.</summary>
    public byte* Name(int index) => _names + index * SocketAddress.Size;

    /// <summary>Room for the control messages of packet <paramref name="index"/>.</summary>
    public byte* Control(int index) => _controls + index * ControlSize;

    /// <summary>Writes the header of the control message at place <paramref name="order"/>, for a number of <paramref name="size"/> bytes, into every packet.</summary>
    public void PrepareControl(int order, int level, int type, int size = sizeof(int))
    {
        for (int i = 0; i < Capacity; i++) PrepareControl(i, order, level, type, size);
    }

    /// <summary>The same for one packet.</summary>
    public void PrepareControl(int index, int order, int level, int type, int size)
    {
        var header = (ControlHeader*)(Control(index) + order * ControlSpace);
        *header = new ControlHeader { Length = (nuint)(ControlHeader.Size + size), Level = level, Type = type };
    }

    /// <summary>The number in the control message at place <paramref name="order"/>.</summary>
    public ref int ControlValue(int index, int order) => ref *(int*)(Control(index) + order * ControlSpace + ControlHeader.Size);

    /// <summary>The number that the kernel gave with a received packet; 0 when it did not.</summary>
    public static int FindNumber(in MessageHeader message, int level, int type)
    {
        byte* value = FindControl(message, level, type, sizeof(int));
        return value == null ? 0 : *(int*)value;
    }

    /// <summary>The value, of at least <paramref name="size"/> bytes, of a control message of a received packet; null when there is none.</summary>
    public static byte* FindControl(in MessageHeader message, int level, int type, int size)
    {
        byte* at = message.Control;
        nuint left = message.ControlLength;
        while (left >= ControlHeader.Size)
        {
            var header = (ControlHeader*)at;
            if (header->Length < ControlHeader.Size || header->Length > left) break;
            if (header->Level == level && header->Type == type && header->Length >= (nuint)(ControlHeader.Size + size)) return at + ControlHeader.Size;
            nuint step = header->Length + 7 & ~(nuint)7;
            if (step >= left) break;
            at += step;
            left -= step;
        }
        return null;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
