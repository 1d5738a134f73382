using System.Globalization;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Dataplane;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Runtime.Tests.Soak;

/// <summary>One end of a tunnel: a real TUN device and real sockets in a namespace, with the data path of the product between them, on a thread of its own.</summary>
internal sealed class SoakEnd : IDisposable
{
    private const int Association = 1, Protection = 1;
    private const ushort NatPort = 4500;
    private const int KeptPairs = 3;

    private static readonly EspSuite Suite = new(EncryptionId.AesGcm16, 128, IntegrityId.None, Esn: false);

    private readonly ForwardingTable _table = new();
    private readonly ControlMailbox _mailbox = new();
    private readonly ForwardingWorker _worker;
    private readonly Poller _poller = new();
    private readonly TunDevice _tun;
    private readonly SocketPort _gre;
    private readonly SocketPort _nat;
    private readonly TroubledPort _trouble;
    private readonly TunnelCounters _counters;
    private readonly Thread _thread;
    private readonly Queue<(uint Spi, OutboundSa Outbound)> _outbound = new();
    private readonly Queue<uint> _inbound = new();
    private volatile bool _stopping;

    public SoakEnd(NetworkNamespace space, int number, TunOffloads offloads, bool isProtected)
    {
        (Space, Number) = (space, number);
        Local = IpAddress.Parse($"192.0.2.{number}");
        Remote = IpAddress.Parse($"192.0.2.{3 - number}");
        _tun = space.Run(() => TunDevice.Open("Tunnel0", offloads: offloads));
        foreach (string command in (string[])[$"address add 10.0.0.{number}/24 dev Tunnel0", $"address add fd00::{number}/64 dev Tunnel0 nodad", "link set Tunnel0 mtu 1400 up"]) TestNetwork.Ip(space, command);
        _gre = space.Run(() => RawPort.Open(47, Local));
        _nat = space.Run(() => UdpPort.Open(NatPort, Local));
        var silent = new SilentPort(Local);
        _trouble = new TroubledPort(isProtected ? _nat : _gre, number);
        var underlay = new Underlay(Local, [isProtected ? silent : _trouble], silent);
        if (isProtected) underlay.Security = new SecurityPorts([silent], silent, [_trouble], silent, silent, silent);
        var config = new TunnelForwarding { Tunnel = new TunnelId(0), Key = 7, Protection = isProtected ? Protection : null };
        _counters = _table.SetTunnel(config, underlay, [_tun]);
        var peer = new NbmaPeer(Remote, isProtected ? Association : 0);
        foreach (string prefix in (string[])["10.0.0.0/24", "fd00::/64"]) _table.SetRoute(config.Tunnel, IpPrefix.Parse(prefix), []);
        foreach (string nextHop in (string[])[$"10.0.0.{3 - number}/32", $"fd00::{3 - number}/128"]) _table.SetAdjacency(config.Tunnel, IpPrefix.Parse(nextHop), peer);
        _table.Publish();
        _worker = new ForwardingWorker(0, _table, _mailbox, new ControlMailbox(DataplaneLimits.IkeMailboxSize));
        foreach (int descriptor in (int[])[_tun.Descriptor, _gre.Descriptor, _nat.Descriptor]) _poller.Add(descriptor, (ulong)descriptor);
        _thread = new Thread(Work) { Name = $"soak{number}", IsBackground = true };
    }

    public NetworkNamespace Space { get; }

    public int Number { get; }

    public IpAddress Local { get; }

    public IpAddress Remote { get; }

    public TunOffloads Offloads => _tun.Offloads;

    public TunnelCounters Counters => _counters;

    public long Troubled => _trouble.Troubled;

    /// <summary>What ended the worker, if anything did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Packets that the kernel got from the device, super-packets counted as one.</summary>
    public long DeviceWrites
    {
        get
        {
            string line = TestNetwork.Run(Space, "cat", "/proc/net/dev").Output.Split('\n').Single(l => l.TrimStart().StartsWith("Tunnel0:", StringComparison.Ordinal));
            return long.Parse(line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    public IpAddress Address(bool ipv4) => IpAddress.Parse(ipv4 ? $"10.0.0.{Number}" : $"fd00::{Number}");

    public void Start() => _thread.Start();

    /// <summary>A new SA from <paramref name="from"/> to <paramref name="to"/>, as a rekey makes it: received with first, sent with then, and the oldest ones forgotten.</summary>
    public static void Rekey(SoakEnd from, SoakEnd to, uint spi)
    {
        byte[] key = new byte[EspCipher.KeyMaterialLength(Suite)];
        new Random((int)spi).NextBytes(key);
        to._table.Security.Add(new InboundSa(spi, Suite, key, new EspPath(to.Local, from.Local, NatPort, true), 1024) { Association = Association, Protection = Protection });
        to._inbound.Enqueue(spi);
        var outbound = new OutboundSa(spi, Suite, new SecretBytes(key), new EspPath(from.Local, to.Local, NatPort, true), 1) { InboundSpi = spi };
        from._table.Security.SetOutbound(Protection, new NbmaPeer(from.Remote, Association), outbound);
        from._outbound.Enqueue((spi, outbound));
        if (to._inbound.Count > KeptPairs) to._table.Security.Remove(to._inbound.Dequeue(), to._table.Current.Version);
        if (from._outbound.Count > KeptPairs) from._table.Security.Retire(from._outbound.Dequeue().Outbound, from._table.Current.Version);
        from.Settle();
        to.Settle();
    }

    public void Dispose()
    {
        _stopping = true;
        _poller.Wake();
        if (_thread.IsAlive) _thread.Join();
        _worker.Dispose();
        _tun.Dispose();
        _gre.Dispose();
        _nat.Dispose();
        _poller.Dispose();
    }

    private void Settle()
    {
        _table.Touch();
        _table.Publish();
        _poller.Wake();
        _table.Security.FreeRetired(_worker.SeenVersion);
        while (_mailbox.TryPeek(out _)) _mailbox.Release();
    }

    private void Work()
    {
        try
        {
            while (!_stopping)
            {
                if (!_worker.Round(MonotonicClock.Now)) _poller.Wait(MonotonicClock.Now + TimeSpan.FromMilliseconds(20));
            }
        }
        catch (Exception failure)
        {
            Failure = failure;
        }
    }
}
