using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Pki;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Ike.Tests.Harness;

/// <summary>A child SA as a data path would have it.</summary>
internal sealed class DataSa
{
    public DataSa(ChildSaInstall install)
    {
        Install = install;
        (InboundKey, OutboundKey) = (install.InboundKey.Span.ToArray(), install.OutboundKey.Span.ToArray());
        (Path, Udp) = (install.Path, install.UdpEncapsulation);
        install.InboundKey.Dispose();
        install.OutboundKey.Dispose();
    }

    public ChildSaInstall Install { get; }

    public byte[] InboundKey { get; }

    public byte[] OutboundKey { get; }

    public IkePath Path { get; set; }

    public bool Udp { get; set; }

    public bool IsRetired { get; set; }

    public Instant LastReceived { get; set; }

    public Instant LastSent { get; set; }
}

/// <summary>A peer as the shell knows it.</summary>
internal sealed class DataPeer(NbmaPeer nbma, PeerIdentity identity)
{
    public NbmaPeer Nbma { get; set; } = nbma;

    public PeerIdentity Identity { get; set; } = identity;

    public uint Sending { get; set; }
}

/// <summary>One router: the engine, and what a shell and a data path would have made of its effects, which are checked for their order.</summary>
internal sealed class Node : IChildActivity
{
    public static readonly ProtectionId Source = new(1);

    private readonly Net _net;
    private readonly Outbox<IkeEffect> _outbox = new();
    private readonly IkeSecrets _secrets;
    private int _calls;

    public Node(Net net, string name, IpAddress address, IkeConfig config, NatBox? nat, IkeSecrets secrets)
    {
        (_net, Name, Address, Config, Nat, _secrets) = (net, name, address, config, nat, secrets);
        Engine = Create();
    }

    public string Name { get; }

    public IpAddress Address { get; private set; }

    public NatBox? Nat { get; set; }

    public IkeConfig Config { get; private set; }

    public Dictionary<string, Trustpoint> Trustpoints { get; } = [];

    public IkeInstance Engine { get; private set; }

    public ListLogger Log { get; } = new();

    public bool IsPlugged { get; set; } = true;

    /// <summary>Child SAs by our SPI.</summary>
    public Dictionary<uint, DataSa> Sas { get; } = [];

    /// <summary>Peers that are up, by association.</summary>
    public Dictionary<int, DataPeer> Peers { get; } = [];

    /// <summary>By which association packets to a wanted address leave.</summary>
    public Dictionary<IpAddress, int> Bound { get; } = [];

    /// <summary>Effects that concern peers: "up A", "down A DeadPeer", "moved A", "failed 192.0.2.1".</summary>
    public List<string> Events { get; } = [];

    public int Keepalives { get; set; }

    /// <summary>ESP packets that were opened, and those that nobody could open.</summary>
    public int Received { get; private set; }

    public int Lost { get; private set; }

    public Instant NextDeadline => Engine.NextDeadline;

    public IpAddress Outside => Nat?.Outside ?? Address;

    /// <summary>The only peer.</summary>
    public DataPeer Peer => Assert.Single(Peers.Values);

    /// <summary>Child SAs that are not retired.</summary>
    public IReadOnlyList<DataSa> Live => [.. Sas.Values.Where(sa => !sa.IsRetired)];

    public IReadOnlyList<IkeSaState> IkeSas => [.. Engine.Sas()];

    public static IkeSecrets SecretsOf(string name)
    {
        var random = new SeededRandom(Seed(name) + 1);
        var qcd = new SecretBytes(32);
        var tickets = new SecretBytes(32);
        random.Fill(qcd.Span);
        random.Fill(tickets.Span);
        return new IkeSecrets(qcd, tickets);
    }

    public Instant LastReceived(uint inboundSpi) => Sas.TryGetValue(inboundSpi, out DataSa? sa) ? sa.LastReceived : Instant.Zero;

    public Instant LastSent(uint inboundSpi) => Sas.TryGetValue(inboundSpi, out DataSa? sa) ? sa.LastSent : Instant.Zero;

    public void Start()
    {
        Call((engine, now, outbox) => engine.TryApply(Config, Trustpoints, now, outbox));
        Tell();
    }

    /// <summary>The process dies and starts anew: only its secrets are as before.</summary>
    public void Crash()
    {
        Sas.Clear();
        Peers.Clear();
        Bound.Clear();
        Events.Add("crash");
        Engine = Create();
        Start();
    }

