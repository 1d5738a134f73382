using Dmvpn.Core;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>The key of an ESP SA, from a key file.</summary>
internal abstract class EspKey : IDisposable
{
    /// <summary>The SA's SPI; null for any.</summary>
    public uint? Spi { get; init; }

    /// <summary>Who sends by it; <see cref="IpAddress.None"/> for anybody: behind a NAT, or after a move, it is another.</summary>
    public IpAddress Source { get; init; }

    /// <summary>Who receives by it.</summary>
    public IpAddress Destination { get; init; }

    /// <summary>False when there is no integrity key: what comes out may be anything.</summary>
    public abstract bool IsChecked { get; }

    /// <summary>May this key be the one of a packet between these?</summary>
    public bool Fits(IpAddress source, IpAddress destination) => (Source.IsNone || Source == source) && (Destination.IsNone || Destination == destination);

    /// <summary>Payload, padding and trailer of a whole ESP packet; null when the key is not the packet's.</summary>
    public abstract byte[]? Open(ReadOnlySpan<byte> packet);

    /// <summary>Zeroes the key.</summary>
    public abstract void Dispose();
}
