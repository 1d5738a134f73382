namespace Dmvpn.Nhrp;

/// <summary>Numbers that are ours, with the reason for each.</summary>
internal static class NhrpLimits
{
    /// <summary>Longest packet written: fits an unfragmented underlay of 1500 bytes with room for GRE and ESP.</summary>
    public const int MaximumPacket = 1400;

    /// <summary>Mappings per interface: ten times the largest hub that is planned for; each is about 350 bytes.</summary>
    public const int MaximumMappings = 1_000_000;

    /// <summary>Open and negative resolutions per interface: a scan of the tunnel subnet must not fill the memory.</summary>
    public const int MaximumResolutions = 4096;

    /// <summary>Requesters remembered per interface for purges; RFC 2332 5.2.2 wants code 5 beyond.</summary>
    public const int MaximumRequesters = 65_536;

    /// <summary>(source, destination) pairs held back by the redirect timeout; beyond, the oldest state is forgotten at once.</summary>
    public const int MaximumRedirects = 16_384;

    /// <summary>The part of <c>max-send</c> that Traffic Indications for one peer may use up.</summary>
    public const int RedirectPart = 10;

    /// <summary>Peers whose Error Indications are counted.</summary>
    public const int MaximumErrorPeers = 4096;

    /// <summary>Error Indications for one peer in <see cref="ErrorInterval"/>: two FRRs answer each other's at 800 a second.</summary>
    public const int ErrorsPerInterval = 5;

    /// <summary>See <see cref="ErrorsPerInterval"/>.</summary>
    public static readonly TimeSpan ErrorInterval = TimeSpan.FromSeconds(10);

    /// <summary>Log lines about single peers in <see cref="PeerLineInterval"/>: more nobody reads as they come.</summary>
    public const int PeerLinesPerInterval = 50;

    /// <summary>See <see cref="PeerLinesPerInterval"/>.</summary>
    public static readonly TimeSpan PeerLineInterval = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of the offending packet in an Error Indication: its head, as much as FRR sends, never its authentication.</summary>
    public const int OffenderLength = 40;

    /// <summary>First retransmission; then doubled (seen: IOS, FRR).</summary>
    public static readonly TimeSpan FirstRetransmission = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Longest time between registrations that are not answered. IOS goes up to 64 s ("Ret 64"), and leaves a branch without its hub for
    /// a minute after an outage of an hour is over; a request of 100 bytes is cheap.
    /// </summary>
    public static readonly TimeSpan LongestRetransmission = TimeSpan.FromSeconds(8);

    /// <summary>From this retransmission on the time is shortened by up to a quarter, as IOS's is, so that spokes of a dead hub do not come back in step.</summary>
    public static readonly TimeSpan JitterFrom = TimeSpan.FromSeconds(8);

    /// <summary>An NHS that did not answer this many transmissions (1 + 2 + 4 s) is down.</summary>
    public const int TriesUntilNhsDown = 3;

    /// <summary>Resolution Requests until it is given up: 1 + 2 + 4 + 8 + 16 s.</summary>
    public const int ResolutionTries = 5;

    /// <summary>From this try on an existing shortcut's own peer is asked directly: the hub may be dead, the shortcut need not be.</summary>
    public const int DirectFromTry = 3;

    /// <summary>How long "no" is believed before traffic may ask again.</summary>
    public static readonly TimeSpan NegativeTime = TimeSpan.FromSeconds(60);

    /// <summary>How long "no" is believed when a server's Traffic Indication says that there is a way: longer than a refused request's round trip by far, shorter than anybody waits for a shortcut.</summary>
    public static readonly TimeSpan RefusedRetry = TimeSpan.FromSeconds(5);

    /// <summary>The same when there was an answer, and no association could be had with the peer: each try costs both ends public-key operations.</summary>
    public static readonly TimeSpan UnreachableRetry = TimeSpan.FromSeconds(20);

    /// <summary>A used entry is asked for again this long before it expires, or a quarter of its holding time if that is less.</summary>
    public static readonly TimeSpan RefreshBefore = TimeSpan.FromSeconds(120);

    /// <summary>Purge Requests until an unanswering receiver is given up: 1 + 2 + 4 + 8 s. FRR never answers one.</summary>
    public const int PurgeTries = 4;

    /// <summary>Open purges per interface.</summary>
    public const int MaximumPurges = 65_536;

    /// <summary>Names are looked up again at least this often, and not more often than <see cref="ShortestNameLife"/>.</summary>
    public static readonly TimeSpan LongestNameLife = TimeSpan.FromHours(1);

    /// <summary>See <see cref="LongestNameLife"/>.</summary>
    public static readonly TimeSpan ShortestNameLife = TimeSpan.FromSeconds(5);

    /// <summary>Time between tries to look a name up that has no address (yet).</summary>
    public static readonly TimeSpan NameRetry = TimeSpan.FromSeconds(5);

    /// <summary>Tunnel addresses that one peer may register: its own ones. A member must not take all that are free.</summary>
    public const int RegistrationsPerPeer = 16;

    /// <summary>The same where peers are told apart by their outer address alone: several may be behind one.</summary>
    public const int RegistrationsPerAddress = 64;

    /// <summary>Mappings of all kinds that lead to one peer.</summary>
    public const int MappingsPerPeer = 64;

    /// <summary>Shortcuts by one next hop; what is beyond goes by the hub.</summary>
    public const int ShortcutsPerNextHop = 256;

    /// <summary>Answers that one peer is given and that must be taken back from it.</summary>
    public const int AnswersPerPeer = 1024;

    /// <summary>
    /// The longest holding time that is believed. Whoever says 65535 s registers again after a third of them and a tenth more, which this is just above: nobody loses anything by it,
    /// and what a member left behind ends sooner.
    /// </summary>
    public const ushort LongestHoldTime = 25_200;

    /// <summary>The widest prefix that an answer may draw when no certificate says what is behind the one who gives it: a LAN.</summary>
    public const int ShortestPrefixIPv4 = 24;

    /// <summary>The same for IPv6.</summary>
    public const int ShortestPrefixIPv6 = 64;

    /// <summary>Complaints that are remembered.</summary>
    public const int MaximumComplaints = 4096;

    /// <summary>A complaint about a peer is logged once in this time.</summary>
    public static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(10);

    /// <summary>The part of a holding time that is believed.</summary>
    public static ushort HoldOf(ushort told) => told < LongestHoldTime ? told : LongestHoldTime;
}
