using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>A datagram on the virtual underlay, as its sender and its receiver see the ends.</summary>
internal sealed record Packet(Node From, Node? To, IkePath SenderPath, IkePath ReceiverPath, byte[] Bytes)
{
    /// <summary>Not an IKE message: ESP of the SA that the receiver knows by this SPI.</summary>
    public uint Esp { get; init; }

    /// <summary>What ESP is protected with.</summary>
    public byte[] EspKey { get; init; } = [];

    public bool IsKeepalive { get; init; }

    public bool DontFragment { get; init; }

    /// <summary>Octets of the IP packet over IPv4.</summary>
    public int Size => 28 + Bytes.Length + (SenderPath.Local.Port == IkeSpec.NatPort ? IkeSpec.NonEspMarkerLength : 0);

    public IkeExchangeType Exchange => (IkeExchangeType)Bytes[18];

    public bool IsResponse => (Bytes[19] & (byte)IkeFlags.Response) != 0;

    public uint Id => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(20));

    public bool IsIke => Esp == 0 && !IsKeepalive;
}

/// <summary>
/// Routers on a virtual underlay with virtual time: packets take <see cref="Latency"/>, pass NATs, may be lost, doubled or late; the clock jumps to the next event. Every IKE message that was sent is in
/// <see cref="Trace"/> with its payloads, decrypted with the keys that the engines tell their key log.
/// </summary>
internal sealed class Net
{
    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly Dictionary<IpAddress, Node> _byAddress = [];
    private readonly Dictionary<IpAddress, NatBox> _nats = [];
    private readonly MessageText _text = new();
    private readonly HashSet<IpAddress> _aliases = [];
    private long _sequence;

    public List<Node> Nodes { get; } = [];

    public Instant Now { get; private set; } = Instant.FromSeconds(1000);

    public WallClock Clock { get; }

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long slow work takes; zero: done at once.</summary>
    public TimeSpan JobTime { get; set; }

    /// <summary>True for a packet that shall be lost.</summary>
    public Func<Packet, bool> Lose { get; set; } = static _ => false;

    /// <summary>How often a packet arrives.</summary>
    public Func<Packet, int> Copies { get; set; } = static _ => 1;

    /// <summary>What a packet takes in addition.</summary>
    public Func<Packet, TimeSpan> Delay { get; set; } = static _ => TimeSpan.Zero;

    /// <summary>What becomes of an IKE message on its way.</summary>
    public Func<Packet, byte[]> Rewrite { get; set; } = static packet => packet.Bytes;

    /// <summary>Time and SPI go into the trace too.</summary>
    public bool Verbose { get; set; }

    public List<string> Trace { get; } = [];

    /// <summary>The IKE messages of <see cref="Trace"/>.</summary>
    public List<Packet> Packets { get; } = [];

    public MessageText Text => _text;

    /// <summary>In every test: no IV twice.</summary>
    public IvWatch Ivs => _text.Ivs;

    public Net() => Clock = new WallClock(this);

    public Node Add(string name, string address, IkeConfig config, NatBox? nat = null, IkeSecrets? secrets = null)
    {
        var node = new Node(this, name, IpAddress.Parse(address), config, nat, secrets ?? Node.SecretsOf(name));
        Nodes.Add(node);
        Place(node);
        if (nat is not null) _nats[nat.Outside] = nat;
        node.Start();
        return node;
    }

    /// <summary>The node is reachable at its present address, and only there.</summary>
    public void Place(Node node)
    {
        foreach ((IpAddress address, Node other) in _byAddress.ToArray())
        {
            if (other == node) _byAddress.Remove(address);
        }
        if (node.Nat is null) _byAddress[node.Address] = node;
    }

    /// <summary>Nothing reaches the node, and nothing leaves it, until <see cref="Place"/>.</summary>
    public void Unplug(Node node)
    {
        _byAddress.Remove(node.Address);
        node.IsPlugged = false;
    }

    public void Plug(Node node)
    {
        node.IsPlugged = true;
        Place(node);
    }

    /// <summary>The node is reachable at a second address too.</summary>
    public void AddAlias(IpAddress address, Node node)
    {
        _byAddress[address] = node;
        _aliases.Add(address);
    }

    /// <summary>The node is gone for good.</summary>
    public void Forget(Node node)
    {
        Unplug(node);
        Nodes.Remove(node);
    }

    public void AddNat(NatBox nat) => _nats[nat.Outside] = nat;

