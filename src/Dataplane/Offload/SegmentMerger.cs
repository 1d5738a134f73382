using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Offload;

/// <summary>
/// Collects the inner packets of one batch and gives them to the TUN device, those of a flow that follow each other as one super-packet: the way through the kernel costs as much for 64 KB as
/// for one packet. Nothing is copied, and nothing waits for another batch.
/// <code>
/// Add:   flow's super-packet open, and the packet continues it?   added
///        else it is closed, and the packet begins a new one        (packets of a flow keep their order, for super-packets leave in the order of their first packets)
/// Flush: the first packet's headers are changed to those of the whole, then one write for all pieces
/// </code>
/// Checksums are verified before the first merge, for after it nobody could: a packet with a wrong one goes alone, and its receiver judges. A lone packet is not looked at.
/// Not for two threads; allocates nothing after its construction.
/// </summary>
internal sealed unsafe class SegmentMerger
{
    private readonly Item[] _items = new Item[OffloadLimits.MergePackets];
    private readonly Piece[] _pieces = new Piece[OffloadLimits.MergePackets];
    private readonly PacketPiece[] _vector = new PacketPiece[OffloadLimits.MergePackets];
    private readonly short[] _flows = new short[OffloadLimits.MergeFlows];
    private readonly SegmentSizes _sizes = new();
    private int _itemCount;
    private int _pieceCount;
    private int _firstOpen;

    /// <summary>A merger of nothing.</summary>
    public SegmentMerger() => Array.Fill(_flows, (short)-1);

    /// <summary>True when <see cref="Flush"/> must come before the next <see cref="Add"/>.</summary>
    public bool IsFull => _pieceCount == _pieces.Length;

    /// <summary>
    /// Takes a packet whose length is what its headers say. Its bytes, and <see cref="VnetHeader.Size"/> bytes in front of them, are the merger's until <see cref="Flush"/>.
    /// </summary>
    /// <param name="slot">The packet.</param>
    /// <param name="ip">Its headers.</param>
    /// <param name="offloads">What the device takes.</param>
    /// <param name="isMulticast">It goes alone.</param>
    /// <param name="mtuOfClear">The tunnel's MTU when the packet came in the clear, so that the kernel may have merged it; otherwise 0.</param>
    public void Add(ref PacketSlot slot, scoped in IpView ip, TunOffloads offloads, bool isMulticast, int mtuOfClear = 0)
    {
        MergeCandidate packet = default;
        bool none = offloads == TunOffloads.None;
        MergeClass kind = none && mtuOfClear == 0 ? MergeClass.Other : MergeCandidate.Classify(slot, ip, (offloads & TunOffloads.Udp) != 0, out packet);
        if (kind == MergeClass.Barrier) _firstOpen = _itemCount;
        if (kind < MergeClass.Alone || isMulticast)
        {
            Begin(slot.Pointer, slot.Length, isMulticast);
            return;
        }
        uint hash = packet.FlowHash();
        ref short last = ref _flows[hash & (OffloadLimits.MergeFlows - 1)];
        if (mtuOfClear > 0 && kind == MergeClass.Mergeable && packet.IsTcp)
        {
            if (SizeOfParts(packet, hash, mtuOfClear) is int size)
            {
                last = (short)_itemCount;
                BeginWhole(packet, slot.Length, size);
                return;
            }
        }
        if (none) kind = MergeClass.Alone;
        if (kind == MergeClass.Mergeable && last >= _firstOpen && TryAppend(ref _items[last], packet)) return;
        // What was in this place, of this flow or of another one, is not found any more, so nothing can be added to it and overtake this packet.
        last = (short)_itemCount;
        ref Item begun = ref Begin(slot.Pointer, slot.Length, isMulticast: false);
        begun.First = packet;
        begun.IsOpen = kind == MergeClass.Mergeable && (packet.Flags & (TcpFlags.Fin | TcpFlags.Psh)) == 0;
    }

    /// <summary>
    /// For a packet in the clear that does not come here: learns the size of its flow's segments; and of one that the kernel has merged, writes down in
    /// <see cref="PacketSlot.Offload"/> how to cut it.
    /// </summary>
    public void Inspect(ref PacketSlot slot, scoped in IpView ip, int mtu)
    {
        if (MergeCandidate.Classify(slot, ip, udpToo: false, out MergeCandidate packet) != MergeClass.Mergeable) return;
        if (SizeOfParts(packet, packet.FlowHash(), mtu) is not int size) return;
        slot.Offload = new VnetHeader
        {
            NeedsChecksum = true,
            Kind = packet.IsIPv4 ? SegmentKind.TcpIPv4 : SegmentKind.TcpIPv6,
            SegmentSize = (ushort)size,
        };
    }

    /// <summary>
    /// The size of the segments that the kernel has merged to this packet; null when it has not, and then the size of its flow's segments is learnt. The kernel does not say it: see <see cref="SegmentSizes"/>.
    /// </summary>
    private int? SizeOfParts(in MergeCandidate packet, uint hash, int mtu)
    {
        if (packet.WasMergedByTheKernel()) return Math.Max(Math.Min(_sizes.Of(hash), mtu - packet.HeaderLength), 1);
        _sizes.Learn(hash, packet.PayloadLength);
        return null;
    }

