using Dmvpn.Core;
using Dmvpn.Crypto;

namespace Dmvpn.Ipsec;

/// <summary>
/// An ESP SA that packets come by. One thread opens an SA's packets: the window and the cipher are its own. Made and disposed of by the control thread.
/// </summary>
public sealed class InboundSa : IDisposable
{
    private readonly EspCipher _cipher;
    private EspPath _path;
    private long _packets;
    private long _bytes;
    private long _lastUsed;
    private bool _rekeyReported;

    /// <summary>An SA. <paramref name="key"/> stays the caller's.</summary>
    public InboundSa(uint spi, EspSuite suite, ReadOnlySpan<byte> key, EspPath path, int replayWindow)
    {
        (Spi, Suite, _path) = (spi, suite, path);
        _cipher = EspCipher.CreateOpener(suite, key);
        Window = new ReplayWindow(replayWindow, suite.Esn);
    }

    /// <summary>Our SPI.</summary>
    public uint Spi { get; }

    /// <summary>The algorithms.</summary>
    public EspSuite Suite { get; }

    /// <summary>The peer's association.</summary>
    public int Association { get; init; }

    /// <summary>The protected source that it belongs to: only its tunnels take what comes.</summary>
    public int Protection { get; init; }

    /// <summary>The inner IP header of tunnel mode must come from here; <see cref="IpAddress.None"/> in transport mode.</summary>
    public IpAddress TunnelRemote { get; init; }

    /// <summary>The inner IP header of tunnel mode must go here.</summary>
    public IpAddress TunnelLocal { get; init; }

    /// <summary>True in tunnel mode.</summary>
    public bool IsTunnelMode => !TunnelLocal.IsNone;

    /// <summary>Bytes after which a rekey is wanted; 0: never.</summary>
    public long SoftBytes { get; init; }

    /// <summary>Bytes after which nothing more may pass; 0: never.</summary>
    public long HardBytes { get; init; }

    /// <summary>Where the peer is. Swapped by the control thread.</summary>
    public EspPath Path
    {
        get => Volatile.Read(ref _path);
        set => Volatile.Write(ref _path, value);
    }

    /// <summary>The peer, with its present address.</summary>
    public NbmaPeer Peer => new(Path.Remote, Association);

    /// <summary>Packets received.</summary>
    public long Packets => Volatile.Read(ref _packets);

    /// <summary>Bytes of them.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>When the last good packet came; <see cref="Instant.Zero"/> for never.</summary>
    public Instant LastUsed => new(Volatile.Read(ref _lastUsed));

    /// <summary>Packets refused for their sequence number.</summary>
    public long Replays { get; internal set; }

    /// <summary>Packets refused for their ICV.</summary>
    public long Forgeries { get; internal set; }

    internal ReplayWindow Window { get; }

    internal EspCipher Cipher => _cipher;

    internal bool Count(int bytes, Instant now)
    {
        if (HardBytes > 0 && _bytes + bytes > HardBytes) return false;
        Volatile.Write(ref _packets, _packets + 1);
        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _lastUsed, now.Nanoseconds);
        return true;
    }

    /// <summary>A dummy packet came: nothing to count, but the peer lives.</summary>
    internal void NoteLife(Instant now) => Volatile.Write(ref _lastUsed, now.Nanoseconds);

    /// <summary>True when the SA has reached what wants a rekey, until <see cref="NoteRekeyReported"/>.</summary>
    public bool WantsRekey => SoftBytes > 0 && _bytes >= SoftBytes && !_rekeyReported;

    /// <summary>IKE knows. Not before it does: a report that was lost would end with the SA.</summary>
    public void NoteRekeyReported() => _rekeyReported = true;

    /// <summary>Frees the cipher, which zeroes its key.</summary>
    public void Dispose() => _cipher.Dispose();
}
