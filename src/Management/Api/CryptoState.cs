using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary><c>show crypto session</c>, <c>show crypto ikev2 sa</c>, <c>show crypto ikev2 session</c>, <c>show crypto ipsec sa</c>: all that IKE and ESP have, by peer.</summary>
public sealed record CryptoState
{
    /// <summary>The peers, by address.</summary>
    public IReadOnlyList<CryptoSession> Sessions { get; init; } = [];
}

/// <summary>All SAs with one peer.</summary>
public sealed record CryptoSession
{
    /// <summary>The tunnels of the protected source; several with <c>shared</c>.</summary>
    public IReadOnlyList<TunnelId> Tunnels { get; init; } = [];

    /// <summary>The peer's association; 0 for an address that nobody was reached at yet.</summary>
    public int Association { get; init; }

    /// <summary>Where the peer is.</summary>
    public required IpAddress Peer { get; init; }

    /// <summary>Its UDP port.</summary>
    public int Port { get; init; }

    /// <summary>Network namespace of the underlay; null is the daemon's own.</summary>
    public string? Vrf { get; init; }

    /// <summary>Who it proved to be.</summary>
    public string? Identity { get; init; }

    /// <summary>Name of the IKEv2 profile.</summary>
    public string Profile { get; init; } = "";

    /// <summary>Packets can be sent to it.</summary>
    public bool IsUp { get; init; }

    /// <summary>An SA is being negotiated.</summary>
    public bool IsNegotiating { get; init; }

    /// <summary>Since when it is up.</summary>
    public long? UpSeconds { get; init; }

    /// <summary>Why the last try failed; null when none did since the last success.</summary>
    public string? LastFailure { get; init; }

    /// <summary>IKE SAs: one, or two while one is being replaced.</summary>
    public IReadOnlyList<CryptoIkeSa> IkeSas { get; init; } = [];

    /// <summary>ESP SAs, in pairs.</summary>
    public IReadOnlyList<CryptoIpsecSa> IpsecSas { get; init; } = [];
}

/// <summary>An IKE SA.</summary>
public sealed record CryptoIkeSa
{
    /// <summary>Its number on the screen.</summary>
    public int Number { get; init; }

    /// <summary>Our end.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>Our port.</summary>
    public int LocalPort { get; init; }

    /// <summary>The other end.</summary>
    public required IpAddress Remote { get; init; }

    /// <summary>Its port.</summary>
    public int RemotePort { get; init; }

    /// <summary>READY, IN-NEG or DELETE.</summary>
    public required string Status { get; init; }

    /// <summary>Cipher, as AES-CBC.</summary>
    public string Encryption { get; init; } = "";

    /// <summary>Bits of its key; 0 where that is not said.</summary>
    public int KeyBits { get; init; }

    /// <summary>PRF, as SHA256.</summary>
    public string Prf { get; init; } = "";

    /// <summary>Integrity, as SHA256; None with a combined-mode cipher.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Number of the Diffie-Hellman group.</summary>
    public int Group { get; init; }

    /// <summary>How we proved who we are.</summary>
    public string AuthenticationLocal { get; init; } = "";

    /// <summary>How the peer did.</summary>
    public string AuthenticationRemote { get; init; } = "";

    /// <summary>Lifetime in seconds.</summary>
    public long LifetimeSeconds { get; init; }

    /// <summary>Age in seconds.</summary>
    public long ActiveSeconds { get; init; }

    /// <summary>Our SPI, in hexadecimal.</summary>
    public string LocalSpi { get; init; } = "";

    /// <summary>The peer's SPI, in hexadecimal.</summary>
    public string RemoteSpi { get; init; } = "";

    /// <summary>Who we are.</summary>
    public string? LocalId { get; init; }

    /// <summary>Who the peer is.</summary>
    public string? RemoteId { get; init; }

    /// <summary>We began it.</summary>
    public bool IsInitiator { get; init; }

    /// <summary>Id of our next request.</summary>
    public long LocalMessageId { get; init; }

    /// <summary>Id of the peer's next request.</summary>
    public long RemoteMessageId { get; init; }

    /// <summary>Requests that we take at once.</summary>
    public int LocalWindow { get; init; }

    /// <summary>Requests that the peer takes at once.</summary>
    public int RemoteWindow { get; init; }

    /// <summary>A NAT is in front of us.</summary>
    public bool NatLocal { get; init; }

    /// <summary>A NAT is in front of the peer.</summary>
    public bool NatRemote { get; init; }

    /// <summary>Dead peer detection: seconds of silence; 0 without.</summary>
    public long DpdSeconds { get; init; }

    /// <summary>Dead peer detection: seconds between questions.</summary>
    public long DpdRetrySeconds { get; init; }

    /// <summary>RFC 7383 fragments are agreed on.</summary>
    public bool Fragmentation { get; init; }

    /// <summary>MOBIKE is agreed on.</summary>
    public bool Mobike { get; init; }

    /// <summary>It came back by a session ticket (RFC 5723).</summary>
    public bool Resumed { get; init; }
}

/// <summary>A pair of ESP SAs.</summary>
public sealed record CryptoIpsecSa
{
    /// <summary>Our end.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>The other end.</summary>
    public required IpAddress Remote { get; init; }

    /// <summary>Its UDP port; 500 for raw ESP.</summary>
    public int RemotePort { get; init; }

    /// <summary>Our selector: address.</summary>
    public required IpAddress LocalIdent { get; init; }

