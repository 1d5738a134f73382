namespace Dmvpn.Core;

/// <summary>
/// The ids of the log events of one part: <c>debug</c> chooses by them, so no two parts share one. A new part takes a block of its own
/// here; the ids themselves stand in its <c>XLog.cs</c>.
/// </summary>
/// <param name="Category">The name of the part's logger.</param>
/// <param name="First">The first id.</param>
/// <param name="Last">The last id.</param>
public readonly record struct EventBlock(string Category, int First, int Last)
{
    /// <summary>NHRP: 10xx protocol, 11xx packets, 12xx cache, 13xx errors, 14xx servers.</summary>
    public static readonly EventBlock Nhrp = new("Nhrp", 1000, 1499);

    /// <summary>The routing table.</summary>
    public static readonly EventBlock Rib = new("Rib", 1500, 1599);

    /// <summary>ODR and CDP.</summary>
    public static readonly EventBlock Odr = new("Odr", 1600, 1699);

    /// <summary>Tunnel interfaces and their devices.</summary>
    public static readonly EventBlock Tunnel = new("Tunnel", 1700, 1799);

    /// <summary>The daemon: start, configuration, kernel.</summary>
    public static readonly EventBlock Daemon = new("Dmvpn", 1800, 1899);

    /// <summary>IKEv2: 20xx protocol, 21xx packets, 22xx internals, 23xx errors.</summary>
    public static readonly EventBlock Ike = new("IKEv2", 2000, 2499);

    /// <summary>Child SAs in the data path.</summary>
    public static readonly EventBlock Ipsec = new("Ipsec", 2500, 2599);

    /// <summary>Certificates and revocation lists.</summary>
    public static readonly EventBlock Pki = new("Pki", 2600, 2699);

    /// <summary>All blocks.</summary>
    public static IReadOnlyList<EventBlock> All { get; } = [Nhrp, Rib, Odr, Tunnel, Daemon, Ike, Ipsec, Pki];

    /// <summary>True when the id is of this block.</summary>
    public bool Has(int eventId) => eventId >= First && eventId <= Last;

    /// <summary>The block of a logger; null for a logger that is no part's.</summary>
    public static EventBlock? Of(string category)
    {
        foreach (EventBlock block in All)
        {
            if (block.Category == category) return block;
        }
        return null;
    }
}
