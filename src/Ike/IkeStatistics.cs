using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What is counted for each kind of exchange. One writer; a reader on another thread sees values that were right a moment ago.</summary>
public sealed class IkeExchangeCounts
{
    /// <summary>Requests sent, without retransmissions.</summary>
    public long RequestsSent { get; internal set; }

    /// <summary>Requests sent again.</summary>
    public long Retransmissions { get; internal set; }

    /// <summary>Responses received.</summary>
    public long ResponsesReceived { get; internal set; }

    /// <summary>Requests received, without retransmissions.</summary>
    public long RequestsReceived { get; internal set; }

    /// <summary>Requests received again and answered from memory.</summary>
    public long RetransmissionsReceived { get; internal set; }

    /// <summary>Responses sent.</summary>
    public long ResponsesSent { get; internal set; }
}

/// <summary>Stages of setting up an SA, for <c>show crypto ikev2 performance</c>.</summary>
public enum IkePhase
{
    /// <summary>Initiator: from the start, with its key pair, to the first IKE_SA_INIT on the wire.</summary>
    InitPreparation,

    /// <summary>Initiator: from IKE_SA_INIT on the wire to its response.</summary>
    InitRoundTrip,

    /// <summary>Initiator: from IKE_AUTH on the wire to its response.</summary>
    AuthRoundTrip,

    /// <summary>Initiator: from the first IKE_SA_INIT to the established SA.</summary>
    InitiatorTotal,

    /// <summary>Responder: from IKE_SA_INIT to its response on the wire, computation included.</summary>
    InitProcessing,

    /// <summary>Responder: from IKE_AUTH to its response on the wire, signatures included.</summary>
    AuthProcessing,

    /// <summary>Responder: from IKE_SA_INIT to the established SA.</summary>
    ResponderTotal,

    /// <summary>From CREATE_CHILD_SA on the wire to its response.</summary>
    ChildRoundTrip,
}

/// <summary>How often a phase was passed, and in what time altogether.</summary>
/// <param name="Count">Times.</param>
/// <param name="Total">Sum.</param>
/// <param name="Longest">The longest.</param>
public readonly record struct IkePhaseTime(long Count, TimeSpan Total, TimeSpan Longest)
{
    /// <summary>The shortest; zero before the first.</summary>
    public TimeSpan Shortest { get; init; }

    /// <summary>The mean; zero before the first.</summary>
    public TimeSpan Mean => Count == 0 ? TimeSpan.Zero : Total / Count;
}

/// <summary>A negotiation that failed, for <c>show crypto ikev2 diagnose error</c>.</summary>
/// <param name="At">When.</param>
/// <param name="Local">This end.</param>
/// <param name="Remote">The other end.</param>
/// <param name="Exchange">Where it failed.</param>
/// <param name="Drop">Under what it is counted.</param>
/// <param name="Text">Why, and what to change.</param>
public sealed record IkeFailure(Instant At, IkeEndpoint Local, IkeEndpoint Remote, IkeExchangeType Exchange, IkeDrop Drop, string Text);

/// <summary>Counters and times of the engine.</summary>
public sealed class IkeStatistics
{
    private readonly IkeExchangeCounts[] _exchanges = [new(), new(), new(), new(), new(), new()];
    private readonly IkePhaseTime[] _phases = new IkePhaseTime[Enum.GetValues<IkePhase>().Length];
    private readonly Queue<IkeFailure> _failures = new();

    /// <summary>IKE SAs that came up, as initiator.</summary>
    public long EstablishedAsInitiator { get; internal set; }

    /// <summary>IKE SAs that came up, as responder.</summary>
    public long EstablishedAsResponder { get; internal set; }

    /// <summary>Of these the ones by a session ticket.</summary>
    public long Resumed { get; internal set; }

    /// <summary>Negotiations that failed.</summary>
    public long Failed { get; internal set; }

    /// <summary>IKE SAs rekeyed.</summary>
    public long IkeRekeys { get; internal set; }

    /// <summary>Child SAs rekeyed.</summary>
    public long ChildRekeys { get; internal set; }

    /// <summary>Cookies asked for.</summary>
    public long CookiesSent { get; internal set; }

    /// <summary>Peers that were found dead.</summary>
    public long DeadPeers { get; internal set; }

    /// <summary>Peers that said by a QCD token that they lost their state.</summary>
    public long CrashedPeers { get; internal set; }

    /// <summary>Peers that moved.</summary>
    public long Moves { get; internal set; }

    /// <summary>Half-open SAs as responder, now.</summary>
    public int HalfOpen { get; internal set; }

    /// <summary>SAs in negotiation as initiator, now.</summary>
    public int Initiating { get; internal set; }

    /// <summary>Computations that are waited for, now.</summary>
    public int Jobs { get; internal set; }

    /// <summary>How many failures are remembered at most.</summary>
    public const int MaximumFailures = IkeLimits.MaximumFailures;

    /// <summary>The last failures, oldest first.</summary>
    public IReadOnlyCollection<IkeFailure> Failures => _failures;

    /// <summary>The counts of an exchange.</summary>
    public IkeExchangeCounts Of(IkeExchangeType exchange) => _exchanges[exchange switch
    {
        IkeExchangeType.SaInit => 0,
        IkeExchangeType.Auth => 1,
        IkeExchangeType.CreateChildSa => 2,
        IkeExchangeType.Informational => 3,
        IkeExchangeType.SessionResume => 4,
        _ => 5,
    }];

    /// <summary>The times of a phase.</summary>
    public IkePhaseTime Of(IkePhase phase) => _phases[(int)phase];

    internal void Clear()
    {
        foreach (ref IkeExchangeCounts counts in _exchanges.AsSpan()) counts = new IkeExchangeCounts();
        Array.Clear(_phases);
        _failures.Clear();
        EstablishedAsInitiator = EstablishedAsResponder = Resumed = Failed = IkeRekeys = ChildRekeys = CookiesSent = DeadPeers = CrashedPeers = Moves = 0;
    }

    internal void Passed(IkePhase phase, TimeSpan time)
    {
        IkePhaseTime before = _phases[(int)phase];
        _phases[(int)phase] = new IkePhaseTime(before.Count + 1, before.Total + time, time > before.Longest ? time : before.Longest)
        {
            Shortest = before.Count == 0 || time < before.Shortest ? time : before.Shortest,
        };
    }

    internal void Remember(IkeFailure failure)
    {
        Failed++;
        if (_failures.Count == IkeLimits.MaximumFailures) _failures.Dequeue();
        _failures.Enqueue(failure);
    }
}
