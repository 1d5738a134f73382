using Dmvpn.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Nhrp.Tests.Harness;

/// <summary>One router: the engine, a routing table, and what a shell would have made of the effects.</summary>
internal sealed class Node : IRouteLookup
{
    public static readonly TunnelId Tunnel = new(0);

    private readonly Net _net;
    private readonly Outbox<NhrpEffect> _outbox = new();
    private readonly HashSet<IpAddress> _natOpen = [];
    private PrefixTrie<RouteView> _routes = PrefixTrie<RouteView>.Empty;

    public Node(Net net, string name, IpAddress nbma, NhrpConfig config, IpAddress nat)
    {
        (_net, Name, Nbma, Config, Nat) = (net, name, nbma, config, nat);
        Engine = new NhrpInstance(this, new SeededRandom(Seed(name)), Logger);
    }

    public string Name { get; }

    /// <summary>Its association, the same at all others.</summary>
    public int Number => _net.Nodes.IndexOf(this) + 1;

    /// <summary>What its certificate says.</summary>
    public SiteRights Rights { get; set; } = SiteRights.None;

    /// <summary>Who has proved itself here.</summary>
    public HashSet<Node> Identified { get; } = [];

    /// <summary>What was received.</summary>
    public List<byte[]> Received { get; } = [];

    public IpAddress Nbma { get; private set; }

    public IpAddress Nat { get; private set; }

    public NhrpConfig Config { get; private set; }

    public NhrpInstance Engine { get; }

    public ILogger Logger { get; } = NullLogger.Instance;

    public bool IPv6 { get; private set; }

    public NhrpInterfaceKey Key => new(Tunnel, IPv6);

    public IpAddress Address { get; private set; }

    public IpAddress Outside => Nat.IsNone ? Nbma : Nat;

    public NhrpInterfaceFacts Facts { get; private set; } = null!;

    public Dictionary<IpAddress, NbmaPeer> Adjacencies { get; } = [];

    public Dictionary<IpPrefix, (IpAddress NextHop, bool Override)> Shortcuts { get; } = [];

    public HashSet<NbmaPeer> Multicast { get; } = [];

    /// <summary>NBMA addresses that the configuration names.</summary>
    public HashSet<IpAddress> Configured { get; } = [];

    public HashSet<NbmaPeer> Wanted { get; } = [];

    public HashSet<NbmaPeer> Transits { get; } = [];

    public HashSet<IpAddress> NhssUp { get; } = [];

    public HashSet<IpAddress> NhssLost { get; } = [];

    public List<string> Names { get; } = [];

    public IReadOnlyList<NhrpCacheEntryState> Cache => [.. Engine.Cache(IPv6)];

    public NhsState Nhs => Engine.Nhss(IPv6).First();

    public void Up(string tunnelAddress, int mtu = 1400)
    {
        string[] parts = tunnelAddress.Split('/');
        Address = IpAddress.Parse(parts[0]);
        IPv6 = Address.IsIPv6;
        Facts = new NhrpInterfaceFacts { Key = Key, Up = true, Addresses = [new(Address, int.Parse(parts[1]))], NbmaSource = Nbma, Mtu = mtu };
        _routes = _routes.Set(Facts.Addresses[0].Subnet, new RouteView(Facts.Addresses[0].Subnet, Tunnel, IpAddress.None, RouteKind.Connected));
        Call((engine, now, outbox) => Assert.True(engine.TryApply(Key, Config, now, outbox)));
        Call((engine, now, outbox) => engine.OnInterfaceChanged(Facts, now, outbox));
    }

    /// <summary>A network behind this router.</summary>
    public Node Lan(string prefix) => Route(prefix, null);

    /// <summary>A route into the tunnel, or (next hop null) to another interface.</summary>
    public Node Route(string prefix, string? nextHop)
    {
        IpPrefix p = IpPrefix.Parse(prefix);
        var route = nextHop is null
            ? new RouteView(p, null, IpAddress.None, RouteKind.Connected)
            : new RouteView(p, Tunnel, IpAddress.Parse(nextHop), RouteKind.Learnt);
        _routes = _routes.Set(p, route);
        Call((engine, now, outbox) => engine.OnRouteChanged(p, now, outbox));
        return this;
    }

    /// <summary>An address of another interface.</summary>
    public void Local(string address)
    {
        IpPrefix host = IpPrefix.Host(IpAddress.Parse(address));
        _routes = _routes.Set(host, new RouteView(host, null, IpAddress.None, RouteKind.Local));
    }

