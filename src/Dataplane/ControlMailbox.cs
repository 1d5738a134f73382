using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>What a worker has for the control thread.</summary>
public enum ControlKind
{
    /// <summary>An NHRP packet (GRE protocol 0x2001). Bytes: the whole NHRP packet.</summary>
    Nhrp,

    /// <summary>A CDP packet (GRE protocol 0x2000). Bytes: the CDP packet, from its version on.</summary>
    Cdp,

    /// <summary>A GRE keepalive of ours came back: feed it to the tunnel's <see cref="KeepaliveProbe"/>. No bytes.</summary>
    KeepaliveReturned,

    /// <summary>A peer's GRE keepalive: hand it to <see cref="ControlSender.Reflect"/>. Bytes: the inner GRE packet, Peer: where it goes.</summary>
    KeepaliveReceived,

    /// <summary>
    /// A packet had a next hop without a mapping. Address: the next hop. Bytes: the packet's head. It was sent by way of the NHS
    /// when there is one, dropped otherwise; NHRP may want to ask for a mapping.
    /// </summary>
    NextHopUnresolved,

    /// <summary>
    /// A packet from Peer, just decapsulated, is routed back into the same NHRP network: Peer is owed a Traffic Indication.
    /// Address: the inner destination. Bytes: the packet's head.
    /// </summary>
    TrafficTurnedAround,

    /// <summary>An IKE message from Peer. Bytes: a <see cref="SecurityEnvelope"/> and the message, without non-ESP marker.</summary>
    Ike,

    /// <summary>ESP from Peer with an SPI that no SA has. Bytes: a <see cref="SecurityEnvelope"/>.</summary>
    UnknownSpi,

    /// <summary>A good packet of an SA came from another endpoint than the SA's: Peer. Bytes: a <see cref="SecurityEnvelope"/> with our SPI.</summary>
    EndpointChanged,

    /// <summary>An SA wants to be rekeyed. Bytes: a <see cref="SecurityEnvelope"/> with our SPI.</summary>
    SaSoftLimit,

    /// <summary>GRE of Peer came that belongs to no tunnel. Address: our end. Bytes: a <see cref="RefusedGre"/>.</summary>
    GreRefused,

    /// <summary>An SA is at its end. Bytes: a <see cref="SecurityEnvelope"/> with our SPI.</summary>
    SaHardLimit,
}

/// <summary>One message of a <see cref="ControlMailbox"/>; its bytes are the mailbox's, valid until <see cref="ControlMailbox.Release"/>.</summary>
public readonly ref struct ControlMessage
{
    internal ControlMessage(ControlMailbox.Header header, ReadOnlySpan<byte> bytes)
    {
        (Kind, Tunnel, Peer, Address, At) = (header.Kind, header.Tunnel, header.Peer, header.Address, header.At);
        Bytes = bytes;
    }

    /// <summary>What it is.</summary>
    public ControlKind Kind { get; }

    /// <summary>Which tunnel it came by.</summary>
    public TunnelId Tunnel { get; }

    /// <summary>The other end on the underlay; its address <see cref="IpAddress.None"/> when there is none.</summary>
    public NbmaPeer Peer { get; }

    /// <summary>Depends on the kind.</summary>
    public IpAddress Address { get; }

    /// <summary>When the worker had it.</summary>
    public Instant At { get; }

    /// <summary>Depends on the kind.</summary>
    public ReadOnlySpan<byte> Bytes { get; }
}

/// <summary>
/// From one worker to the control thread: a ring of bytes with one writer and one reader, no lock and no allocation. What does
/// not fit is refused, for the writer to count: a flood costs packets, never memory.
/// <code>
/// worker:   TryWrite* → TakeNews → wake the control thread when true
/// control:  while (TryPeek) { …; Release }
/// </code>
/// </summary>
public sealed class ControlMailbox
{
    private const int WrapMark = -1;
    private const int WarmParts = 32;
    private static readonly int HeaderSize = Align(Unsafe.SizeOf<Header>());

    private readonly byte[] _ring;
    private long _written;
    private long _read;
    private long _announced;

    /// <summary>A mailbox of at least <paramref name="size"/> bytes.</summary>
    public ControlMailbox(int size = DataplaneLimits.MailboxSize) =>
        _ring = new byte[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, 4096))];

    /// <summary>True when nothing waits. Any thread.</summary>
    public bool IsEmpty => Volatile.Read(ref _read) == Volatile.Read(ref _written);

    /// <summary>Writer only: true while so much waits that no single peer is to have more of it.</summary>
    public bool IsBusy => _written - Volatile.Read(ref _read) > _ring.Length / DataplaneLimits.BusyPart;

    /// <summary>Writer only: true once after something was written since the last call.</summary>
    public bool TakeNews()
    {
        bool news = _announced != _written;
        _announced = _written;
        return news;
    }

    /// <summary>Writer only: false when it does not fit.</summary>
    public bool TryWrite(ControlKind kind, TunnelId tunnel, NbmaPeer peer, IpAddress address, ReadOnlySpan<byte> bytes, Instant now)
    {
        int size = HeaderSize + Align(bytes.Length);
        int at = Index(_written);
        int toEnd = _ring.Length - at;
        // A reader that keeps up finds all it reads in the first part, which stays in the cache; the rest is for storms, and not touched before.
        bool restart = at >= _ring.Length / WarmParts && at >= size && Volatile.Read(ref _read) == _written;
        int skip = size <= toEnd && !restart ? 0 : toEnd;
        if (skip + size > _ring.Length - (_written - Volatile.Read(ref _read))) return false;
        if (skip != 0)
        {
            MemoryMarshal.Write(_ring.AsSpan(at), WrapMark);
            at = 0;
        }
        var header = new Header { Length = bytes.Length, Kind = kind, Tunnel = tunnel, Peer = peer, Address = address, At = now };
        MemoryMarshal.Write(_ring.AsSpan(at), header);
        bytes.CopyTo(_ring.AsSpan(at + HeaderSize));
        // AFTER the bytes: the reader may look as soon as it sees this.
        Volatile.Write(ref _written, _written + skip + size);
        return true;
    }

    /// <summary>Reader only: the oldest message, which stays until <see cref="Release"/>.</summary>
    public bool TryPeek(out ControlMessage message)
    {
        if (_read == Volatile.Read(ref _written))
        {
            message = default;
            return false;
        }
        int at = Index(_read);
        if (MemoryMarshal.Read<int>(_ring.AsSpan(at)) == WrapMark) at = 0;
        Header header = MemoryMarshal.Read<Header>(_ring.AsSpan(at));
        message = new ControlMessage(header, _ring.AsSpan(at + HeaderSize, header.Length));
        return true;
    }

    /// <summary>Reader only: drops the message that <see cref="TryPeek"/> gave; its bytes may be overwritten from now on.</summary>
    public void Release()
    {
        int at = Index(_read), skip = 0;
        int length = MemoryMarshal.Read<int>(_ring.AsSpan(at));
        if (length == WrapMark)
        {
            skip = _ring.Length - at;
            length = MemoryMarshal.Read<int>(_ring);
        }
        Volatile.Write(ref _read, _read + skip + HeaderSize + Align(length));
    }

    private int Index(long position) => (int)(position & (_ring.Length - 1));

    private static int Align(int length) => (length + 7) & ~7;

    /// <summary>Length is first, where the wrap mark would be.</summary>
    internal struct Header
    {
        public int Length;
        public ControlKind Kind;
        public TunnelId Tunnel;
        public NbmaPeer Peer;
        public IpAddress Address;
        public Instant At;
    }
}
