using Dmvpn.Core;

namespace Dmvpn.Odr;

/// <summary>CDP on one tunnel.</summary>
internal sealed class OdrTunnel(CdpTunnelConfig config)
{
    public CdpTunnelConfig Config { get; set; } = config;

    public Instant NextHello { get; set; } = Instant.Never;

    /// <summary>Null before the first.</summary>
    public Instant? LastHello { get; set; }

    /// <summary>The encoded hello; null when something in it changed.</summary>
    public byte[]? Hello { get; set; }

    public long HellosSent { get; set; }

    public long HellosReceived { get; set; }
}
