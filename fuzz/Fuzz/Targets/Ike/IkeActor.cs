using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Pki;

namespace Dmvpn.Fuzz.Targets.Ike;

/// <summary>A child SA as a data path would have it.</summary>
internal sealed record FuzzChild(ChildSaInstall Install, byte[] InboundKey, byte[] OutboundKey)
{
    public IkePath Path { get; set; } = Install.Path;

    /// <summary>Late packets are still received, also when its peer is down; none is sent.</summary>
    public bool IsRetired { get; set; }
}

/// <summary>One router with an engine, and what becomes of its effects, whose order is checked.</summary>
internal sealed class IkeActor : IChildActivity
{
    public static readonly ProtectionId Source = new(1);

    private readonly IkeWorld _world;
    private readonly Outbox<IkeEffect> _outbox = new();
    private readonly byte _seed;
    private bool _isBusy;

    public IkeActor(IkeWorld world, byte seed, IpAddress address, IkeConfig config, IIkeKeyLog? keys)
    {
        (_world, _seed, Address, Config, Keys) = (world, seed, address, config, keys);
        Engine = Start();
    }

    public IpAddress Address { get; private set; }

    public IkeConfig Config { get; }

    public IIkeKeyLog? Keys { get; }

    public IkeInstance Engine { get; private set; }

    public Dictionary<uint, FuzzChild> Children { get; } = [];

    public Dictionary<int, (NbmaPeer Peer, PeerIdentity Identity)> Peers { get; } = [];

    /// <summary>Our SPIs of the child SAs that packets leave by, by association.</summary>
    public Dictionary<int, uint> Sending { get; } = [];

    public Queue<IkeJob> Jobs { get; } = new();

    public Instant LastReceived(uint inboundSpi) => Instant.Zero;

    public Instant LastSent(uint inboundSpi) => Instant.Zero;

    public void Apply(IkeConfig config) => Call((engine, now, outbox) => engine.TryApply(config, new Dictionary<string, Trustpoint>(), now, outbox));

    public void Want(IpAddress address) => Call((engine, now, outbox) => engine.OnPeerWanted(Source, new NbmaPeer(address), now, outbox));

    public void Release(IpAddress address) => Call((engine, now, outbox) => engine.OnPeerReleased(Source, new NbmaPeer(address), now, outbox));

    public void MoveTo(IpAddress address)
    {
        Address = address;
        Tell();
    }

    /// <summary>The process dies and starts anew.</summary>
    public void Crash()
    {
        Children.Clear();
        Peers.Clear();
        Sending.Clear();
        Jobs.Clear();
        Engine = Start();
    }

    public void Receive(IkePath path, byte[] bytes) => Call((engine, now, outbox) => engine.HandlePacket(new IkeArrival(path), bytes, now, outbox));

    public void RunJob()
    {
        if (!Jobs.TryDequeue(out IkeJob? job)) return;
        job.Run();
        Call((engine, now, outbox) => engine.OnJobDone(job, now, outbox));
    }

    public void OnDeadline()
    {
        Call(static (engine, now, outbox) => engine.OnDeadline(now, outbox));
        Check.That(Engine.NextDeadline > _world.Now, "a deadline that was served is still due");
    }

    public void Call(Action<IkeInstance, Instant, Outbox<IkeEffect>> action)
    {
        Check.That(!_isBusy, "a call within a call");
        _isBusy = true;
        action(Engine, _world.Now, _outbox);
        _isBusy = false;
        CarryOut();
    }

    private IkeInstance Start()
    {
        var random = new SeededRandom(_seed);
        SecretBytes crash = new(32), tickets = new(32);
        random.Fill(crash.Span);
        random.Fill(tickets.Span);
        Engine = new IkeInstance(new IkeSecrets(crash, tickets), this, _world.Clock, new SeededRandom(_seed + (ulong)_world.Now.Nanoseconds), _world.Log);
        Engine.SetKeyLog(Keys);
        Apply(Config);
        Tell();
        return Engine;
    }

    private void Tell() => Call((engine, now, outbox) => engine.OnProtectionChanged(new ProtectionFacts { Id = Source, Local = Address, Profile = "P" }, now, outbox));

    private void CarryOut()
    {
        foreach (IkeEffect effect in _outbox.Effects)
        {
            switch (effect.Kind)
            {
                case IkeEffectKind.Transmit:
                    _world.Send(effect.Path, _outbox.Bytes(effect.Bytes).ToArray());
                    break;
                case IkeEffectKind.RunJob:
                    Jobs.Enqueue(effect.Job!);
                    break;
                case IkeEffectKind.Keepalive or IkeEffectKind.PeerFailed:
                    break;
                default:
                    CarryOut(effect);
                    break;
            }
        }
        _outbox.Clear();
    }

    private void CarryOut(in IkeEffect effect)
    {
        int association = effect.Peer.Association;
        switch (effect.Kind)
        {
            case IkeEffectKind.PeerUp:
                Check.That(!Peers.TryGetValue(association, out var known) || known.Identity.Id.Normalized().Equals(effect.Identity!.Id.Normalized()), "an association is another peer's now");
                Check.That(known.Identity is null || known.Identity.KeyEntry == effect.Identity!.KeyEntry, "an association has another credential now");
                Peers[association] = (effect.Peer, effect.Identity!);
                break;
            case IkeEffectKind.PeerDown:
                Check.That(Peers.Remove(association), "a peer that is not up is down");
                Sending.Remove(association);
                break;
            case IkeEffectKind.ChildInstalled:
                ChildSaInstall child = effect.Child!;
                Check.That(Peers.ContainsKey(child.Peer.Association), "a child SA of a peer that is not up");
                Check.That(Children.TryAdd(child.InboundSpi, new FuzzChild(child, child.InboundKey.Span.ToArray(), child.OutboundKey.Span.ToArray())), "an SPI twice");
                child.InboundKey.Dispose();
                child.OutboundKey.Dispose();
                if (child.SendNow) Sending[child.Peer.Association] = child.InboundSpi;
                break;
            case IkeEffectKind.ChildActivated:
                Check.That(Children.ContainsKey(effect.Spi) && Peers.ContainsKey(association), "what is not there is sent by");
                Sending[association] = effect.Spi;
                break;
            case IkeEffectKind.ChildRetired or IkeEffectKind.ChildRemoved:
                Check.That(Children.TryGetValue(effect.Spi, out FuzzChild? leaving), "a child SA that is not there goes");
                if (effect.Kind == IkeEffectKind.ChildRetired) leaving!.IsRetired = true;
                else Children.Remove(effect.Spi);
                foreach ((int of, uint spi) in Sending.ToArray())
                {
                    if (spi == effect.Spi) Sending.Remove(of);
                }
                break;
            case IkeEffectKind.PeerMoved:
                Peers[association] = (effect.Peer, Peers[association].Identity);
                foreach (FuzzChild moved in Children.Values)
                {
                    if (moved.Install.Peer.Association == association) moved.Path = effect.Path;
                }
                break;
            default:
                // What a later engine wants besides concerns no SA.
                break;
        }
    }
}
