namespace Dmvpn.Ike;

/// <summary>Numbers that are ours, with the reason for each.</summary>
internal static class IkeLimits
{
    /// <summary>Longest message that is written or put together from fragments: room for a chain of four RSA certificates.</summary>
    public const int MaximumMessage = 32_768;

    /// <summary>Octets of our nonces: half the key of any PRF that we know at least (RFC 7296 2.10).</summary>
    public const int NonceLength = 32;

    /// <summary>IKE_SA_INITs that wait for or are in their Diffie-Hellman computation: some 200 ms of work of one core; more would be answered after the peer has given up.</summary>
    public const int MaximumInitJobs = 2048;

    /// <summary>The part of these that one network (/24, /64) gets: somebody with one address and valid cookies must not keep all others out.</summary>
    public const int MaximumInitJobsPerNetwork = 1024;

    /// <summary>What a network gets in any case, while there is any.</summary>
    public const int LeastInitJobsPerNetwork = 8;

    /// <summary>
    /// First messages whose computations were for nothing that one network (/24, /64) has at once, and …
    /// What ends with an authenticated peer does not count, so spokes behind one carrier's NAT come up as fast as they can.
    /// </summary>
    public const int VainWorkPerNetwork = 2000;

    /// <summary>… what it gets back of these in a second: a hundredth of what one core computes.</summary>
    public const int VainWorkPerSecond = 50;

    /// <summary>Octets of fragments that all half-open SAs keep together: some 1,000 chains of certificates that are on their way.</summary>
    public const int FragmentOctets = 8 << 20;

    /// <summary>The part of these that one network gets.</summary>
    public const int FragmentOctetsPerNetwork = 2 << 20;

    /// <summary>
    /// Longest IKE_SA_INIT that a half-open SA is made for when there are many: AUTH covers all of it, so it is kept, and all of a half-open SA is to stay below 4 KB. More than 1280 octets
    /// (RFC 7296 2, MUST), and more than initiators with all algorithms send; 3000 (SHOULD) are taken while there are few.
    /// </summary>
    public const int LongestInit = 1500;

    /// <summary>So many half-open SAs are few: what they keep does not matter.</summary>
    public const int FewHalfOpen = 100;

    /// <summary>Half-open SAs from one address that has not returned a cookie: many spokes come back behind one NAT, one attacker holds little.</summary>
    public const int MaximumHalfOpenPerAddress = 256;

    /// <summary>How long a half-open SA waits for IKE_AUTH: the initiator has given up or been answered by then.</summary>
    public static readonly TimeSpan HalfOpenTime = TimeSpan.FromSeconds(30);

    /// <summary>How long an SA whose authentication failed is kept to answer retransmissions.</summary>
    public static readonly TimeSpan FailedTime = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Answers to IKE messages without protection (unknown SA, wrong version, no proposal, INVALID_KE) in <see cref="UnprotectedInterval"/> (RFC 7296 2.21.4). Each is shorter than
    /// what it answers, and brings a spoke back after a restart: there may be many.
    /// </summary>
    public const int AnswersPerInterval = 5000;

    /// <summary>The part of these that one source gets: the spokes behind one NAT, or one liar.</summary>
    public const int AnswersPerSource = 50;

    /// <summary>INVALID_SPI for ESP of unknown SAs, counted apart: a spoke sends thousands of packets a second, and needs to be told once.</summary>
    public const int HintsPerInterval = 2000;

    /// <summary>The part of these that one source gets.</summary>
    public const int HintsPerSource = 10;

    /// <summary>See <see cref="AnswersPerInterval"/>.</summary>
    public static readonly TimeSpan UnprotectedInterval = TimeSpan.FromSeconds(1);

    /// <summary>First retransmission; then doubled, up to <see cref="LongestRetransmission"/>.</summary>
    public static readonly TimeSpan FirstRetransmission = TimeSpan.FromSeconds(1);

    /// <summary>See <see cref="FirstRetransmission"/>.</summary>
    public static readonly TimeSpan LongestRetransmission = TimeSpan.FromSeconds(16);

    /// <summary>A retransmission time is shortened by up to this part of it, so that the spokes of a dead hub do not come back in step.</summary>
    public const double RetransmissionJitter = 0.2;

    /// <summary>Transmissions of IKE_SA_INIT before the peer counts as unreachable: 1 + 2 + 4 + 8 s. It is tried again while it is wanted.</summary>
    public const int InitTries = 4;

    /// <summary>Transmissions of any other request: 1 + 2 + 4 + 8 + 16 + 16 s. Less than RFC 7296 2.4 suggests: routes wait for the verdict.</summary>
    public const int RequestTries = 6;

    /// <summary>Transmissions of a delete: it is a courtesy.</summary>
    public const int DeleteTries = 3;

