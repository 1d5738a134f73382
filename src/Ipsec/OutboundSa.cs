using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Esp;

namespace Dmvpn.Ipsec;

/// <summary>
/// An ESP SA that packets leave by. Several threads send by it (workers, control): they share the sequence number, and each has a cipher of its own, made when it first needs one. Made and disposed of by
/// the control thread, the latter when no worker can touch it any more.
/// </summary>
public sealed class OutboundSa : IDisposable
{
    private readonly SecretBytes _key;
    private readonly EspCipher?[] _ciphers;
    private EspPath _path;
    private long _sequence;
    private long _packets;
    private long _bytes;
    private long _lastUsed;
    private int _pathMtu = UnknownPathMtu;
    private volatile bool _rekeyReported;

    /// <summary>No limit is known.</summary>
    public const int UnknownPathMtu = int.MaxValue;

    /// <summary>An SA. It owns <paramref name="key"/> from now on.</summary>
    /// <param name="spi">The peer's SPI.</param>
    /// <param name="suite">The algorithms.</param>
    /// <param name="key">Key material (RFC 7296 2.17).</param>
    /// <param name="path">Where packets go.</param>
    /// <param name="threads">How many threads send by it.</param>
    public OutboundSa(uint spi, EspSuite suite, SecretBytes key, EspPath path, int threads)
    {
        (Spi, Suite, _key, _path) = (spi, suite, key, path);
        _ciphers = new EspCipher?[threads];
        (IvLength, IcvLength, Alignment) = EspPacket.Geometry(suite);
    }

    /// <summary>The peer's SPI.</summary>
    public uint Spi { get; }

    /// <summary>Our SPI of the same pair, which it is known by to IKE.</summary>
    public uint InboundSpi { get; init; }

    /// <summary>The algorithms.</summary>
    public EspSuite Suite { get; }

    /// <summary>The inner IP header of tunnel mode: our address; <see cref="IpAddress.None"/> in transport mode.</summary>
    public IpAddress TunnelLocal { get; init; }

    /// <summary>The inner IP header of tunnel mode: the peer's address.</summary>
    public IpAddress TunnelRemote { get; init; }

    /// <summary>True in tunnel mode.</summary>
    public bool IsTunnelMode => !TunnelLocal.IsNone;

    /// <summary>Bytes after which a rekey is wanted; 0: never.</summary>
    public long SoftBytes { get; init; }

    /// <summary>Bytes after which nothing more may pass; 0: never.</summary>
    public long HardBytes { get; init; }

    /// <summary>Where packets go. Swapped by the control thread, read once for each packet.</summary>
    public EspPath Path
    {
        get => Volatile.Read(ref _path);
        set => Volatile.Write(ref _path, value);
    }

    /// <summary>
    /// The longest outer packet, IP header included, that gets through to the peer, as its answers proved; or <see cref="UnknownPathMtu"/>. Set by the control thread.
    /// </summary>
    public int PathMtu
    {
        get => Volatile.Read(ref _pathMtu);
        set => Volatile.Write(ref _pathMtu, value);
    }

    /// <summary>Packets sent.</summary>
    public long Packets => Volatile.Read(ref _packets);

    /// <summary>Bytes protected.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>When the last packet left; <see cref="Instant.Zero"/> for never.</summary>
    public Instant LastUsed => new(Volatile.Read(ref _lastUsed));

    /// <summary>The last sequence number that was used.</summary>
    public ulong Sequence => (ulong)Volatile.Read(ref _sequence);

    /// <summary>Octets of the initialization vector in each packet (0 for NULL encryption).</summary>
    public int IvLength { get; }

    internal int IcvLength { get; }

    internal int Alignment { get; }

    /// <summary>
    /// Bytes that are added to <paramref name="payload"/> octets (the GRE packet), outer IP header not included: UDP, ESP header, IV, padding, trailer, ICV, and the inner IP header of tunnel mode.
    /// </summary>
    public int Overhead(int payload)
    {
        int inner = payload + InnerHeaderLength;
        return SealedLength(inner) - payload + (Path.UdpEncapsulation ? 8 : 0);
    }

    /// <summary>The longest payload (GRE packet) that fits into <paramref name="room"/> octets behind the outer IP header; negative when not even an empty one does.</summary>
    public int PayloadFor(int room)
    {
        room -= (Path.UdpEncapsulation ? 8 : 0) + EspSpec.HeaderLength + IvLength + IcvLength;
        return room / Alignment * Alignment - EspSpec.TrailerLength - InnerHeaderLength;
    }

    /// <summary>Bytes in front of a payload (the GRE packet) that sealing writes.</summary>
    public int RoomBefore => EspSpec.HeaderLength + IvLength + InnerHeaderLength;

    /// <summary>Bytes behind a payload of this length that sealing writes.</summary>
    public int RoomBehind(int payload) => SealedLength(payload + InnerHeaderLength) - payload - RoomBefore;

    internal int InnerHeaderLength => !IsTunnelMode ? 0 : TunnelLocal.IsIPv4 ? 20 : 40;

    internal int SealedLength(int payload) =>
        EspSpec.HeaderLength + IvLength + (payload + EspSpec.TrailerLength + Alignment - 1) / Alignment * Alignment + IcvLength;

    /// <summary>The next sequence number, never the same twice. False when there is none left, or no byte (RFC 4303 3.3.3).</summary>
    internal bool TryNext(int bytes, Instant now, out ulong sequence)
    {
        sequence = 0;
        if (Interlocked.Add(ref _bytes, bytes) > HardBytes && HardBytes > 0)
        {
            Interlocked.Add(ref _bytes, -bytes);
            return false;
        }
        sequence = (ulong)Interlocked.Increment(ref _sequence);
        if (!Suite.Esn && sequence > IpsecLimits.LastSequence) return false;
        Interlocked.Increment(ref _packets);
        Volatile.Write(ref _lastUsed, now.Nanoseconds);
        return true;
    }

    /// <summary>True when the SA has reached what wants a rekey, until <see cref="NoteRekeyReported"/>.</summary>
    public bool WantsRekey =>
        (SoftBytes > 0 && Bytes >= SoftBytes || Sequence >= (Suite.Esn ? IpsecLimits.SoftExtendedSequence : IpsecLimits.SoftSequence)) && !_rekeyReported;

    /// <summary>IKE knows. Not before it does: a report that was lost would end with the SA.</summary>
    public void NoteRekeyReported() => _rekeyReported = true;

    internal EspCipher Cipher(int thread) => _ciphers[thread] ??= EspCipher.CreateSealer(Suite, _key.Span);

    /// <summary>Sets the sequence number, for tests of its end.</summary>
    internal void SetSequence(ulong sequence) => _sequence = (long)sequence;

    /// <summary>Frees the ciphers and the key.</summary>
    public void Dispose()
    {
        foreach (EspCipher? cipher in _ciphers) cipher?.Dispose();
        _key.Dispose();
    }
}
