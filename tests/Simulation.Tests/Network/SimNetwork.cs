using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>
/// The underlay, the clock and the queue of all that is to come. Packets take a random time, so they overtake each other; while faults are on
/// they are lost and doubled. One thread; ties are broken by the order of scheduling, so a seed has one history.
/// </summary>
internal sealed partial class SimNetwork
{
    private static readonly TimeSpan UsePoll = TimeSpan.FromSeconds(1);
    private readonly PriorityQueue<SimEvent, (long At, long Order)> _queue = new();
    private readonly Dictionary<IpAddress, SimRouter> _byOutside = [];
    private readonly Dictionary<IpAddress, RouterPlan> _plans = [];
    private long _order;
    private long _packets;

    public SimNetwork(Plan plan)
    {
        Plan = plan;
        Random = new SeededRandom(plan.Seed);
        foreach (RouterPlan router in Topology.Make(plan))
        {
            _plans.Add(router.Address, router);
            Routers.Add(new SimRouter(this, router, Routers.Count));
        }
        foreach (SimRouter router in Routers) _byOutside.Add(router.Outside, router);
    }

    public Plan Plan { get; }

    public SeededRandom Random { get; }

    public Trace Trace { get; } = new();

    public Instant Now { get; private set; } = Instant.FromSeconds(1000);

    public List<SimRouter> Routers { get; } = [];

    public List<Conversation> Conversations { get; } = [];

    /// <summary>Loss and duplication.</summary>
    public bool Faulty { get; set; }

    /// <summary>New packets count for their conversations.</summary>
    public bool Counting { get; set; }

    public bool Talking { get; set; }

    public long Events { get; private set; }

    public RouterPlan? PlanOf(IpAddress tunnelAddress) => _plans.GetValueOrDefault(tunnelAddress);

    /// <summary>An NHRP packet.</summary>
    public void Send(SimRouter from, NbmaPeer to, byte[] bytes)
    {
        Trace.Add(Now, ((NhrpPacketType)bytes[17]).ToString(), from.Plan.Name, NameOf(to.Address), "", bytes);
        Enqueue(from, to, new SimEvent { Kind = SimEventKind.Packet, Bytes = bytes });
    }

    /// <summary>A data packet.</summary>
    public void Send(SimRouter from, NbmaPeer to, DataPacket packet)
    {
        Trace.AddData(Now, from.Index, packet.Number);
        packet.Hops++;
        Enqueue(from, to, new SimEvent { Kind = SimEventKind.Packet, Data = packet });
    }

    public void Delivered(DataPacket packet, SimRouter at)
    {
        if (!packet.Counts) return;
        Conversation conversation = packet.Conversation;
        if (at != conversation.To) conversation.Loss = $"delivered at {at.Plan.Name}";
        else conversation.Delivered++;
        if (packet.Hops > 1)
        {
            conversation.Indirect++;
            conversation.Loss = $"last by {string.Join(", ", packet.Path!)}";
        }
    }

    public void Lost(DataPacket packet, string why)
    {
        if (packet.Counts) packet.Conversation.Loss = $"lost: {why}; path {string.Join(", ", packet.Path!)}";
    }

    /// <summary>Sees to it that the router is woken when it wants to be.</summary>
    public void Schedule(SimRouter router)
    {
        Instant next = router.NextDeadline;
        if (next >= router.WakeAt) return;
        router.WakeAt = next;
        At(next, new SimEvent { Kind = SimEventKind.Wake, Router = router });
    }

    public void ScheduleUse(SimRouter router) => At(Now + UsePoll, new SimEvent { Kind = SimEventKind.Use, Router = router });

    public void At(Instant at, Action<SimNetwork> action) => At(at, new SimEvent { Kind = SimEventKind.Action, Action = action });

    /// <summary>Gives the address to the router, and takes it from whoever has it.</summary>
    public void Move(SimRouter router, IpAddress to)
    {
        if (_byOutside.GetValueOrDefault(router.Outside) == router) _byOutside.Remove(router.Outside);
        Trace.Add(Now, "moves", router.Plan.Name, to.ToString());
        // Reachable there before it says so.
        _byOutside[to] = router;
        router.MoveTo(to, Now);
    }

    public void Run(TimeSpan time)
    {
        Instant end = Now + time;
        while (_queue.TryPeek(out _, out (long At, long) due) && due.At <= end.Nanoseconds)
        {
            SimEvent next = _queue.Dequeue();
            Now = new Instant(Math.Max(due.At, Now.Nanoseconds));
            Events++;
            Happen(next);
        }
        Now = end;
    }

    private void Happen(in SimEvent next)
    {
        switch (next.Kind)
        {
            case SimEventKind.Packet:
                Deliver(next);
                break;
            case SimEventKind.Wake:
                if (next.Router!.WakeAt != Now) break;
                next.Router.WakeAt = Instant.Never;
                if (next.Router.Running) next.Router.OnDeadline(Now);
                break;
            case SimEventKind.Use:
                if (next.Router!.Running) next.Router.ReportUse(Now);
                break;
            case SimEventKind.Talk:
                Talk(next.Conversation!);
                break;
            default:
                next.Action!(this);
                break;
        }
    }

    private void Enqueue(SimRouter from, NbmaPeer to, SimEvent packet)
    {
        from.Nat?.Open(to.Address, Now);
        packet.Source = new NbmaPeer(from.Outside);
        packet.To = to.Address;
        if (Faulty && Random.NextDouble() < Plan.Loss)
        {
            if (packet.Data is { } lost) Lost(lost, "underlay");
            return;
        }
        At(Now + Latency(), packet);
        if (Faulty && Random.NextDouble() < Plan.Duplication) At(Now + Latency(), packet with { Data = packet.Data?.Copy() });
    }

    private void Deliver(in SimEvent packet)
    {
        if (!_byOutside.TryGetValue(packet.To, out SimRouter? to) || !to.Running)
        {
            if (packet.Data is { } lost) Lost(lost, $"nobody at {packet.To}");
        }
        else if (to.Nat is { } nat && !nat.LetsIn(packet.Source.Address, Now))
        {
            if (packet.Data is { } lost) Lost(lost, $"the NAT of {to.Plan.Name} does not know {packet.Source}");
        }
        else if (packet.Data is { } data)
        {
            to.Forward(data, packet.Source, Now);
        }
        else
        {
            to.Receive(packet.Source, packet.Bytes!, Now);
        }
    }

    private TimeSpan Latency() => TimeSpan.FromMilliseconds(5 + Random.Below(60));

    private void At(Instant at, SimEvent what) => _queue.Enqueue(what, (at.Nanoseconds, _order++));

    private string NameOf(IpAddress outside) => _byOutside.TryGetValue(outside, out SimRouter? router) ? router.Plan.Name : outside.ToString();
}

internal enum SimEventKind : byte
{
    Packet,
    Wake,
    Use,
    Talk,
    Action,
}

/// <summary>Something that will happen.</summary>
internal record struct SimEvent
{
    public SimEventKind Kind;
    public SimRouter? Router;
    public NbmaPeer Source;
    public IpAddress To;
    public byte[]? Bytes;
    public DataPacket? Data;
    public Conversation? Conversation;
    public Action<SimNetwork>? Action;
}
