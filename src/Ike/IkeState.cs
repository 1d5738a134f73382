using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>How far an IKE SA is, for screens.</summary>
public enum IkeSaStatus
{
    /// <summary>Before both ends are authenticated.</summary>
    InNegotiation,

    /// <summary>In use.</summary>
    Ready,

    /// <summary>On its way out: deleted, replaced, or refused.</summary>
    Deleting,
}

/// <summary>An IKE SA at one moment.</summary>
public sealed record IkeSaState
{
    /// <summary>The protected source; default while the peer is not known.</summary>
    public ProtectionId Protection { get; init; }

    /// <summary>The association; 0 while the peer is not known.</summary>
    public int Association { get; init; }

    /// <summary>The ends.</summary>
    public required IkePath Path { get; init; }

    /// <summary>How far it is.</summary>
    public IkeSaStatus Status { get; init; }

    /// <summary>Our SPI.</summary>
    public ulong LocalSpi { get; init; }

    /// <summary>The peer's SPI; 0 while it is not known.</summary>
    public ulong RemoteSpi { get; init; }

    /// <summary>We are the original initiator.</summary>
    public bool IsInitiator { get; init; }

    /// <summary>The algorithms; default before there are keys.</summary>
    public IkeSuite Suite { get; init; }

    /// <summary>Who we are; null before authentication.</summary>
    public IkeIdentity? LocalId { get; init; }

    /// <summary>Who the peer is.</summary>
    public IkeIdentity? RemoteId { get; init; }

    /// <summary>How we proved our identity.</summary>
    public IkeAuthMethod LocalMethod { get; init; }

    /// <summary>How the peer did.</summary>
    public IkeAuthMethod RemoteMethod { get; init; }

    /// <summary>Name of the IKEv2 profile.</summary>
    public string Profile { get; init; } = "";

    /// <summary>When it began; its age is counted from there.</summary>
    public Instant Created { get; init; }

    /// <summary>When it was established; Never before.</summary>
    public Instant Established { get; init; }

    /// <summary>Its lifetime.</summary>
    public TimeSpan Lifetime { get; init; }

    /// <summary>When it is rekeyed.</summary>
    public Instant RekeyAt { get; init; }

    /// <summary>When the peer is authenticated anew; Never without.</summary>
    public Instant ReauthenticateAt { get; init; }

    /// <summary>When the last message came.</summary>
    public Instant LastHeard { get; init; }

    /// <summary>Id of our next request.</summary>
    public uint LocalRequestId { get; init; }

    /// <summary>Id of the peer's next request.</summary>
    public uint RemoteRequestId { get; init; }

    /// <summary>Requests that we take at once.</summary>
    public int LocalWindow { get; init; }

    /// <summary>Requests that the peer takes at once.</summary>
    public int RemoteWindow { get; init; }

    /// <summary>A NAT is in front of us.</summary>
    public bool IsLocalBehindNat { get; init; }

    /// <summary>A NAT is in front of the peer.</summary>
    public bool IsRemoteBehindNat { get; init; }

    /// <summary>RFC 7383 is agreed on.</summary>
    public bool Fragmentation { get; init; }

    /// <summary>MOBIKE is agreed on.</summary>
    public bool Mobike { get; init; }

    /// <summary>The peer gave a QCD token.</summary>
    public bool QuickCrashDetection { get; init; }

    /// <summary>It was resumed by a ticket.</summary>
    public bool IsResumed { get; init; }

    /// <summary>We hold a ticket with which it can be resumed.</summary>
    public bool HasTicket { get; init; }

    /// <summary>When the peer's certificate ends; default without one.</summary>
    public DateTimeOffset PeerNotAfter { get; init; }

    /// <summary>Its dead peer detection; null without.</summary>
    public DpdConfig? Dpd { get; init; }

    /// <summary>Our SPIs of its child SAs.</summary>
    public ValueList<uint> Children { get; init; } = [];
}

/// <summary>A child SA at one moment; packets and bytes are the data path's to tell.</summary>
public sealed record ChildSaState
{
    /// <summary>The protected source.</summary>
    public ProtectionId Protection { get; init; }

    /// <summary>The peer.</summary>
    public NbmaPeer Peer { get; init; }

    /// <summary>Who the peer is.</summary>
    public required IkeIdentity RemoteId { get; init; }

    /// <summary>The ends.</summary>
    public IkePath Path { get; init; }

    /// <summary>In UDP.</summary>
    public bool UdpEncapsulation { get; init; }

    /// <summary>Our SPI.</summary>
    public uint InboundSpi { get; init; }

    /// <summary>The peer's SPI.</summary>
    public uint OutboundSpi { get; init; }

    /// <summary>Our SPI of the IKE SA that it belongs to.</summary>
    public ulong IkeSpi { get; init; }

    /// <summary>The algorithms.</summary>
    public EspSuite Suite { get; init; }

    /// <summary>Group of its own key exchange; None without.</summary>
    public DhGroup Pfs { get; init; }

    /// <summary>Tunnel mode; false is transport mode.</summary>
    public bool TunnelMode { get; init; }

    /// <summary>Our selector.</summary>
    public TrafficSelector Local { get; init; }

    /// <summary>The peer's selector.</summary>
    public TrafficSelector Remote { get; init; }

    /// <summary>Packets leave by it.</summary>
    public bool IsSending { get; init; }

    /// <summary>It is deleted, and only receives what is on its way.</summary>
    public bool IsRetired { get; init; }

    /// <summary>Since when.</summary>
    public Instant Installed { get; init; }

    /// <summary>When it is rekeyed; Never while it is being rekeyed.</summary>
    public Instant RekeyAt { get; init; }

    /// <summary>When it ends.</summary>
    public Instant ExpiresAt { get; init; }

    /// <summary>Name of the IPsec profile.</summary>
    public string Profile { get; init; } = "";
}

/// <summary>An association at one moment.</summary>
public sealed record IkePeerState
{
    /// <summary>The protected source.</summary>
    public ProtectionId Protection { get; init; }

    /// <summary>Where it is or was, and its association; 0 for an address that nobody was reached at yet.</summary>
    public NbmaPeer Peer { get; init; }

    /// <summary>Who it is; null for an address that nobody was reached at yet.</summary>
    public PeerIdentity? Identity { get; init; }

    /// <summary>Packets can be sent to it.</summary>
    public bool IsUp { get; init; }

    /// <summary>Since when, if it is up.</summary>
    public Instant UpSince { get; init; }

    /// <summary>It is being connected to.</summary>
    public bool IsConnecting { get; init; }

    /// <summary>How many depend on it.</summary>
    public int Wants { get; init; }

    /// <summary>Tries in vain since the last success.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last one failed; empty when nobody answered.</summary>
    public string LastFailure { get; init; } = "";
}