    public Node NoRoute(string prefix)
    {
        _routes = _routes.Remove(IpPrefix.Parse(prefix));
        Call((engine, now, outbox) => engine.OnRouteChanged(IpPrefix.Parse(prefix), now, outbox));
        return this;
    }

    public void Reconfigure(Func<NhrpConfig, NhrpConfig> change)
    {
        Config = change(Config);
        Call((engine, now, outbox) => Assert.True(engine.TryApply(Key, Config, now, outbox)));
    }

    public void ChangeFacts(Func<NhrpInterfaceFacts, NhrpInterfaceFacts> change)
    {
        Facts = change(Facts);
        Nbma = Facts.NbmaSource;
        if (Facts.Addresses.Count > 0) Address = Facts.Addresses[0].Address;
        _net.Route(this);
        Call((engine, now, outbox) => engine.OnInterfaceChanged(Facts, now, outbox));
    }

    public void MoveNat(string outside)
    {
        Nat = IpAddress.Parse(outside);
        _natOpen.Clear();
        _net.Route(this);
    }

    public void Unresolved(string nextHop) => Call((engine, now, outbox) => engine.OnNextHopUnresolved(Key, IpAddress.Parse(nextHop), now, outbox));

    public void Used(IpAddress nextHop) => Engine.OnUsed(Key, nextHop, _net.Now);

    /// <summary>A data packet from a spoke turns round here.</summary>
    public void TurnAround(Node from, string source, string destination) => TurnAround(from.Outside, source, destination);

    public void TurnAround(IpAddress from, string source, string destination)
    {
        byte[] head = new byte[IPv6 ? 60 : 40];
        head[0] = (byte)(IPv6 ? 0x60 : 0x45);
        IpAddress.Parse(source).Write(head.AsSpan(IPv6 ? 8 : 12));
        IpAddress.Parse(destination).Write(head.AsSpan(IPv6 ? 24 : 16));
        Call((engine, now, outbox) => engine.OnTrafficTurnedAround(Key, new NbmaPeer(from), head, now, outbox));
    }

    public void Receive(NbmaPeer from, byte[] bytes)
    {
        Engine.HandlePacket(new NhrpArrival(Key, from, Nbma), bytes, _net.Now, _outbox);
        CarryOut();
    }

    public void ReceiveFrom(Node from, byte[] bytes)
    {
        Received.Add(bytes);
        if (!_net.Protected)
        {
            Receive(new NbmaPeer(from.Outside), bytes);
            return;
        }
        Identify(from);
        Receive(new NbmaPeer(from.Outside, from.Number), bytes);
    }

    /// <summary>The other has proved who it is.</summary>
    public void Identify(Node other)
    {
        if (Identified.Add(other)) Call((engine, now, outbox) => engine.OnPeerIdentified(new NbmaPeer(other.Outside, other.Number), new NhrpIdentity(other.Name, other.Rights), now, outbox));
    }

    public void OnDeadline()
    {
        Engine.OnDeadline(_net.Now, _outbox);
        Assert.True(Engine.NextDeadline > _net.Now, "a deadline lies in the future after it was served");
        CarryOut();
    }

    public void Call(Action<NhrpInstance, Instant, Outbox<NhrpEffect>> action)
    {
        action(Engine, _net.Now, _outbox);
        CarryOut();
    }

    public bool TryLookup(IpAddress destination, bool withShortcuts, out RouteView route)
    {
        Assert.False(withShortcuts);
        if (!_routes.TryMatch(destination, out RouteView found))
        {
            route = default;
            return false;
        }
        route = found;
        return true;
    }

    public IpPrefix WithoutTunnelRoutes(IpPrefix prefix, IpAddress destination)
    {
        IpPrefix part = prefix;
        foreach (KeyValuePair<IpPrefix, RouteView> entry in _routes.EntriesWithin(prefix))
        {
            if (entry.Key != prefix && entry.Value.Tunnel is not null) part = part.Excluding(entry.Key, destination);
        }
        return part;
    }

    /// <summary>An address-and-endpoint-dependent NAT: only who was written to may answer.</summary>
    public bool LetsIn(IpAddress from) => Nat.IsNone || _natOpen.Contains(from);

    public void OpenNat(IpAddress to) => _natOpen.Add(to);

