using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp.Tests.Harness;

/// <summary>
/// Several routers on a virtual underlay with virtual time: packets take <see cref="Latency"/>, pass NATs, may be lost; the clock
/// jumps to the next event. Every NHRP packet that was sent is in <see cref="Trace"/> as "from > to Type" and in <see cref="Packets"/>.
/// </summary>
internal sealed class Net
{
    private readonly PriorityQueue<(Node From, NbmaPeer Source, NhrpEffect Effect, byte[] Bytes), (long, long)> _wire = new();
    private readonly Dictionary<IpAddress, Node> _byOutside = [];
    private long _sequence;

    public List<Node> Nodes { get; } = [];

    public Instant Now { get; private set; } = Instant.FromSeconds(1000);

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>True for a packet that shall be lost.</summary>
    public Func<Node, Node, NhrpPacketType, bool> Lose { get; set; } = static (_, _, _) => false;

    /// <summary>True: each node knows the others by an association with a proved identity, as with tunnel protection.</summary>
    public bool Protected { get; set; }

    public List<string> Trace { get; } = [];

    /// <summary>The packets of <see cref="Trace"/>.</summary>
    public List<NhrpPacket> Packets { get; } = [];

    public Node Add(string name, string nbma, string tunnelAddress, NhrpConfig config, string? behindNat = null)
    {
        var node = new Node(this, name, IpAddress.Parse(nbma), config, behindNat is null ? IpAddress.None : IpAddress.Parse(behindNat));
        Nodes.Add(node);
        Route(node);
        node.Up(tunnelAddress);
        return node;
    }

    /// <summary>Makes the node reachable at its present outside address, and only there.</summary>
    public void Route(Node node)
    {
        foreach ((IpAddress address, Node other) in new List<KeyValuePair<IpAddress, Node>>(_byOutside))
        {
            if (other == node) _byOutside.Remove(address);
        }
        _byOutside[node.Outside] = node;
    }

    /// <summary>Nothing reaches the node, and nothing leaves it, until <see cref="Route"/>.</summary>
    public void Unplug(Node node) => _byOutside.Remove(node.Outside);

    public void Send(Node from, in NhrpEffect effect, byte[] bytes)
    {
        Assert.True(NhrpPacket.TryParse(bytes, out NhrpPacket? packet, out Wire.Malformed why), why.ToString());
        Assert.Equal(bytes, packet.Write());
        string to = _byOutside.TryGetValue(effect.Peer.Address, out Node? node) ? node.Name : effect.Peer.Address.ToString();
        Trace.Add($"{from.Name} > {to} {packet.Header.Type}");
        Packets.Add(packet);
        if (!_byOutside.ContainsValue(from)) return;
        from.OpenNat(effect.Peer.Address);
        _wire.Enqueue((from, new NbmaPeer(from.Outside), effect, bytes), ((Now + Latency).Nanoseconds, _sequence++));
    }

    /// <summary>Delivers a packet that no node sent.</summary>
    public void Inject(Node to, IpAddress from, byte[] bytes) => to.Receive(new NbmaPeer(from), bytes);

    /// <summary>Who answers at an underlay address.</summary>
    public Node? At(IpAddress outside) => _byOutside.GetValueOrDefault(outside);

    /// <summary>Whom a packet for a peer reaches.</summary>
    public Node? Reached(NbmaPeer peer) => peer.Association != 0 && Protected ? Nodes[peer.Association - 1] : At(peer.Address);

    public void Run(double seconds)
    {
        Instant end = Now + TimeSpan.FromSeconds(seconds);
        while (true)
        {
            Instant next = _wire.TryPeek(out _, out (long At, long) due) ? new Instant(due.At) : Instant.Never;
            foreach (Node node in Nodes) next = Instant.Min(next, node.Engine.NextDeadline);
            if (next > end) break;
            if (next > Now) Now = next;
            foreach (Node node in Nodes) node.OnDeadline();
            while (_wire.TryPeek(out _, out (long At, long) at) && at.At <= Now.Nanoseconds) Deliver(_wire.Dequeue());
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

    private void Deliver((Node From, NbmaPeer Source, NhrpEffect Effect, byte[] Bytes) packet)
    {
        if (Reached(packet.Effect.Peer) is not { } to) return;
        NhrpView.TryParse(packet.Bytes, out NhrpView view, out _);
        if (Lose(packet.From, to, view.Type) || !to.LetsIn(packet.Source.Address)) return;
        to.ReceiveFrom(packet.From, packet.Bytes);
    }
}