    public void Configure(IkeConfig config)
    {
        Config = config;
        Call((engine, now, outbox) => engine.TryApply(Config, Trustpoints, now, outbox));
    }

    public void MoveTo(string address)
    {
        Address = IpAddress.Parse(address);
        _net.Place(this);
        Tell();
    }

    /// <summary>It has another address, and IKE does not know: a peer that listens at several.</summary>
    public void MoveQuietly(string address)
    {
        Address = IpAddress.Parse(address);
        _net.Place(this);
    }

    public void LoseAddress() =>
        Call((engine, now, outbox) => engine.OnProtectionChanged(new ProtectionFacts { Id = Source, Local = IpAddress.None, Profile = "P" }, now, outbox));

    public void Want(Node peer) => Want(peer.Outside);

    public void Want(IpAddress address, int association = 0) => Call((engine, now, outbox) => engine.OnPeerWanted(Source, new NbmaPeer(address, association), now, outbox));

    /// <summary>The configuration names the address.</summary>
    public void Expect(IpAddress address) => Call((engine, _, _) => engine.OnAddressConfigured(Source, address, configured: true));

    /// <summary>The identity of whom packets to a wanted address go to; empty when they go to nobody.</summary>
    public string BoundAt(IpAddress address) => Bound.TryGetValue(address, out int association) ? Peers[association].Identity.Id.ToString() : "";

    public void Release(IpAddress address, int association = 0) => Call((engine, now, outbox) => engine.OnPeerReleased(Source, new NbmaPeer(address, association), now, outbox));

    public void Receive(in IkePath path, byte[] bytes)
    {
        IkePath copy = path;
        Call((engine, now, outbox) => engine.HandlePacket(new IkeArrival(copy), bytes, now, outbox));
    }

    public void OnDeadline()
    {
        if (Engine.NextDeadline > _net.Now) return;
        Call((engine, now, outbox) =>
        {
            engine.OnDeadline(now, outbox);
            Assert.True(engine.NextDeadline > now, "a deadline lies in the future after it was served");
        });
    }

    /// <summary>Sends a packet to the peer, by the SA that packets leave by. False when there is none: it waits, or is dropped.</summary>
    public bool SendTo(DataPeer peer)
    {
        if (peer.Sending == 0) return false;
        DataSa sa = Sas[peer.Sending];
        sa.LastSent = _net.Now;
        IkePath path = sa.Udp ? sa.Path : sa.Path with { Local = sa.Path.Local with { Port = 0 }, Remote = sa.Path.Remote with { Port = 0 } };
        _net.Send(this, path, [], sa.Install.OutboundSpi, sa.OutboundKey);
        return true;
    }

    public void SendToIfUp()
    {
        foreach (DataPeer peer in Peers.Values.ToArray()) SendTo(peer);
    }

    public void ReceiveEsp(Packet packet)
    {
        if (!Sas.TryGetValue(packet.Esp, out DataSa? sa))
        {
            Lost++;
            Call((engine, now, outbox) => engine.OnUnknownSpi(packet.ReceiverPath, packet.Esp, now, outbox));
            return;
        }
        Assert.Equal(sa.InboundKey, packet.EspKey);
        Received++;
        sa.LastReceived = _net.Now;
        if (sa.Udp && packet.ReceiverPath.Remote != sa.Path.Remote)
            Call((engine, now, outbox) => engine.OnEndpointChanged(packet.Esp, packet.ReceiverPath.Remote, now, outbox));
    }

    public void Call(Action<IkeInstance, Instant, Outbox<IkeEffect>> action)
    {
        _calls++;
        Assert.Equal(1, _calls);
        action(Engine, _net.Now, _outbox);
        _calls--;
        CarryOut();
    }

    private static ulong Seed(string name)
    {
        ulong seed = 0;
        foreach (char c in name) seed = seed * 31 + c;
        return seed;
    }

    private IkeInstance Create()
    {
        // Another process has other random numbers.
        var engine = new IkeInstance(_secrets, this, _net.Clock, new SeededRandom(Seed(Name) + (ulong)Events.Count * 977), Log);
        engine.SetKeyLog(_net.Text);
        return engine;
    }

    private void Tell() =>
        Call((engine, now, outbox) => engine.OnProtectionChanged(new ProtectionFacts { Id = Source, Local = Address, Profile = "P" }, now, outbox));