    /// <summary>The peer's selector: address.</summary>
    public required IpAddress RemoteIdent { get; init; }

    /// <summary>What packets to us bear.</summary>
    public uint InboundSpi { get; init; }

    /// <summary>What packets to the peer bear.</summary>
    public uint OutboundSpi { get; init; }

    /// <summary>Algorithms in IOS's words, as <c>esp-gcm 256</c>.</summary>
    public required string Transform { get; init; }

    /// <summary>Tunnel mode; false is transport mode.</summary>
    public bool TunnelMode { get; init; }

    /// <summary>ESP in UDP.</summary>
    public bool UdpEncapsulation { get; init; }

    /// <summary>64-bit sequence numbers.</summary>
    public bool Esn { get; init; }

    /// <summary>Group of its own key exchange; null without.</summary>
    public int? PfsGroup { get; init; }

    /// <summary>Packets leave by it; false for one that is replaced and only receives.</summary>
    public bool IsSending { get; init; }

    /// <summary>Octets of the IV.</summary>
    public int IvLength { get; init; }

    /// <summary>Replay window in packets; 0 is off.</summary>
    public int ReplayWindow { get; init; }

    /// <summary>Largest packet in clear text that fits into 1500 bytes.</summary>
    public int PlaintextMtu { get; init; }

    /// <summary>Packets sent.</summary>
    public long PacketsOut { get; init; }

    /// <summary>Bytes sent.</summary>
    public long BytesOut { get; init; }

    /// <summary>Packets received.</summary>
    public long PacketsIn { get; init; }

    /// <summary>Bytes received.</summary>
    public long BytesIn { get; init; }

    /// <summary>Packets refused for their sequence number.</summary>
    public long Replayed { get; init; }

    /// <summary>Packets refused for their ICV.</summary>
    public long Forged { get; init; }

    /// <summary>Kilobytes left, the inbound SA's; null without a limit.</summary>
    public long? KilobytesLeftIn { get; init; }

    /// <summary>Kilobytes left, the outbound SA's; null without a limit.</summary>
    public long? KilobytesLeftOut { get; init; }

    /// <summary>Seconds left.</summary>
    public long SecondsLeft { get; init; }
}

/// <summary><c>show crypto pki certificates</c>.</summary>
public sealed record CertificateState
{
    /// <summary>Own ones and those of CAs.</summary>
    public IReadOnlyList<CertificateEntry> Certificates { get; init; } = [];
}

/// <summary>One certificate.</summary>
public sealed record CertificateEntry
{
    /// <summary>Whose it is.</summary>
    public required string Trustpoint { get; init; }

    /// <summary>A CA's.</summary>
    public bool IsAuthority { get; init; }

    /// <summary>In hexadecimal.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>Distinguished name.</summary>
    public required string Issuer { get; init; }

    /// <summary>Distinguished name.</summary>
    public required string Subject { get; init; }

    /// <summary>Its other names.</summary>
    public string Names { get; init; } = "";

    /// <summary>Valid from.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid to.</summary>
    public DateTimeOffset NotAfter { get; init; }
}

/// <summary><c>show crypto ikev2 stats</c>, <c>performance</c> and <c>diagnose error</c>.</summary>
public sealed record CryptoStatisticsState
{
    /// <summary>IKE SAs in use.</summary>
    public int Active { get; init; }

    /// <summary>IKE SAs being set up, begun by us.</summary>
    public int NegotiatingOut { get; init; }

    /// <summary>IKE SAs being set up, begun by peers.</summary>
    public int NegotiatingIn { get; init; }

    /// <summary>Most that peers may set up at once.</summary>
    public int MaxNegotiatingIn { get; init; }

    /// <summary>Most IKE SAs; null without a limit.</summary>
    public int? MaxSas { get; init; }

    /// <summary>By kind of exchange.</summary>
    public IReadOnlyList<CryptoExchange> Exchanges { get; init; } = [];

    /// <summary>By phase.</summary>
    public IReadOnlyList<CryptoPhase> Phases { get; init; } = [];

    /// <summary>The last failures, the newest last.</summary>
    public IReadOnlyList<CryptoFailure> Failures { get; init; } = [];

    /// <summary>Messages that were not obeyed, by reason.</summary>
    public IReadOnlyDictionary<string, long> Drops { get; init; } = new Dictionary<string, long>();
}

/// <summary>Counters of one kind of exchange.</summary>
public sealed record CryptoExchange(string Name, long RequestsSent, long Retransmissions, long ResponsesReceived, long RequestsReceived, long RetransmissionsReceived, long ResponsesSent);

/// <summary>Times of one phase, in microseconds.</summary>
public sealed record CryptoPhase(string Name, long Count, long MeanMicroseconds, long LongestMicroseconds);

/// <summary>A negotiation that failed.</summary>
public sealed record CryptoFailure(long SecondsAgo, string Local, string Remote, string Exchange, string Reason, string Text);

/// <summary>What <c>clear crypto …</c> ends.</summary>
public sealed record ClearCryptoRequest
{
    /// <summary>With this peer alone; null with all.</summary>
    public IpAddress? Peer { get; init; }

    /// <summary>This ESP SA alone, by our SPI.</summary>
    public uint? Spi { get; init; }

    /// <summary>ESP SAs alone: the IKE SA stays and makes new ones.</summary>
    public bool IpsecOnly { get; init; }

    /// <summary>The counters, and no SA.</summary>
    public bool Statistics { get; init; }
}
