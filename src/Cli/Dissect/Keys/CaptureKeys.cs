using Dmvpn.Core;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>The keys that <c>--keys</c> brought: of IKE SAs by their SPIs and direction, of ESP SAs by their SPI. It owns them.</summary>
internal sealed class CaptureKeys : IDisposable
{
    private readonly Dictionary<(ulong Initiator, ulong Responder, bool FromInitiator), IkeKey> _ike = [];
    private readonly Dictionary<uint, List<EspKey>> _esp = [];
    private readonly List<EspKey> _ofAnySpi = [];

    /// <summary>How many keys there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the key of one direction of an IKE SA; of two for the same the later one counts.</summary>
    public void Add(ulong initiatorSpi, ulong responderSpi, bool fromInitiator, IkeKey key)
    {
        if (_ike.Remove((initiatorSpi, responderSpi, fromInitiator), out IkeKey? before)) before.Dispose();
        _ike.Add((initiatorSpi, responderSpi, fromInitiator), key);
        Count++;
    }

    /// <summary>Adds the key of an ESP SA. There may be several for one SPI: each receiver has its own.</summary>
    public void Add(EspKey key)
    {
        List<EspKey>? list = _ofAnySpi;
        if (key.Spi is { } spi && !_esp.TryGetValue(spi, out list)) _esp.Add(spi, list = []);
        list!.Add(key);
        Count++;
    }

    /// <summary>What opens the messages of one direction of an IKE SA, if it is known.</summary>
    public IkeKey? Ike(ulong initiatorSpi, ulong responderSpi, bool fromInitiator) => _ike.GetValueOrDefault((initiatorSpi, responderSpi, fromInitiator));

    /// <summary>The keys that may be a packet's.</summary>
    public IEnumerable<EspKey> Esp(uint spi, IpAddress source, IpAddress destination) =>
        (_esp.TryGetValue(spi, out List<EspKey>? keys) ? keys.Concat(_ofAnySpi) : _ofAnySpi).Where(key => key.Fits(source, destination));

    public void Dispose()
    {
        foreach (IkeKey key in _ike.Values) key.Dispose();
        foreach (EspKey key in _esp.Values.SelectMany(static keys => keys).Concat(_ofAnySpi)) key.Dispose();
    }
}