    /// <summary>Where a packet to an address goes now: "direct", "hub" or "nowhere", by the node that it reaches first.</summary>
    public string Path(string destination)
    {
        IpAddress address = IpAddress.Parse(destination);
        IpAddress nextHop = address;
        IpPrefix best = default;
        bool shortcut = false;
        foreach ((IpPrefix prefix, (IpAddress hop, bool _)) in Shortcuts)
        {
            if (prefix.Contains(address) && (!shortcut || prefix.Length > best.Length)) (best, nextHop, shortcut) = (prefix, hop, true);
        }
        if (TryLookup(address, false, out RouteView route) && (!shortcut || route.Prefix.Length > best.Length))
        {
            if (route.Tunnel is null) return "local";
            nextHop = route.NextHop.IsUnspecified ? address : route.NextHop;
        }
        else if (!shortcut)
        {
            return "nowhere";
        }
        if (Adjacencies.TryGetValue(nextHop, out NbmaPeer peer)) return peer.Address.ToString();
        return Engine.TryGetServer(Key, out _, out NbmaPeer server) ? server.Address.ToString() : "nowhere";
    }

    private static ulong Seed(string name)
    {
        ulong seed = 0;
        foreach (char c in name) seed = seed * 31 + c;
        return seed;
    }

    private void CarryOut()
    {
        NhrpEffect[] effects = _outbox.Effects.ToArray();
        byte[][] packets = [.. effects.Select(effect => effect.Kind == NhrpEffectKind.Transmit ? _outbox.Bytes(effect.Bytes).ToArray() : [])];
        _outbox.Clear();
        List<Node> called = [];
        for (int i = 0; i < effects.Length; i++)
        {
            NhrpEffect effect = effects[i];
            switch (effect.Kind)
            {
                case NhrpEffectKind.Transmit:
                    _net.Send(this, effect, packets[i]);
                    break;
                case NhrpEffectKind.MappingUp:
                    Adjacencies[effect.Address] = effect.Peer;
                    break;
                case NhrpEffectKind.MappingDown:
                    Assert.True(Adjacencies.Remove(effect.Address), "MappingDown without MappingUp");
                    break;
                case NhrpEffectKind.ShortcutUp:
                    Assert.True(Adjacencies.ContainsKey(effect.Address), "shortcut before its next hop's mapping");
                    Shortcuts[effect.Prefix] = (effect.Address, effect.NextHopOverride);
                    break;
                case NhrpEffectKind.ShortcutDown:
                    Assert.True(Shortcuts.Remove(effect.Prefix), "ShortcutDown without ShortcutUp");
                    break;
                case NhrpEffectKind.MulticastUp:
                    Assert.True(Multicast.Add(effect.Peer), "MulticastUp twice");
                    break;
                case NhrpEffectKind.MulticastDown:
                    Assert.True(Multicast.Remove(effect.Peer), "MulticastDown without MulticastUp");
                    break;
                case NhrpEffectKind.NhsUp:
                    Assert.True(NhssUp.Add(effect.Address), "NhsUp twice");
                    break;
                case NhrpEffectKind.NhsDown:
                    Assert.True(NhssUp.Remove(effect.Address), "NhsDown without NhsUp");
                    break;
                case NhrpEffectKind.TransitUp:
                    Assert.True(Transits.Add(effect.Peer), "TransitUp twice");
                    break;
                case NhrpEffectKind.TransitDown:
                    Assert.True(Transits.Remove(effect.Peer), "TransitDown without TransitUp");
                    break;
                case NhrpEffectKind.NhsLost:
                    Assert.True(NhssLost.Add(effect.Address), "NhsLost twice");
                    break;
                case NhrpEffectKind.NhsFound:
                    Assert.True(NhssLost.Remove(effect.Address), "NhsFound without NhsLost");
                    break;
                case NhrpEffectKind.ResolveName:
                    Names.Add(effect.Name!);
                    break;
                case NhrpEffectKind.PeerConfigured:
                    Assert.True(Configured.Add(effect.Peer.Address), "PeerConfigured twice");
                    break;
                case NhrpEffectKind.PeerUnconfigured:
                    Assert.True(Configured.Remove(effect.Peer.Address), "PeerUnconfigured without PeerConfigured");
                    break;
                case NhrpEffectKind.PeerWanted:
                    Assert.True(Wanted.Add(effect.Peer), "PeerWanted twice");
                    if (_net.Protected && _net.Reached(effect.Peer) is { } there && there != this) called.Add(there);
                    break;
                case NhrpEffectKind.PeerReleased:
                    Assert.True(Wanted.Remove(effect.Peer), "PeerReleased without PeerWanted");
                    break;
                default:
                    Assert.Fail($"unknown effect {effect.Kind}");
                    break;
            }
        }
        foreach (Node node in called) Identify(node);
    }
}
