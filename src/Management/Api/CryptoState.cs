using Dmvpn.Core;

namespace Dmvpn.Management.Api;

/// <summary>
/// <c>show crypto session</c>, <c>show crypto ikev2 sa</c>, <c>show crypto ikev2 session</c>, <c>show crypto ipsec sa</c>: all that IKE and ESP have, by peer. The screens are
/// views of this.
/// </summary>
public sealed record CryptoState
{
    /// <summary>The peers, by address.</summary>
    public IReadOnlyList<CryptoSession> Sessions { get; init; } = [];

    /// <summary>IKE SAs of nobody yet: a peer began them and has not said who it is.</summary>
    public IReadOnlyList<CryptoIkeSa> Strangers { get; init; } = [];
}

/// <summary>All SAs with one peer.</summary>
public sealed record CryptoSession
{
    /// <summary>The tunnels of the protected source; several with <c>shared</c>.</summary>
    public IReadOnlyList<TunnelId> Tunnels { get; init; } = [];

    /// <summary>The peer's number, the same over rekeying, moves and reconnections: IOS's "Session ID". 0 for an address where nobody was reached yet.</summary>
    public int SessionId { get; init; }

    /// <summary>Our end.</summary>
    public IpAddress? Local { get; init; }

    /// <summary>Where the peer is.</summary>
    public required IpAddress Peer { get; init; }

    /// <summary>Its UDP port.</summary>
    public int Port { get; init; }

    /// <summary>Network namespace of the underlay; "" is the daemon's own.</summary>
    public string Fvrf { get; init; } = "";

    /// <summary>Who the peer proved to be; null while it did not.</summary>
    public string? Identity { get; init; }

    /// <summary>Name of the IKEv2 profile; null while there is no IKE SA.</summary>
    public string? Profile { get; init; }

    /// <summary>How far it is.</summary>
    public CryptoSessionStatus Status { get; init; }

    /// <summary>Since when packets can be sent to it; null while they cannot.</summary>
    public long? UpSeconds { get; init; }

    /// <summary>Tries in vain since the last success.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last one failed; null when none did.</summary>
    public string? LastFailure { get; init; }

    /// <summary>IKE SAs: one, or two while one is being replaced.</summary>
    public IReadOnlyList<CryptoIkeSa> IkeSas { get; init; } = [];

    /// <summary>ESP SAs, in pairs; the one that packets leave by first.</summary>
    public IReadOnlyList<CryptoIpsecSa> IpsecSas { get; init; } = [];
}

/// <summary>How far a session is, as IOS calls it.</summary>
public enum CryptoSessionStatus
{
    /// <summary>There is no SA, and none is tried for at this moment.</summary>
    Down,

    /// <summary>An IKE SA is negotiated.</summary>
    DownNegotiating,

    /// <summary>An IKE SA without ESP SAs.</summary>
    UpIdle,

    /// <summary>ESP SAs without an IKE SA.</summary>
    UpNoIke,

    /// <summary>Packets pass.</summary>
    UpActive,
}

/// <summary>An IKE SA.</summary>
public sealed record CryptoIkeSa
{
    /// <summary>IOS's "Tunnel-id" and "connid": no two SAs of a screen have the same.</summary>
    public int Number { get; init; }

    /// <summary>Our end.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>Our port.</summary>
    public int LocalPort { get; init; }

    /// <summary>The other end.</summary>
    public required IpAddress Remote { get; init; }

    /// <summary>Its port.</summary>
    public int RemotePort { get; init; }

    /// <summary>Network namespace of the underlay; "" is the daemon's own.</summary>
    public string Fvrf { get; init; } = "";

    /// <summary>How far it is.</summary>
    public CryptoIkeStatus Status { get; init; }

    /// <summary>Cipher, as "AES-CBC"; null before there are keys.</summary>
    public string? Encryption { get; init; }

    /// <summary>Bits of its key.</summary>
    public int KeySize { get; init; }

    /// <summary>PRF, as "SHA256".</summary>
    public string? Prf { get; init; }

    /// <summary>Integrity, as "SHA256"; "None" with a combined-mode cipher.</summary>
    public string? Hash { get; init; }

    /// <summary>Number of the Diffie-Hellman group.</summary>
    public int Group { get; init; }

    /// <summary>How we proved who we are: "PSK", "RSA", "ECDSA", "SIG" (RFC 7427); null before.</summary>
    public string? AuthenticationLocal { get; init; }

    /// <summary>How the peer did.</summary>
    public string? AuthenticationRemote { get; init; }

    /// <summary>Lifetime in seconds.</summary>
    public long LifetimeSeconds { get; init; }

    /// <summary>Age in seconds.</summary>
    public long ActiveSeconds { get; init; }

    /// <summary>Seconds until it is rekeyed; null when it is not going to be.</summary>
    public long? RekeySeconds { get; init; }

    /// <summary>Seconds until the peer has to authenticate again; null without <c>reauth</c>.</summary>
    public long? ReauthenticateSeconds { get; init; }

    /// <summary>Seconds since its last message.</summary>
    public long? LastHeardSeconds { get; init; }

    /// <summary>Our SPI, 16 hexadecimal digits.</summary>
    public string LocalSpi { get; init; } = "";

    /// <summary>The peer's SPI.</summary>
    public string RemoteSpi { get; init; } = "";

    /// <summary>Who we are.</summary>
    public string? LocalId { get; init; }

    /// <summary>Who the peer is.</summary>
    public string? RemoteId { get; init; }

    /// <summary>We began it.</summary>
    public bool Initiator { get; init; }

    /// <summary>Id of our next request.</summary>
    public long LocalMessageId { get; init; }

    /// <summary>Id of the peer's next request.</summary>
    public long RemoteMessageId { get; init; }

    /// <summary>Requests that we take at once.</summary>
    public int LocalWindow { get; init; }

    /// <summary>Requests that the peer takes at once.</summary>
    public int RemoteWindow { get; init; }

    /// <summary>A NAT is in front of us.</summary>
    public bool NatInside { get; init; }

    /// <summary>A NAT is in front of the peer.</summary>
    public bool NatOutside { get; init; }

    /// <summary>Dead peer detection: seconds of silence; 0 without.</summary>
    public long DpdSeconds { get; init; }

    /// <summary>Dead peer detection: seconds between questions.</summary>
    public long DpdRetrySeconds { get; init; }

    /// <summary>RFC 7383 fragments are agreed on.</summary>
    public bool Fragmentation { get; init; }

    /// <summary>MOBIKE (RFC 4555) is agreed on.</summary>
    public bool Mobike { get; init; }

    /// <summary>The peer gave a token by which it can say that it was restarted (RFC 6290).</summary>
    public bool QuickCrashDetection { get; init; }

    /// <summary>It came back by a session ticket (RFC 5723).</summary>
    public bool Resumed { get; init; }

    /// <summary>We hold a ticket to come back with.</summary>
    public bool Ticket { get; init; }

    /// <summary>When the peer's certificate ends; null without one.</summary>
    public DateTimeOffset? PeerCertificateEnds { get; init; }
}

/// <summary>How far an IKE SA is.</summary>
public enum CryptoIkeStatus
{
    /// <summary>IN-NEG: before both ends are authenticated.</summary>
    Negotiating,

    /// <summary>READY.</summary>
    Ready,

    /// <summary>DELETE: on its way out.</summary>
    Deleting,
}