    /// <summary>Writes all to the device and says what it took. Once for a batch, and before the device changes.</summary>
    public MergeTally Flush(ITunDevice device)
    {
        MergeTally tally = default;
        for (int i = 0; i < _itemCount; i++)
        {
            ref Item item = ref _items[i];
            if (item.IsSuper) Finish(ref item);
            else new Span<byte>(_pieces[item.FirstPiece].Data - VnetHeader.Size, VnetHeader.Size).Clear();
            int pieces = Gather(item);
            if (!device.Write(_vector.AsSpan(0, pieces)))
            {
                tally.Refused += item.Count;
                continue;
            }
            tally.Writes++;
            tally.Packets += item.Count;
            tally.Bytes += item.WireBytes;
            if (item.IsMulticast) tally.Multicast++;
        }
        if (_itemCount > 0) Array.Fill(_flows, (short)-1);
        _itemCount = _pieceCount = _firstOpen = 0;
        return tally;
    }

    private ref Item Begin(byte* data, int length, bool isMulticast)
    {
        ref Item item = ref _items[_itemCount++];
        item = new Item { FirstPiece = _pieceCount, LastPiece = _pieceCount, Count = 1, WireBytes = length, IsMulticast = isMulticast };
        _pieces[_pieceCount++] = new Piece { Data = data, Length = length, Next = -1 };
        return ref item;
    }

    /// <summary>What the kernel has merged already, it gets back as a super-packet.</summary>
    private void BeginWhole(in MergeCandidate packet, int length, int size)
    {
        int count = (packet.PayloadLength + size - 1) / size;
        ref Item item = ref Begin(packet.Packet, length, isMulticast: false);
        item.First = packet;
        item.First.PayloadLength = Math.Min(size, packet.PayloadLength);
        item.IsSuper = true;
        item.Count = count;
        item.WireBytes = length + (count - 1) * packet.HeaderLength;
        item.LastFlags = packet.Flags;
    }

    private bool TryAppend(ref Item item, in MergeCandidate next)
    {
        if (!item.IsOpen || !item.First.IsSameFlow(next)) return false;
        int payload = item.WireBytes - item.Count * item.First.HeaderLength;
        if (!item.First.IsFollowedBy(next, item.Count, payload)) return false;
        if (item.First.HeaderLength + payload + next.PayloadLength > PacketBatch.MaximumPacket) return false;
        if (!item.First.IsTcp && item.Count == OffloadLimits.UdpSegments) return false;
        if (item.Count == 1 && !item.First.HasRightChecksums() || !next.HasRightChecksums()) return false;
        _pieces[item.LastPiece].Next = _pieceCount;
        item.LastPiece = _pieceCount;
        _pieces[_pieceCount++] = new Piece { Data = next.Packet + next.HeaderLength, Length = next.PayloadLength, Next = -1 };
        item.Count++;
        item.IsSuper = true;
        item.WireBytes += next.HeaderLength + next.PayloadLength;
        item.LastFlags = next.Flags;
        item.IsOpen = next.PayloadLength == item.First.PayloadLength && (next.Flags & (TcpFlags.Fin | TcpFlags.Psh)) == 0;
        return true;
    }

    /// <summary>Makes the first packet's headers those of the super-packet, and puts the vnet header in front.</summary>
    private static void Finish(ref Item item)
    {
        ref readonly MergeCandidate first = ref item.First;
        int total = item.WireBytes - (item.Count - 1) * first.HeaderLength;
        var header = new Span<byte>(first.Packet, first.HeaderLength);
        if (first.IsIPv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)total);
            BinaryPrimitives.WriteUInt16BigEndian(header[10..], 0);
            BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Compute(header[..first.IpLength]));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(total - first.IpLength));
        }
        Span<byte> upper = header[first.IpLength..];
        int length = total - first.IpLength, field = first.IsTcp ? 16 : 6;
        bool cwr = (first.Flags & TcpFlags.Cwr) != 0;
        if (first.IsTcp) upper[13] |= (byte)(item.LastFlags & (TcpFlags.Fin | TcpFlags.Psh));
        else BinaryPrimitives.WriteUInt16BigEndian(upper[4..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(upper[field..], (ushort)~InternetChecksum.Fold(first.PseudoHeader(length)));
        new VnetHeader
        {
            NeedsChecksum = true,
            Kind = item.Count == 1 ? SegmentKind.None : !first.IsTcp ? SegmentKind.Udp : first.IsIPv4 ? SegmentKind.TcpIPv4 : SegmentKind.TcpIPv6,
            HasEcn = cwr && item.Count > 1,
            HeaderLength = (ushort)first.HeaderLength,
            SegmentSize = item.Count == 1 ? (ushort)0 : (ushort)first.PayloadLength,
            ChecksumStart = (ushort)first.IpLength,
            ChecksumOffset = (ushort)field,
        }.Write(new Span<byte>(first.Packet - VnetHeader.Size, VnetHeader.Size));
    }

    private int Gather(in Item item)
    {
        int count = 0;
        for (int at = item.FirstPiece; at >= 0; at = _pieces[at].Next)
        {
            ref readonly Piece piece = ref _pieces[at];
            int front = count == 0 ? VnetHeader.Size : 0;
            _vector[count++] = new PacketPiece { Data = piece.Data - front, Length = (nuint)(piece.Length + front) };
        }
        return count;
    }

    private struct Item
    {
        public MergeCandidate First;
        public int FirstPiece;
        public int LastPiece;
        public int Count;
        public int WireBytes;
        public int LastFlags;
        public bool IsOpen;
        public bool IsSuper;
        public bool IsMulticast;
    }

    private struct Piece
    {
        public byte* Data;
        public int Length;
        public int Next;
    }
}

/// <summary>What became of a batch.</summary>
internal struct MergeTally
{
    /// <summary>Packets that the device took, as they came.</summary>
    public int Packets;

    /// <summary>Their bytes.</summary>
    public long Bytes;

    /// <summary>Those to a multicast or broadcast address.</summary>
    public int Multicast;

    /// <summary>Packets that it did not take.</summary>
    public int Refused;

    /// <summary>Writes it took for them.</summary>
    public int Writes;
}