    /// <summary>No IKE SA that is on its way out lasts longer, whatever its peer answers: what is open before the delete, and the delete.</summary>
    public static readonly TimeSpan ClosingTime = TimeSpan.FromMinutes(2);

    /// <summary>Unanswered questions that end an SA with <c>dpd INTERVAL RETRY</c>, as on IOS.</summary>
    public const int DpdTries = 5;

    /// <summary>How long the last responses are kept for retransmitted requests (RFC 7296 2.1 allows to forget them after minutes).</summary>
    public static readonly TimeSpan ResponseMemory = TimeSpan.FromMinutes(2);

    /// <summary>Cookies and groups that an initiator lets itself be sent back with (RFC 7296 2.6).</summary>
    public const int MaximumInitRetries = 5;

    /// <summary>Shortest and …</summary>
    public static readonly TimeSpan FirstReconnect = TimeSpan.FromSeconds(1);

    /// <summary>… longest pause between tries to reach a wanted peer that answers and says no.</summary>
    public static readonly TimeSpan LongestReconnect = TimeSpan.FromSeconds(16);

    /// <summary>
    /// Longest pause before a wanted peer that does not answer is called again. With the last wait of a call (8 s, <see cref="InitTries"/>) no
    /// more than 12 s pass between two packets: after an outage, however long, the peer is found in that time.
    /// </summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(4);

    /// <summary>An association that lived this long was a good one: the next reconnection starts without a pause.</summary>
    public static readonly TimeSpan GoodAssociation = TimeSpan.FromSeconds(30);

    /// <summary>The pause before a lost peer is tried again: its loss may have ended the want.</summary>
    public static readonly TimeSpan ReconnectPause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the SAs of a peer that nobody wants any more are kept.</summary>
    public static readonly TimeSpan UnusedTime = TimeSpan.FromSeconds(60);

    /// <summary>A lifetime is used up to this part of it, less a random part of <see cref="LifetimeJitter"/>, before it is renewed …</summary>
    public const double SoftLifetime = 0.92;

    /// <summary>… so that both ends rarely start at once (RFC 7296 2.8).</summary>
    public const double LifetimeJitter = 0.12;

    /// <summary>When a rekeying fails, it is tried again after this time, and not later than shortly before the end.</summary>
    public static readonly TimeSpan RekeyRetry = TimeSpan.FromSeconds(10);

    /// <summary>Before an exchange that collided with another one is tried again: time for the other one, and apart from the peer's own next try (RFC 7296 2.25).</summary>
    public static readonly TimeSpan CollisionPause = TimeSpan.FromSeconds(4);

    /// <summary>Message id of either end from which on an IKE SA is rekeyed: ids must not come again (RFC 7296 2.2). A billion are left for tries.</summary>
    public const uint RekeyMessageId = 0xC000_0000;

    /// <summary>No request of ours has a higher message id, but the delete that ends the SA; a peer's request with the very last id is not taken, so that what is expected next does not begin anew.</summary>
    public const uint LastMessageId = 0xFFFF_FFF0;

    /// <summary>TEMPORARY_FAILUREs on one SA for this long mean that both ends disagree for good (RFC 7296 2.25).</summary>
    public static readonly TimeSpan TemporaryFailureTime = TimeSpan.FromMinutes(3);

    /// <summary>When the responder of a rekeying sends by the new SA though the old one has not been deleted.</summary>
    public static readonly TimeSpan ActivationTime = TimeSpan.FromSeconds(2);

    /// <summary>How long packets of a replaced SA, late on the way, are still received.</summary>
    public static readonly TimeSpan RetirementTime = TimeSpan.FromSeconds(5);

    /// <summary>When the end that has to delete a redundant or reauthenticated IKE SA does: until then both ends send by the other one.</summary>
    public static readonly TimeSpan SupersededTime = TimeSpan.FromSeconds(1);

    /// <summary>IKE SAs of one association: two during reauthentication or simultaneous initiation; a peer that makes more loses its oldest.</summary>
    public const int MaximumSasPerPeer = 4;

    /// <summary>Places that one identity may be at: a router with a tunnel by each of a few uplinks.</summary>
    public const int MaximumPlacesPerIdentity = 8;

    /// <summary>Child SAs of one association: three in a rekeying that both ends start, and those retired before.</summary>
    public const int MaximumChildrenPerPeer = 12;

    /// <summary>Requests of ours that wait for room in the peer's window.</summary>
    public const int MaximumWaitingRequests = 16;

    /// <summary>Times that hints without protection (INVALID_SPI, INVALID_IKE_SPI) have the peer asked whether it is alive (RFC 7296 2.21.4): one in this time.</summary>
    public static readonly TimeSpan HintInterval = TimeSpan.FromSeconds(5);

