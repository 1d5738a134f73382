using Dmvpn.Core;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>Two workers on one table: each with a queue of the device and ports of its own, and SAs that are one's or the other's.</summary>
public sealed class WorkersTests : IDisposable
{
    private const int Workers = 2;
    private static readonly IpAddress Local = Ip("192.0.2.1");
    private static readonly NbmaPeer Peer = new(Ip("192.0.2.2"), 5);

    private readonly ForwardingTable _table = new();
    private readonly FakeTun[] _tuns = [new(), new()];
    private readonly FakePort[] _esp = [new(Local), new(Local)], _nat = [new(Local), new(Local)], _gre = [new(Local), new(Local)];
    private readonly FakePort _ike = new(Local), _control = new(Local);
    private readonly ControlMailbox[] _ikeMail = [new(65536), new(65536)];
    private readonly Underlay _underlay;
    private readonly ForwardingWorker[] _workers;
    private readonly List<FarEnd> _ends = [];

    public WorkersTests()
    {
        _underlay = new Underlay(Local, [.. _gre], _control) { Security = new SecurityPorts([.. _esp], _ike, [.. _nat], _control, _control, _control) };
        _workers = [Worker(0), Worker(1)];
        _table.SetTunnel(new TunnelForwarding { Tunnel = new TunnelId(0), Protection = 1, Addresses = [Ip("10.0.0.1")] }, _underlay, [.. _tuns]);
        _table.SetRoute(new TunnelId(0), Prefix("10.0.0.0/24"), []);
        _table.SetAdjacency(new TunnelId(0), Prefix("10.0.0.2/32"), Peer);
        _table.Publish();
    }

    [Theory]
    [InlineData(0x1000u, 0, true)]
    [InlineData(0x1001u, 1, true)]
    [InlineData(0x1000u, 0, false)]
    [InlineData(0x1001u, 1, false)]
    public void EspIn_AtItsWorker_GoesToThatWorkersQueue(uint spi, int owner, bool udp)
    {
        FarEnd end = Agree(spi, udp);
        byte[] packet = Packet("10.0.0.2", "10.0.0.1");

        (udp ? _nat : _esp)[owner].Waiting.Enqueue(new Datagram(Peer.Address, end.Seal(Gre(packet)), Port: (ushort)(udp ? 4500 : 0)));
        Run();

        Assert.Equal([packet], _tuns[owner].Written);
        Assert.Empty(_tuns[1 - owner].Written);
        Assert.Equal(1, end.Ours.Packets);
        Assert.Equal(0, _underlay.Drops.Total);
    }

    [Theory]
    [InlineData(0x1000u, true)]
    [InlineData(0x1001u, true)]
    [InlineData(0x1000u, false)]
    [InlineData(0x1001u, false)]
    public void EspIn_AtAnotherWorker_IsCountedAndTheSaNotTouched(uint spi, bool udp)
    {
        FarEnd end = Agree(spi, udp);
        int owner = SecurityPorts.WorkerOf(spi, Workers);
        byte[] packet = Packet("10.0.0.2", "10.0.0.1"), sealedPacket = end.Seal(Gre(packet));
        FakePort[] ports = udp ? _nat : _esp;

        ports[1 - owner].Waiting.Enqueue(new Datagram(Peer.Address, [.. sealedPacket], Port: (ushort)(udp ? 4500 : 0)));
        Run();
        Assert.Equal((1, 1), (_underlay.Drops.Total, _underlay.Drops[DataplaneDrop.InOtherWorker]));
        Assert.Equal((0, 0, 0), (end.Ours.Packets, end.Ours.Replays, end.Ours.Forgeries));
        Assert.All(_tuns, tun => Assert.Empty(tun.Written));

        // Its number is still free: where it belongs it is taken.
        ports[owner].Waiting.Enqueue(new Datagram(Peer.Address, sealedPacket, Port: (ushort)(udp ? 4500 : 0)));
        Run();
        Assert.Equal([packet], _tuns[owner].Written);
        Assert.Equal(1, _underlay.Drops.Total);
    }

    [Fact]
    public void PacketsOut_OfBothQueues_LeaveByTheWorkersOwnPortsAndShareOneRowOfNumbers()
    {
        FarEnd end = Agree(0x1001, udp: true);
        for (int i = 0; i < 10; i++)
        {
            foreach (FakeTun tun in _tuns) tun.Waiting.Enqueue(Packet("10.0.0.1", "10.0.0.2"));
            Run();
        }

        Assert.All(_nat, port => Assert.Equal(10, port.Sent.Count));
        Assert.Equal(20ul, end.FromUs.Sequence);
        Assert.All(_nat.SelectMany(port => port.Sent), sent => Assert.NotNull(end.Open(sent.Bytes)));
        Assert.Empty(_control.Sent);
    }

    [Fact]
    public void Ike_IsTheFirstWorkers_OnBothPorts()
    {
        _ike.Waiting.Enqueue(new Datagram(Peer.Address, [1, 2, 3, 4], Port: 500));
        _workers[1].Round(Instant.Zero);
        Assert.True(_ikeMail[1].IsEmpty);
        Assert.Single(_ike.Waiting);

        _nat[0].Waiting.Enqueue(new Datagram(Peer.Address, [0, 0, 0, 0, 9], Port: 4500));
        _nat[0].Waiting.Enqueue(new Datagram(Peer.Address, [0xFF], Port: 4500));
        Run();

        Assert.Equal(2, Rig.Mail(_ikeMail[0]).Count);
        Assert.True(_ikeMail[1].IsEmpty);
        Assert.Equal(0, _underlay.Drops.Total);
    }

    [Fact]
    public void UnknownSpi_OfTheWorkersOwn_IsReportedByIt()
    {
        _esp[1].Waiting.Enqueue(new Datagram(Peer.Address, [0, 0, 0x10, 1, 0, 0, 0, 1, .. new byte[40]]));
        Run();
        Assert.Equal(ControlKind.UnknownSpi, Assert.Single(Rig.Mail(_ikeMail[1])).Kind);
        Assert.Equal(1, _underlay.Drops[DataplaneDrop.InUnknownSpi]);
    }

    public void Dispose()
    {
        foreach (ForwardingWorker worker in _workers) worker.Dispose();
        foreach (FarEnd end in _ends) end.Dispose();
    }

    private ForwardingWorker Worker(int index) => new(index, _table, new ControlMailbox(65536), _ikeMail[index]);

    private FarEnd Agree(uint spi, bool udp)
    {
        var end = new FarEnd(spi, SecureRig.Gcm, Local, Peer, udp ? (ushort)4500 : (ushort)0, tunnelMode: false, protection: 1, softBytes: 0, hardBytes: 0);
        _ends.Add(end);
        Assert.True(_table.Security.Add(end.Ours));
        _table.Security.SetOutbound(1, Peer, end.FromUs);
        return end;
    }

    private void Run()
    {
        foreach (ForwardingWorker worker in _workers)
        {
            while (worker.Round(Instant.Zero))
            {
            }
        }
    }
}
