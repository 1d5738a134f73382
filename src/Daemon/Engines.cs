using Dmvpn.Core;
using Dmvpn.Daemon.Control;
using Dmvpn.Daemon.Routing;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Nhrp;
using Dmvpn.Odr;
using Dmvpn.Rib;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon;

/// <summary>
/// The engines of one router and their outboxes. They do not know each other: <see cref="EffectCarrier"/> makes one's effects the
/// other's events. Control thread only.
/// </summary>
internal sealed class Engines
{
    public Engines(ForwardingTable forwarding, IkeSecrets secrets, IChildActivity activity, IWallClock clock, IRandom random, ILoggerFactory log, int workers = 1)
    {
        Forwarding = forwarding;
        Ike = new IkeInstance(secrets, activity, clock, random, log.CreateLogger(EventBlock.Ike.Category)) { SpiClasses = workers };
        Rib = new RibInstance(log.CreateLogger(EventBlock.Rib.Category));
        Nhrp = new NhrpInstance(Rib.Mirror, random, log.CreateLogger(EventBlock.Nhrp.Category));
        Odr = new OdrInstance(random, log.CreateLogger(EventBlock.Odr.Category), Underlay);
    }

    public IkeInstance Ike { get; }

    public RibInstance Rib { get; }

    public NhrpInstance Nhrp { get; }

    public OdrInstance Odr { get; }

    /// <summary>The addresses on the underlay that are in use.</summary>
    public UnderlayAddresses Underlay { get; } = new();

    /// <summary>What the workers forward by.</summary>
    public ForwardingTable Forwarding { get; }

    public Outbox<IkeEffect> IkeOut { get; } = new();

    public Outbox<RibEffect> RibOut { get; } = new();

    public Outbox<NhrpEffect> NhrpOut { get; } = new();

    public Outbox<OdrEffect> OdrOut { get; } = new();

    public Outbox<KeepaliveEffect> KeepaliveOut { get; } = new();

    /// <summary>Has the engines' deadlines served.</summary>
    public void AddTo(DeadlineWatch deadlines)
    {
        deadlines.Add("IKE", () => Ike.NextDeadline, now => Ike.OnDeadline(now, IkeOut));
        deadlines.Add("RIB", () => Rib.NextDeadline, now => Rib.OnDeadline(now, RibOut));
        deadlines.Add("NHRP", () => Nhrp.NextDeadline, now => Nhrp.OnDeadline(now, NhrpOut));
        deadlines.Add("ODR", () => Odr.NextDeadline, now => Odr.OnDeadline(now, OdrOut));
    }
}
