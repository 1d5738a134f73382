using Dmvpn.Core;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Nhrp;

/// <summary>What all parts of the engine share: look-ups, randomness, timers, counters, the interfaces.</summary>
internal sealed class NhrpCore
{
    private readonly List<NhrpInterface> _interfaces = [];
    public NhrpCore(IRouteLookup routes, IRandom random, ILogger logger)
    {
        Routes = routes;
        Random = random;
        Logger = logger;
        Sender = new NhrpSender(this);
        RegistrationServer = new RegistrationServer(this);
        ResolutionServer = new ResolutionServer(this);
        Paths = new NhrpPaths(this);
        PeerLines = Lines();
        MalformedLines = Lines();
        Identities = new NhrpIdentities(this);
        Trust = new NhrpTrust(this);
        Complaints = new NhrpComplaints();
    }

    public IRouteLookup Routes { get; }

    public IRandom Random { get; }

    public ILogger Logger { get; }

    /// <summary>To be asked before a line about a single peer is logged.</summary>
    public LogBudget<NhrpEffect> PeerLines { get; }

    /// <summary>The same for what cannot be decoded: anybody can send that, and it must not keep other lines out.</summary>
    public LogBudget<NhrpEffect> MalformedLines { get; }

    public TimerHeap<Timed<NhrpEffect>> Timers { get; } = new();

    public DropCounters<NhrpDrop> Drops { get; } = new();

    /// <summary>Who is behind an association, and what it may claim.</summary>
    public NhrpIdentities Identities { get; }

    /// <summary>Whose word counts for what.</summary>
    public NhrpTrust Trust { get; }

    /// <summary>What was complained of to the operator lately.</summary>
    public NhrpComplaints Complaints { get; }

    public NhrpSender Sender { get; }

    public RegistrationServer RegistrationServer { get; }

    public ResolutionServer ResolutionServer { get; }

    public NhrpPaths Paths { get; }

    /// <summary>All interfaces: a handful, so they are searched one by one.</summary>
    public List<NhrpInterface> Interfaces => _interfaces;

    /// <summary>
    /// An id that is not 0. RFC 2332 5.2.3 wants ids that a client does not use again after a crash, which a random one is as
    /// unlikely to be; and nobody who has not seen the request can answer it.
    /// </summary>
    public uint NextRequestId()
    {
        uint id;
        do id = Random.NextUInt32();
        while (id == 0);
        return id;
    }

    public NhrpInterface? Find(NhrpInterfaceKey key)
    {
        foreach (NhrpInterface candidate in _interfaces)
        {
            if (candidate.Key == key) return candidate;
        }
        return null;
    }

    public NhrpInterface FindOrAdd(NhrpInterfaceKey key)
    {
        NhrpInterface? found = Find(key);
        if (found is null) _interfaces.Add(found = new NhrpInterface(this, key));
        return found;
    }

    /// <summary>True when two interfaces belong to one NHRP domain: packets may be forwarded between them.</summary>
    public static bool IsSameDomain(NhrpInterface a, NhrpInterface b) =>
        a.Config.NetworkId == b.Config.NetworkId && a.Key.IPv6 == b.Key.IPv6;

    public bool IsOwn(IpAddress address)
    {
        foreach (NhrpInterface candidate in _interfaces)
        {
            if (candidate.Active && (candidate.IsOwn(address) || candidate.Facts.Responder == address && !address.IsNone)) return true;
        }
        return false;
    }

    private LogBudget<NhrpEffect> Lines() =>
        new(Timers, leftOut => Logger.PeerLinesLeftOut(leftOut), NhrpLimits.PeerLinesPerInterval, NhrpLimits.PeerLineInterval);
}
