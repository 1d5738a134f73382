namespace Dmvpn.Management.Api;

/// <summary><c>show crypto ikev2 stats [exchange]</c>, <c>performance</c> and <c>diagnose error</c>.</summary>
public sealed record CryptoStatisticsState
{
    /// <summary>IKE SAs in use that peers began.</summary>
    public int ActiveIncoming { get; init; }

    /// <summary>IKE SAs in use that we began.</summary>
    public int ActiveOutgoing { get; init; }

    /// <summary>IKE SAs being negotiated that peers began.</summary>
    public int NegotiatingIncoming { get; init; }

    /// <summary>IKE SAs being negotiated that we began.</summary>
    public int NegotiatingOutgoing { get; init; }

    /// <summary>ESP SAs, in pairs.</summary>
    public int IpsecSas { get; init; }

    /// <summary>Most IKE SAs (<c>limit max-sa</c>); null without a limit.</summary>
    public int? MaxSas { get; init; }

    /// <summary>Most that peers may negotiate at once (<c>limit max-in-negotiation-sa</c>).</summary>
    public int MaxInNegotiation { get; init; }

    /// <summary>IKE SAs that came up, begun by peers.</summary>
    public long EstablishedIncoming { get; init; }

    /// <summary>IKE SAs that came up, begun by us.</summary>
    public long EstablishedOutgoing { get; init; }

    /// <summary>Of both the ones by a session ticket.</summary>
    public long Resumed { get; init; }

    /// <summary>Negotiations that failed.</summary>
    public long Failed { get; init; }

    /// <summary>IKE SAs rekeyed.</summary>
    public long IkeRekeys { get; init; }

    /// <summary>ESP SAs rekeyed.</summary>
    public long ChildRekeys { get; init; }

    /// <summary>Cookies asked for.</summary>
    public long CookiesSent { get; init; }

    /// <summary>Peers that were found dead.</summary>
    public long DeadPeers { get; init; }

    /// <summary>Peers that said that they were restarted.</summary>
    public long CrashedPeers { get; init; }

    /// <summary>Peers that moved.</summary>
    public long Moves { get; init; }

    /// <summary>Computations that are waited for.</summary>
    public int Jobs { get; init; }

    /// <summary>By kind of exchange.</summary>
    public IReadOnlyList<CryptoExchange> Exchanges { get; init; } = [];

    /// <summary>By stage of a negotiation.</summary>
    public IReadOnlyList<CryptoPhase> Phases { get; init; } = [];

    /// <summary>The last failures, the newest last; the same one again and again is one of them.</summary>
    public IReadOnlyList<CryptoFailure> Failures { get; init; } = [];

    /// <summary>How many older failures are forgotten.</summary>
    public long ForgottenFailures { get; init; }

    /// <summary>How many are remembered at most.</summary>
    public int MaximumFailures { get; init; }

    /// <summary>Messages that were not obeyed, by the name of the reason.</summary>
    public IReadOnlyDictionary<string, long> Drops { get; init; } = new Dictionary<string, long>();

    /// <summary>The file that all keys are written to (<c>run --keylog</c>); null without.</summary>
    public string? KeyLog { get; init; }
}

/// <summary>Counters of one kind of exchange.</summary>
public sealed record CryptoExchange
{
    /// <summary>"IKE_SA_INIT".</summary>
    public required string Name { get; init; }

    /// <summary>Requests sent, without retransmissions.</summary>
    public long RequestsSent { get; init; }

    /// <summary>Responses sent.</summary>
    public long ResponsesSent { get; init; }

    /// <summary>Requests received, without retransmissions.</summary>
    public long RequestsReceived { get; init; }

    /// <summary>Responses received.</summary>
    public long ResponsesReceived { get; init; }

    /// <summary>Requests sent again.</summary>
    public long Retransmissions { get; init; }

    /// <summary>Requests received again and answered from memory.</summary>
    public long RetransmissionsReceived { get; init; }
}

/// <summary>How long a stage took, in microseconds.</summary>
public sealed record CryptoPhase
{
    /// <summary>IOS's name of the stage: "R AUTH PROC" is the responder's processing of IKE_AUTH.</summary>
    public required string Name { get; init; }

    /// <summary>How often it was passed.</summary>
    public long Count { get; init; }

    /// <summary>Mean.</summary>
    public long AverageMicroseconds { get; init; }

    /// <summary>The shortest.</summary>
    public long MinimumMicroseconds { get; init; }

    /// <summary>The longest.</summary>
    public long MaximumMicroseconds { get; init; }
}

/// <summary>A negotiation that failed.</summary>
public sealed record CryptoFailure
{
    /// <summary>How often, the same way with the same peer.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Seconds since the last time.</summary>
    public long SecondsAgo { get; init; }

    /// <summary>This end, with its port.</summary>
    public required string Local { get; init; }

    /// <summary>The other end, with its port.</summary>
    public required string Remote { get; init; }

    /// <summary>In which exchange: "IKE_AUTH".</summary>
    public required string Exchange { get; init; }

    /// <summary>Under which name it is counted.</summary>
    public required string Reason { get; init; }

    /// <summary>What did not fit, on which side, and what to change.</summary>
    public required string Text { get; init; }
}
