using Dmvpn.Core;

namespace Dmvpn.Ike;

/// <summary>
/// Half-open SAs as responder by the network of their initiator: an IPv4 /24, or an IPv6 /64, within which one host may have any address. Knows at once which network has the most, so
/// that a full table costs the greediest one and not whoever comes next.
/// </summary>
internal sealed class HalfOpenTable
{
    /// <summary>So many of a network's oldest are looked at for one that can go: those whose proof is being verified cannot.</summary>
    private const int Looked = 64;

    private readonly Dictionary<IpPrefix, Network> _networks = [];
    private readonly List<LinkedList<Network>?> _byCount = [null];
    private int _most;

    /// <summary>All of them.</summary>
    public int Count { get; private set; }

    /// <summary>Those of the network that an address is in.</summary>
    public int CountAt(IpAddress source) => _networks.TryGetValue(Of(source), out Network? network) ? network.Count : 0;

    /// <summary>Octets of fragments that all of them keep, of messages that are not complete.</summary>
    public int Octets { get; private set; }

    /// <summary>Those of the network that an address is in.</summary>
    public int OctetsAt(IpAddress source) => _networks.TryGetValue(Of(source), out Network? network) ? network.Octets : 0;

    /// <summary>One that is in the table keeps so many octets more, or fewer.</summary>
    public void Keep(IpAddress source, int more)
    {
        if (more == 0) return;
        _networks[Of(source)].Octets += more;
        Octets += more;
    }

    /// <summary>Adds a new one, the newest of its network. The place is given back to <see cref="Remove"/>.</summary>
    public LinkedListNode<ResponderHandshake> Add(IpAddress source, ResponderHandshake handshake)
    {
        if (!_networks.TryGetValue(Of(source), out Network? network)) _networks.Add(Of(source), network = new Network());
        Move(network, 1);
        Count++;
        return network.Waiting.AddLast(handshake);
    }

    /// <summary>Takes one out.</summary>
    public void Remove(IpAddress source, LinkedListNode<ResponderHandshake> place)
    {
        Network network = _networks[Of(source)];
        network.Waiting.Remove(place);
        Move(network, -1);
        Count--;
        if (network.Count == 0) _networks.Remove(Of(source));
    }

    /// <summary>The oldest of an address's own network that can go; null for none.</summary>
    public ResponderHandshake? OldestAt(IpAddress source) => _networks.TryGetValue(Of(source), out Network? network) ? Oldest(network) : null;

    /// <summary>The oldest of the network that has the most; null when none can go.</summary>
    public ResponderHandshake? OldestOfGreediest()
    {
        foreach (Network network in _byCount[_most] ?? [])
        {
            if (Oldest(network) is { } oldest) return oldest;
        }
        return null;
    }

    /// <summary>The oldest of the network that keeps the most octets; null when none can go. Looks at all of them: for once in a while.</summary>
    public ResponderHandshake? OldestOfHeaviest()
    {
        Network? heaviest = null;
        foreach (Network network in _networks.Values)
        {
            if (heaviest is null || network.Octets > heaviest.Octets) heaviest = network;
        }
        return heaviest is null ? null : Oldest(heaviest);
    }

    /// <summary>The network that an address counts for.</summary>
    public static IpPrefix Of(IpAddress source) => new(source, source.IsIPv4 ? 24 : 64);

    private static ResponderHandshake? Oldest(Network network)
    {
        int looked = 0;
        for (LinkedListNode<ResponderHandshake>? place = network.Waiting.First; place is not null && looked < Looked; place = place.Next, looked++)
        {
            if (place.Value.CanGiveWay) return place.Value;
        }
        return null;
    }

    private void Move(Network network, int by)
    {
        if (network.Count > 0) _byCount[network.Count]!.Remove(network.Place);
        network.Count += by;
        while (_byCount.Count <= network.Count) _byCount.Add(null);
        if (network.Count > 0) (_byCount[network.Count] ??= new LinkedList<Network>()).AddLast(network.Place);
        if (network.Count > _most) _most = network.Count;
        while (_most > 0 && _byCount[_most] is null or { Count: 0 }) _most--;
    }

    private sealed class Network
    {
        public Network() => Place = new LinkedListNode<Network>(this);

        /// <summary>The oldest first.</summary>
        public LinkedList<ResponderHandshake> Waiting { get; } = new();

        public LinkedListNode<Network> Place { get; }

        public int Count { get; set; }

        public int Octets { get; set; }
    }
}