    private void CarryOut()
    {
        IkeEffect[] effects = _outbox.Effects.ToArray();
        byte[][] bytes = [.. effects.Select(effect => effect.Kind == IkeEffectKind.Transmit ? _outbox.Bytes(effect.Bytes).ToArray() : [])];
        _outbox.Clear();
        IkeInstance engine = Engine;
        for (int i = 0; i < effects.Length; i++)
        {
            IkeEffect effect = effects[i];
            switch (effect.Kind)
            {
                case IkeEffectKind.Transmit:
                    _net.Send(this, effect.Path, bytes[i], dontFragment: effect.DontFragment);
                    break;
                case IkeEffectKind.Keepalive:
                    _net.Send(this, effect.Path, [0xFF], keepalive: true);
                    break;
                case IkeEffectKind.RunJob:
                    RunJob(effect.Job!, engine);
                    break;
                default:
                    CarryOut(effect);
                    break;
            }
        }
    }

    private void RunJob(IkeJob job, IkeInstance engine)
    {
        job.Run();
        _net.At(_net.Now + _net.JobTime, () =>
        {
            if (Engine == engine) Call((present, now, outbox) => present.OnJobDone(job, now, outbox));
        });
    }

    private void CarryOut(in IkeEffect effect)
    {
        switch (effect.Kind)
        {
            case IkeEffectKind.PeerUp:
                Events.Add($"up {effect.Identity!.Id}");
                if (Peers.TryGetValue(effect.Peer.Association, out DataPeer? known)) (known.Nbma, known.Identity) = (effect.Peer, effect.Identity);
                else Peers.Add(effect.Peer.Association, new DataPeer(effect.Peer, effect.Identity));
                break;
            case IkeEffectKind.ChildInstalled:
                Assert.True(Peers.TryGetValue(effect.Child!.Peer.Association, out DataPeer? of), "child SA before PeerUp");
                Assert.True(Sas.TryAdd(effect.Child.InboundSpi, new DataSa(effect.Child)), "SPI twice");
                if (effect.Child.SendNow) of!.Sending = effect.Child.InboundSpi;
                break;
            case IkeEffectKind.ChildActivated:
                Assert.False(Sas[effect.Spi].IsRetired, "a retired SA is activated");
                Peers[effect.Peer.Association].Sending = effect.Spi;
                break;
            case IkeEffectKind.ChildRetired:
                Assert.False(Sas[effect.Spi].IsRetired, "retired twice");
                Sas[effect.Spi].IsRetired = true;
                if (Peers[effect.Peer.Association].Sending == effect.Spi) Peers[effect.Peer.Association].Sending = 0;
                break;
            case IkeEffectKind.ChildRemoved:
                Assert.True(Sas.Remove(effect.Spi), "removed twice");
                if (Peers.TryGetValue(effect.Peer.Association, out DataPeer? left) && left.Sending == effect.Spi) left.Sending = 0;
                break;
            case IkeEffectKind.PeerDown:
                Assert.True(Peers.Remove(effect.Peer.Association, out DataPeer? gone), "PeerDown without PeerUp");
                Assert.DoesNotContain(Sas.Values, sa => sa.Install.Peer.Association == gone!.Nbma.Association && !sa.IsRetired);
                Events.Add($"down {gone!.Identity.Id} {effect.Reason}");
                break;
            case IkeEffectKind.PathMeasured:
                Events.Add($"path {effect.PathMtu} {effect.Blocked}");
                break;
            case IkeEffectKind.PeerMoved:
                Events.Add($"moved {effect.Path.Remote}");
                Peers[effect.Peer.Association].Nbma = effect.Peer;
                foreach (DataSa sa in Sas.Values)
                {
                    if (sa.Install.Peer.Association == effect.Peer.Association) (sa.Path, sa.Udp) = (effect.Path, effect.UdpEncapsulation);
                }
                break;
            case IkeEffectKind.TargetBound:
                Assert.True(effect.Peer.Association == 0 || Peers.ContainsKey(effect.Peer.Association), "an address is bound to nobody");
                if (effect.Peer.Association == 0) Bound.Remove(effect.Peer.Address);
                else Bound[effect.Peer.Address] = effect.Peer.Association;
                break;
            case IkeEffectKind.PeerFailed:
                Events.Add($"failed {effect.Peer.Address}");
                break;
            default:
                Assert.Fail($"unknown effect {effect.Kind}");
                break;
        }
    }
}

/// <summary>Keeps what is logged for operators.</summary>
internal sealed class ListLogger : ILogger
{
    public List<string> Lines { get; } = [];

    public List<string?> Names { get; } = [];

    public LogLevel Level { get; set; } = LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= Level;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        Lines.Add(formatter(state, exception));
        Names.Add(eventId.Name);
    }
}