    /// <summary>Without dead peer detection by configuration: how long packets may go unanswered before the peer is asked (RFC 7296 2.4).</summary>
    public static readonly TimeSpan QuietLiveness = TimeSpan.FromSeconds(30);

    /// <summary>One call in so many is made without the ticket, when nobody answered the others.</summary>
    public const int ResumptionsInARow = 4;

    /// <summary>Validity of the tickets that we give (RFC 5723): a hub may be down for a night.</summary>
    public static readonly TimeSpan TicketLifetime = TimeSpan.FromHours(12);

    /// <summary>A peer's window counts no further: more requests than that we never have open.</summary>
    public const int MaximumWindow = 20;

    /// <summary>A ticket of a peer that is longer is not kept: it would not fit into the first message of a resumption.</summary>
    public const int MaximumTicket = 2048;

    /// <summary>Addresses of a peer that are remembered (RFC 4555 3.4).</summary>
    public const int MaximumAdditionalAddresses = 4;

    /// <summary>A request that was sent so often in vain goes to another address of a peer that has several (RFC 4555 3.5).</summary>
    public const int TriesUntilOtherPath = 3;

    /// <summary>A request that was sent so often to a place that a peer was only said to be at goes to where it was again: 1 + 2 + 4 s for the place, and the rest of the patience for the SA.</summary>
    public const int TriesAtCandidate = 4;

    /// <summary>Places that a peer may be said to be at in <see cref="PlacesInterval"/>: each has a few packets sent to an address that may be somebody else's.</summary>
    public const int PlacesPerInterval = 4;

    /// <summary>See <see cref="PlacesPerInterval"/>.</summary>
    public static readonly TimeSpan PlacesInterval = TimeSpan.FromSeconds(5);

    /// <summary>Behind a NAT: when the peer was heard just now, the mapping is good, and a keepalive is enough to keep it.</summary>
    public static readonly TimeSpan HeardJustNow = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Behind a NAT: the time between two looks whether ESP still comes. A flow that breaks off is
    /// noticed after one to two of these.
    /// </summary>
    public static readonly TimeSpan FlowTick = TimeSpan.FromSeconds(1.5);

    /// <summary>Looks in a row that find ESP make a flow: hellos every 5 s are none.</summary>
    public const int FlowTicks = 3;

    /// <summary>Flows that end are many: one of them in this time has the peer asked.</summary>
    public static readonly TimeSpan FlowQuestionInterval = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Looks in one interval of dead peer detection on demand, while both ends are silent: when this
    /// end sends at last, the question follows soon.
    /// </summary>
    public const int LooksPerInterval = 5;

    /// <summary>The longest packet that a path is tried with: what peers take as one message (strongSwan's limit is 10,000).</summary>
    public const int LongestProbe = 9000;

    /// <summary>Transmissions of a long packet before it counts as one that does not get through (RFC 8899 5.1.2, MAX_PROBES).</summary>
    public const int ProbeTries = 3;

    /// <summary>The same in a search: a size that is lost by chance makes the limit lower for <see cref="RaiseInterval"/>, no more.</summary>
    public const int SearchTries = 2;

    /// <summary>The first wait for a long packet's answer is four round trips, and no less than this ...</summary>
    public static readonly TimeSpan ShortestProbe = TimeSpan.FromMilliseconds(250);

    /// <summary>... and no more than this, which is also the one of a path that carried it before: a full queue must not look like a narrow path.</summary>
    public static readonly TimeSpan PatientProbe = TimeSpan.FromSeconds(1);

    /// <summary>A path in use is tried so often: a narrow one is found within a minute, and a packet in so much time is nothing.</summary>
    public static readonly TimeSpan PathCheckInterval = TimeSpan.FromSeconds(20);

    /// <summary>When more than the limit of a path is tried again (RFC 8899 5.1.1, PMTU_RAISE_TIMER).</summary>
    public static readonly TimeSpan RaiseInterval = TimeSpan.FromMinutes(10);

    /// <summary>Between two paths that are tried, on average: a hub with 100,000 spokes in use tries each more seldom.</summary>
    public static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(10);

    /// <summary>So many of them may come at once: what the data path did is looked at once a second.</summary>
    public static readonly TimeSpan ProbeBurst = TimeSpan.FromSeconds(1);

    /// <summary>Failures of negotiations that are remembered for <c>show crypto ikev2 diagnose error</c>.</summary>
    public const int MaximumFailures = 64;

    /// <summary>Log lines about single peers in <see cref="PeerLineInterval"/>: more nobody reads as they come.</summary>
    public const int PeerLinesPerInterval = 50;

    /// <summary>The part of these that one address gets at once; afterwards a fifth of it in a second.</summary>
    public const int LinesPerSource = 20;

    /// <summary>See <see cref="PeerLinesPerInterval"/>.</summary>
    public static readonly TimeSpan PeerLineInterval = TimeSpan.FromSeconds(1);
}
