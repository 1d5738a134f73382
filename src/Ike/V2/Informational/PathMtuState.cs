using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>Where the measuring of a path is.</summary>
internal enum PathMtuStage : byte
{
    /// <summary>Nothing is under way.</summary>
    Idle,

    /// <summary>The longest packet, or the one that got through last, is tried.</summary>
    Checking,

    /// <summary>
    /// It did not arrive where a small one did: it is tried again with patience, for loss and full
    /// queues look alike at first.
    /// </summary>
    Confirming,

    /// <summary>The longest that does get through is looked for.</summary>
    Searching,
}

/// <summary>
/// What is known of the length of packets that reach a peer. Lengths are octets of outer IP
/// packets.
/// </summary>
internal sealed class PathMtuState
{
    // Usual sizes of links and tunnels (RFC 1191 7.1, and what encapsulations of today leave of
    // 1500): a path's size is nearly always one of them.
    private static readonly int[] Plateaus =
    [
        576, 700, 850, 1006, 1100, 1200, 1240, 1280, 1300, 1320, 1340, 1360, 1380,
        1400, 1410, 1420, 1430, 1440, 1450, 1460, 1470, 1480, 1492, 1500,
        1600, 2000, 2600, 3400, 4352, 5800, 7600, 8166,
    ];

    /// <summary>The longest packet that the tunnels send.</summary>
    public int Longest { get; set; }

    /// <summary>That one bears "don't fragment".</summary>
    public bool DontFragment { get; set; }

    /// <summary>
    /// The longest that gets through; 0 while there is no limit but <see cref="Longest"/>.
    /// </summary>
    public int Limit { get; set; }

    /// <summary>
    /// Something was proved before: what does not arrive now has to be tried with more patience.
    /// </summary>
    public bool WasProved { get; set; }

    public PathMtuStage Stage { get; set; }

    /// <summary>The probe whose answer counts; null without one.</summary>
    public PathProbeRequest? Probe { get; set; }

    /// <summary>When the path is tried again, if it is used.</summary>
    public Instant CheckAt { get; set; }

    /// <summary>When more than <see cref="Limit"/> is tried again.</summary>
    public Instant RaiseAt { get; set; } = Instant.Never;

    /// <summary>In a search: got through.</summary>
    public int Low { get; set; }

    /// <summary>In a search: did not.</summary>
    public int High { get; set; }

    /// <summary>
    /// What to try next: the usual size in the middle between the two; null when there is none.
    /// </summary>
    public static int? Between(int low, int high)
    {
        int first = 0;
        while (first < Plateaus.Length && Plateaus[first] <= low) first++;
        int end = first;
        while (end < Plateaus.Length && Plateaus[end] < high) end++;
        return first == end ? null : Plateaus[(first + end) / 2];
    }
}
