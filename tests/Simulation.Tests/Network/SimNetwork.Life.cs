using Dmvpn.Core;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>Who talks, and what goes wrong.</summary>
internal sealed partial class SimNetwork
{
    private uint _nextAddress = 0x0BF00000;

    /// <summary>Spokes that nothing befalls for good: those that talk.</summary>
    public List<SimRouter> Spokes { get; } = [];

    public SimRouter Hub => Routers[0];

    /// <summary>All routers boot within some seconds.</summary>
    public void Start()
    {
        foreach (SimRouter router in Routers)
        {
            if (!router.Plan.IsHub) Spokes.Add(router);
            At(Now + (router.Plan.IsHub ? TimeSpan.Zero : Within(TimeSpan.FromSeconds(10))), network => Boot(router));
        }
    }

    /// <summary>Each pair is two spokes; every fourth talks from router to router instead of from LAN to LAN (phase 2's look-up instead of phase 3's).</summary>
    public void StartTalking()
    {
        Talking = true;
        for (int i = 0; i < Plan.Pairs; i++)
        {
            SimRouter a = Spokes[Random.Below(Spokes.Count)], b = Spokes[Random.Below(Spokes.Count)];
            if (a == b || a.Dead || b.Dead)
            {
                i--;
                continue;
            }
            bool routers = i % 4 == 3;
            IpAddress from = routers ? a.Plan.Address : a.Plan.Host, to = routers ? b.Plan.Address : b.Plan.Host;
            Begin(new Conversation(Conversations.Count, a, b, from, to));
            Begin(new Conversation(Conversations.Count, b, a, to, from));
        }
    }

    /// <summary>Draws the faults, evenly over <see cref="Plan.FaultTime"/>. The last tenth of it is only loss, so that they end within it.</summary>
    public void StartFaults()
    {
        Faulty = true;
        TimeSpan time = Plan.FaultTime * 0.9;
        for (int i = 0; i < Plan.Deaths; i++)
        {
            SimRouter victim = Draw(static _ => true);
            victim.Dead = true;
            At(Now + Within(time), network => Crash(victim));
        }
        for (int i = 0; i < Plan.AddressChanges; i++)
        {
            SimRouter mover = Draw(static router => router.Plan.Roams);
            At(Now + Within(time), network => network.Move(mover, IpAddress.FromIPv4(_nextAddress++)));
        }
        for (int i = 0; i < Plan.AddressSwaps; i++)
        {
            SimRouter a = Draw(static router => router.Plan.Roams), b = Draw(static router => router.Plan.Roams);
            At(Now + Within(time), network => Swap(a, b));
        }
        for (int i = 0; i < Plan.SpokeRestarts; i++) RestartLater(Draw(static _ => true), time, TimeSpan.FromSeconds(60));
        foreach (SimRouter router in Routers)
        {
            for (int i = 0; i < Plan.HubRestarts && router.Plan.IsHub; i++) RestartLater(router, time, TimeSpan.FromSeconds(30));
        }
    }

    private void RestartLater(SimRouter router, TimeSpan within, TimeSpan atMostDown)
    {
        Instant down = Now + Within(within - atMostDown);
        At(down, network => Crash(router));
        At(down + TimeSpan.FromSeconds(1) + Within(atMostDown), network => Boot(router));
    }

    private void Boot(SimRouter router)
    {
        if (router.Running || router.Dead) return;
        Trace.Add(Now, "boots", router.Plan.Name, "");
        router.Boot(Now);
    }

    private void Crash(SimRouter router)
    {
        Trace.Add(Now, "crashes", router.Plan.Name, "");
        router.Crash();
    }

    private void Swap(SimRouter a, SimRouter b)
    {
        if (a == b) return;
        IpAddress first = a.Outside, second = b.Outside;
        Move(a, second);
        Move(b, first);
    }

    private SimRouter Draw(Predicate<SimRouter> wanted)
    {
        while (true)
        {
            SimRouter drawn = Spokes[Random.Below(Spokes.Count)];
            if (wanted(drawn) && !drawn.Dead) return drawn;
        }
    }

    private void Begin(Conversation conversation)
    {
        Conversations.Add(conversation);
        At(Now + Within(Plan.PacketInterval), new SimEvent { Kind = SimEventKind.Talk, Conversation = conversation });
    }

    private void Talk(Conversation conversation)
    {
        if (!Talking || conversation.From.Dead && !conversation.From.Running) return;
        At(Now + Plan.PacketInterval, new SimEvent { Kind = SimEventKind.Talk, Conversation = conversation });
        if (!conversation.From.Running) return;
        if (Counting) conversation.Sent++;
        conversation.From.Forward(
            new DataPacket { Conversation = conversation, Number = _packets++, Counts = Counting, Path = Counting ? [] : null }, null, Now);
    }

    private TimeSpan Within(TimeSpan time) => time * Random.NextDouble();
}
