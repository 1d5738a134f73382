using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests;

/// <summary>
/// One worker with Tunnel0 (multipoint, key 7, 10.0.0.1/24 and fd00::1/64 over 192.0.2.1), a connected route, a mapping 10.0.0.2 → 192.0.2.2 and
/// fd00::2 → 192.0.2.2, 10.2.0.0/16 by 10.0.0.2, fd02::/32 by fd00::2. Time stands still unless moved.
/// </summary>
internal sealed class Rig : IDisposable
{
    public static readonly TunnelId Tunnel0 = new(0);
    public static readonly NbmaPeer Peer2 = new(Ip("192.0.2.2"));
    public static readonly NbmaPeer Peer3 = new(Ip("192.0.2.3"));

    private readonly List<(TunnelId Tunnel, FakeTun Tun)> _tuns = [];

    public Rig(Func<TunnelForwarding, TunnelForwarding>? change = null, string local = "192.0.2.1")
    {
        Port = new FakePort(Ip(local));
        ControlPort = new FakePort(Ip(local));
        Underlay = new Underlay(Ip(local), [Port], ControlPort);
        Mailbox = new ControlMailbox(65536);
        Worker = new ForwardingWorker(0, Table, Mailbox, IkeMailbox);
        Config = new TunnelForwarding
        {
            Tunnel = Tunnel0,
            Key = 7,
            Addresses = [Ip("10.0.0.1"), Ip("fd00::1")],
            Broadcasts = [Ip("10.0.0.255")],
        };
        if (change is not null) Config = change(Config);
        Tun = AddTunnel(Config);
        Table.SetRoute(Tunnel0, Prefix("10.0.0.0/24"), []);
        Table.SetRoute(Tunnel0, Prefix("fd00::/64"), []);
        Table.SetRoute(Tunnel0, Prefix("10.2.0.0/16"), [Ip("10.0.0.2")]);
        Table.SetRoute(Tunnel0, Prefix("fd02::/32"), [Ip("fd00::2")]);
        Table.SetAdjacency(Tunnel0, Prefix("10.0.0.2/32"), Peer2);
        Table.SetAdjacency(Tunnel0, Prefix("fd00::2/128"), Peer2);
        Table.Publish();
    }

    public ForwardingTable Table { get; } = new();

    public ControlMailbox Mailbox { get; }

    public ControlMailbox IkeMailbox { get; } = new(65536);

    public ForwardingWorker Worker { get; }

    public Underlay Underlay { get; }

    public FakePort Port { get; }

    public FakePort ControlPort { get; }

    public FakeTun Tun { get; }

    public TunnelForwarding Config { get; }

    public Instant Now { get; set; } = Instant.FromSeconds(1000);

    public TunnelSnapshot Tunnel => Table.Current.TryGet(Tunnel0, out TunnelSnapshot? tunnel) ? tunnel : throw new InvalidOperationException();

    public TunnelCounters Counters => Tunnel.Counters;

    public FakeTun AddTunnel(TunnelForwarding config)
    {
        var tun = new FakeTun();
        _tuns.Add((config.Tunnel, tun));
        Table.SetTunnel(config, Underlay, [tun]);
        Table.Publish();
        return tun;
    }

    /// <summary>The kernel sends; returns what left by the port.</summary>
    public List<Datagram> Out(params byte[][] packets)
    {
        Port.Sent.Clear();
        foreach (byte[] packet in packets) Tun.Waiting.Enqueue(packet);
        Run();
        return Port.Sent;
    }

    /// <summary>A peer sends; returns what the kernel got.</summary>
    public List<byte[]> In(NbmaPeer peer, byte[] gre, byte trafficClass = 0)
    {
        Tun.Written.Clear();
        Port.Waiting.Enqueue(new Datagram(peer.Address, gre, trafficClass));
        Run();
        return Tun.Written;
    }

    public void Run()
    {
        while (Worker.Round(Now)) { }
    }

    public long Drops(DataplaneDrop why) => Counters.Drops[why] + Underlay.Drops[why];

    /// <summary>All that the mailbox has, taken out: kind, peer, address, bytes.</summary>
    public List<(ControlKind Kind, NbmaPeer Peer, IpAddress Address, byte[] Bytes)> Mail() => Mail(Mailbox);

    public static List<(ControlKind Kind, NbmaPeer Peer, IpAddress Address, byte[] Bytes)> Mail(ControlMailbox mailbox)
    {
        var mail = new List<(ControlKind, NbmaPeer, IpAddress, byte[])>();
        while (mailbox.TryPeek(out ControlMessage message))
        {
            mail.Add((message.Kind, message.Peer, message.Address, message.Bytes.ToArray()));
            mailbox.Release();
        }
        return mail;
    }

    public static GreView Parse(Datagram datagram)
    {
        Assert.True(GreView.TryParse(datagram.Bytes, out GreView gre, out _));
        return gre;
    }

    public void Dispose() => Worker.Dispose();
}