    public void Send(Node from, in IkePath path, byte[] bytes, uint esp = 0, byte[]? espKey = null, bool keepalive = false, bool dontFragment = false)
    {
        IkeEndpoint source = from.Nat?.Translate(from, path.Local) ?? path.Local;
        IkeEndpoint destination = path.Remote;
        Node? to = null;
        if (_nats.TryGetValue(destination.Address, out NatBox? nat)) (to, destination) = nat.Find(destination.Port, source);
        else _byAddress.TryGetValue(destination.Address, out to);
        var packet = new Packet(from, to, path, new IkePath(path.Namespace, destination, source), bytes) { Esp = esp, EspKey = espKey ?? [], IsKeepalive = keepalive, DontFragment = dontFragment };
        if (packet.IsIke)
        {
            Trace.Add($"{(Verbose ? $"{Now} {bytes[6]:X2}{bytes[7]:X2} " : "")}{from.Name} > {to?.Name ?? path.Remote.Address.ToString()} {_text.Of(bytes)}");
            Packets.Add(packet);
            Ivs.OnSent(bytes);
        }
        if (!from.IsPlugged || to is null || Lose(packet)) return;
        if (packet.IsIke) packet = packet with { Bytes = Rewrite(packet) };
        for (int copies = Copies(packet); copies > 0; copies--) At(Now + Latency + Delay(packet), () => Deliver(packet));
    }

    /// <summary>Delivers a packet that no node sent.</summary>
    public void Inject(Node to, IkePath receiverPath, byte[] bytes) => to.Receive(receiverPath, bytes);

    public void At(Instant at, Action action) => _events.Enqueue(action, (at.Nanoseconds, _sequence++));

    public void Run(double seconds)
    {
        Instant end = Now + TimeSpan.FromSeconds(seconds);
        while (true)
        {
            Instant next = _events.TryPeek(out _, out (long At, long) due) ? new Instant(due.At) : Instant.Never;
            foreach (Node node in Nodes) next = Instant.Min(next, node.NextDeadline);
            if (next > end) break;
            if (next > Now) Now = next;
            foreach (Node node in Nodes.ToArray()) node.OnDeadline();
            while (_events.TryPeek(out _, out (long At, long) at) && at.At <= Now.Nanoseconds) _events.Dequeue()();
        }
        Now = end;
    }

    /// <summary>What was sent since the last call.</summary>
    public List<string> TakeTrace()
    {
        List<string> taken = [.. Trace];
        Trace.Clear();
        Packets.Clear();
        return taken;
    }

    private void Deliver(Packet packet)
    {
        // A NAT may have forgotten, and a node may have moved, while the packet was on its way.
        if (packet.To is not { IsPlugged: true } to) return;
        if (packet.To.Nat is null && packet.To.Address != packet.ReceiverPath.Local.Address && !_aliases.Contains(packet.ReceiverPath.Local.Address)) return;
        if (packet.IsKeepalive) to.Keepalives++;
        else if (packet.Esp != 0) to.ReceiveEsp(packet);
        else to.Receive(packet.ReceiverPath, packet.Bytes);
    }

    /// <summary>The time of day runs with the virtual clock.</summary>
    internal sealed class WallClock(Net net) : IWallClock
    {
        public TimeSpan Offset { get; set; }

        public DateTimeOffset Now => new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero) + net.Now.Since(Instant.Zero) + Offset;
    }
}

/// <summary>An address-and-port-translating NAT whose mappings let in only those who were written to.</summary>
internal sealed class NatBox(string outside)
{
    private readonly Dictionary<(Node, IkeEndpoint), ushort> _ports = [];
    private readonly HashSet<(ushort, IkeEndpoint)> _open = [];
    private ushort _next = 20000;

    public IpAddress Outside { get; } = IpAddress.Parse(outside);

    public IkeEndpoint Translate(Node node, IkeEndpoint inside)
    {
        if (!_ports.TryGetValue((node, inside), out ushort port)) _ports[(node, inside)] = port = _next++;
        return new IkeEndpoint(Outside, port);
    }

    public (Node? To, IkeEndpoint Inside) Find(ushort port, IkeEndpoint from)
    {
        foreach (((Node node, IkeEndpoint inside), ushort mapped) in _ports)
        {
            if (mapped == port) return (node, inside);
        }
        return (null, new IkeEndpoint(Outside, port));
    }

    /// <summary>A node's port has a fixed one outside: who is behind the box can be called.</summary>
    public void Forward(Node node, IkeEndpoint inside, ushort port) => _ports[(node, inside)] = port;

    /// <summary>The box is rebooted: all mappings are others from now on.</summary>
    public void Forget()
    {
        _ports.Clear();
        _open.Clear();
        _next += 1000;
    }
}
