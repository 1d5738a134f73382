using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Dmvpn.Core;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tests.Reload;

/// <summary>A hub and two spokes over a network in memory, in virtual time. Spoke 1 has <c>if-state nhrp</c>.</summary>
internal sealed class MemoryNetwork : IDisposable
{
    public static readonly IpAddress HubAddress = IpAddress.Parse("10.0.0.1"), SpokeAddress = IpAddress.Parse("10.0.0.11");
    public static readonly IpPrefix FarLan = IpPrefix.Parse("192.168.12.0/24");
    private static readonly TimeSpan Transit = TimeSpan.FromMilliseconds(5);

    private readonly PriorityQueue<(IpAddress From, IpAddress To, byte[] Packet), Instant> _flying = new();
    private readonly List<(IpAddress From, IpAddress To)> _sent = [];
    private readonly BlockingCollection<(Action<NameResolution, Instant> Deliver, NameResolution Result)> _resolved = [];

    public MemoryNetwork()
    {
        Hub = Add("192.0.2.1", 0);
        Spoke = Add("192.0.2.11", 1, "192.0.2.111");
        Far = Add("192.0.2.12", 2);
        Hub.Reload(HubText, Now);
        Spoke.Reload(SpokeText, Now);
        Far.Reload(FarText, Now);
    }

    public static string SpokeText { get; } = Text(11, " if-state nhrp\n" + Nhs) + "ip route 192.168.0.0 255.255.0.0 10.0.0.1\n";

    public static string HubText { get; } = Text(1, " ip nhrp map multicast dynamic\n ip nhrp redirect\n") + "ip route 192.168.12.0 255.255.255.0 10.0.0.12\n";

    private static string FarText { get; } = Text(12, Nhs);

    private const string Nhs = " ip nhrp shortcut\n ip nhrp nhs 10.0.0.1 nbma 192.0.2.1 multicast\n";

    public Instant Now { get; private set; } = Instant.FromSeconds(100);

    public MemoryRouter Hub { get; }

    /// <summary>The one whose configuration changes.</summary>
    public MemoryRouter Spoke { get; }

    public MemoryRouter Far { get; }

    /// <summary>Nothing reaches the hub, and nothing leaves it.</summary>
    public bool HubIsDead { get; set; }

    private IEnumerable<MemoryRouter> All => [Hub, Spoke, Far];

    public void Send(IpAddress from, IpAddress to, byte[] packet)
    {
        _sent.Add((from, to));
        _flying.Enqueue((from, to, packet), Now + Transit);
    }

    /// <summary>What names lead to, by network namespace and name; without an entry there is no such name.</summary>
    public ConcurrentDictionary<WatchedName, string> Names { get; } = [];

    /// <summary>Looks names up in <see cref="Names"/>. Results come in <see cref="TakeNames"/>.</summary>
    public NameResolver MakeResolver(Action<NameResolution, Instant> deliver) => new(
        result => _resolved.Add((deliver, result)),
        (name, _) => Names.TryGetValue(name, out string? address)
            ? Task.FromResult(new[] { IPAddress.Parse(address) })
            : throw new SocketException((int)SocketError.HostNotFound));

    /// <summary>Waits for as many look-ups as have been asked for, and has their results taken over.</summary>
    public void TakeNames(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(_resolved.TryTake(out (Action<NameResolution, Instant> Deliver, NameResolution Result) one, TimeSpan.FromSeconds(20)), "a name is looked up");
            one.Deliver(one.Result, Now);
            foreach (MemoryRouter router in All) router.CarryOut(Now);
        }
    }

    /// <summary>Packets that were sent from an address to another since the last call.</summary>
    public int TakeSent(string from, string to)
    {
        int count = _sent.Count(s => s.From == IpAddress.Parse(from) && s.To == IpAddress.Parse(to));
        _sent.Clear();
        return count;
    }

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan time)
    {
        Instant end = Now + time;
        while (true)
        {
            Instant next = _flying.TryPeek(out _, out Instant arrival) ? arrival : Instant.Never;
            foreach (MemoryRouter router in All) next = Instant.Min(next, router.NextDeadline);
            if (next > end) break;
            // A deadline that stays in the past would stop the time.
            Now = next > Now ? next : Now + TimeSpan.FromTicks(1);
            while (_flying.TryPeek(out _, out arrival) && arrival <= Now) Deliver(_flying.Dequeue());
            foreach (MemoryRouter router in All)
            {
                if (router.NextDeadline <= Now) router.OnDeadline(Now);
            }
        }
        Now = end;
    }

    /// <summary>A packet from the spoke's LAN to the far one's turns round in the hub.</summary>
    public void TurnRound()
    {
        byte[] packet = new byte[28];
        (packet[0], packet[3], packet[8], packet[9]) = (0x45, 28, 64, 17);
        IpAddress.Parse("192.168.11.5").Write(packet.AsSpan(12));
        FarLan.Address.Write(packet.AsSpan(16));
        packet[19] = 5;
        Hub.Engines.Nhrp.OnTrafficTurnedAround(MemoryRouter.Key, new NbmaPeer(IpAddress.Parse("192.0.2.11")), packet, Now, Hub.Engines.NhrpOut);
        Hub.CarryOut(Now);
    }

    public void Dispose()
    {
        foreach (MemoryRouter router in All) router.Dispose();
        _resolved.Dispose();
    }

    private void Deliver((IpAddress From, IpAddress To, byte[] Packet) packet)
    {
        foreach (MemoryRouter router in All)
        {
            if (HubIsDead && (router == Hub || packet.From == IpAddress.Parse("192.0.2.1"))) continue;
            if (router.Sources.Open.Exists(source => source.Address == packet.To)) router.Deliver(packet.From, packet.Packet, Now);
        }
    }

    private MemoryRouter Add(string address, int index, params string[] more)
    {
        var router = new MemoryRouter(this, index + 1);
        router.Kernel.Now = Now;
        router.Kernel.AddLink(2, "eth0", IpAddress.Parse(address));
        if (more.Length > 0) router.Kernel.AddLink(4, "eth2", IpAddress.Parse(more[0]));
        router.Kernel.AddLink(3, "eth1", IpAddress.Parse($"192.168.{10 + index}.1"));
        IpAddress tunnel = IpAddress.Parse($"10.0.0.{(index == 0 ? 1 : 10 + index)}");
        router.Kernel.Connect(MemoryRouter.Tunnel, new IpPrefix(tunnel, 24), tunnel);
        return router;
    }

    private static string Text(int host, string more) =>
        $"hostname r{host}\ninterface Tunnel0\n ip address 10.0.0.{host} 255.255.255.0\n ip nhrp network-id 1\n ip nhrp holdtime 300\n" + more +
        " tunnel source eth0\n tunnel mode gre multipoint\n tunnel key 1\n!\n";
}
