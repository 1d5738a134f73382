using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Pki;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Ike;

/// <summary>What all parts of the engine share: configuration, randomness, timers, counters, the tables of SAs, peers and sources.</summary>
internal sealed class IkeCore
{
    public IkeCore(IkeSecrets secrets, IChildActivity activity, IWallClock clock, IRandom random, ILogger logger)
    {
        (Secrets, Activity, Clock, Random, Logger) = (secrets, activity, clock, random, logger);
        PeerLines = Lines(IkeLimits.LinesPerSource);
        MalformedLines = Lines(IkeLimits.PeerLinesPerInterval);
        StrangerLines = Lines(IkeLimits.LinesPerSource);
        Expectations = new IkeExpectations();
        Peers = new IkePeers(this);
        Protections = new IkeProtections(this);
        Admission = new IkeAdmission(this);
        Receiver = new IkeReceiver(this);
        Responder = new IkeResponder(this);
        Initiator = new IkeInitiator(this);
        Children = new ChildExchanges(this);
        Rekeying = new IkeRekeying(this);
        Informational = new IkeInformational(this);
        Mobility = new IkeMobility(this);
        Crashes = new IkeCrashes(this);
        Resumption = new IkeResumption(this);
        PathMtus = new IkePathMtus(this);
    }

    public IkeSecrets Secrets { get; }

    public IChildActivity Activity { get; }

    public IWallClock Clock { get; }

    public IRandom Random { get; }

    public ILogger Logger { get; }

    /// <summary>To be asked before a line about a single peer is logged.</summary>
    public LogBudget<IkeEffect> PeerLines { get; }

    /// <summary>The same for those who have not proved who they are: anybody can have these lines written, and must not keep lines about peers out.</summary>
    public LogBudget<IkeEffect> StrangerLines { get; }

    /// <summary>
    /// Failures are put into words. False while a stranger's message is served that no line is left for: words about a keyring of thousands take longer than all else.
    /// </summary>
    public bool IsExplaining { get; set; } = true;

    /// <summary>The same for what cannot be decoded: anybody can send that, and it must not keep other lines out.</summary>
    public LogBudget<IkeEffect> MalformedLines { get; }

    public IIkeKeyLog? KeyLog { get; set; }

    public TimerHeap<Timed<IkeEffect>> Timers { get; } = new();

    public DropCounters<IkeDrop> Drops { get; } = new();

    public DropCounters<Wire.Malformed> Malformed { get; } = new();

    public IkeStatistics Statistics { get; } = new();

    public IkeConfig Config { get; set; } = new();

    public IReadOnlyDictionary<string, Trustpoint> Trustpoints { get; set; } = new Dictionary<string, Trustpoint>();

    /// <summary>Is an address inside of a tunnel of the source (<see cref="IkeInstance.IsInsideTunnel"/>)?</summary>
    public Func<ProtectionId, IpAddress, bool> IsInsideTunnel { get; set; } = static (_, _) => false;

    /// <summary>All IKE SAs by our SPI.</summary>
    public Dictionary<ulong, IkeSa> Sas { get; } = [];

    /// <summary>All child SAs by our SPI.</summary>
    public Dictionary<uint, ChildSa> ChildSas { get; } = [];

    public IkeExpectations Expectations { get; }

    public IkePeers Peers { get; }

    public IkeProtections Protections { get; }

    public IkeAdmission Admission { get; }

    public IkeReceiver Receiver { get; }

    public IkeResponder Responder { get; }

    public IkeInitiator Initiator { get; }

    public ChildExchanges Children { get; }

    public IkeRekeying Rekeying { get; }

    public IkeInformational Informational { get; }

    public IkeMobility Mobility { get; }

    public IkeCrashes Crashes { get; }

    public IkeResumption Resumption { get; }

    public IkePathMtus PathMtus { get; }

    /// <summary>Where payloads are written before they are sealed. One message at a time.</summary>
    public byte[] Plain { get; } = new byte[IkeLimits.MaximumMessage];

    /// <summary>The same for responses: a request may be sent while one is being written.</summary>
    public byte[] Answer { get; } = new byte[IkeLimits.MaximumMessage];

    /// <summary>Where a message that came is opened. One message at a time.</summary>
    public byte[] Opened { get; } = new byte[65_536];

    /// <summary>A fresh SPI of an IKE SA.</summary>
    public ulong NewSpi()
    {
        Span<byte> bytes = stackalloc byte[8];
        while (true)
        {
            Random.Fill(bytes);
            ulong spi = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            if (spi != 0 && !Sas.ContainsKey(spi)) return spi;
        }
    }

    /// <summary>Into how many classes SPIs of child SAs fall (<see cref="IkeInstance.SpiClasses"/>).</summary>
    public int SpiClasses { get; set; } = 1;

    /// <summary>A fresh SPI of a child SA. It is not reserved: <see cref="ChildSa"/> checks again.</summary>
    /// <param name="spiClass">What it leaves when it is divided by <see cref="SpiClasses"/>.</param>
    public uint NewChildSpi(int spiClass)
    {
        var classes = (uint)SpiClasses;
        while (true)
        {
            uint spi = Random.NextUInt32();
            spi = unchecked(spi - spi % classes + (uint)spiClass);
            // The last numbers may have wrapped round.
            if (spi >= EspSpec.LeastSpi && spi % classes == spiClass && !ChildSas.ContainsKey(spi)) return spi;
        }
    }

    /// <summary>The class of SPIs that packets from one address and port bear: a hash, so that many peers spread over all.</summary>
    public int SpiClassOf(in IkeEndpoint remote)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        ulong hash = unchecked((remote.Address.Low ^ ulong.RotateLeft(remote.Address.High, 31)) * Multiplier);
        hash = unchecked(((hash ^ hash >> 29) + remote.Port) * Multiplier);
        return (int)((hash >> 33) % (ulong)SpiClasses);
    }

    public byte[] NewNonce()
    {
        byte[] nonce = new byte[IkeLimits.NonceLength];
        Random.Fill(nonce);
        return nonce;
    }

    /// <summary>Has slow work done.</summary>
    public void Run(IkeWork work, Outbox<IkeEffect> outbox)
    {
        Statistics.Jobs++;
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.RunJob, Job = work });
    }

    /// <summary>Slow work is done. When nobody waits for it any more, what it made is zeroed.</summary>
    public void OnDone(IkeWork work, Instant now, Outbox<IkeEffect> outbox)
    {
        Statistics.Jobs--;
        if (work.Error is { } error)
        {
            Drops.Count(IkeDrop.WorkFailed);
            if (PeerLines.TryTake(now, IpAddress.None)) Logger.WorkFailed(work.GetType().Name, error);
        }
        if (work is InitAnswerWork answer) Admission.OnInitJobDone(answer.Source);
        if (work.Owner.IsWaitingFor(work))
        {
            work.Owner.OnDone(work, now, outbox);
            return;
        }
        Drops.Count(IkeDrop.LateResult);
        work.Discard();
    }

    /// <summary>A negotiation failed: counted, remembered, and said.</summary>
    public void Failed(in IkePath path, IkeExchangeType exchange, IkeDrop drop, string text, Instant now)
    {
        Drops.Count(drop);
        Statistics.Remember(new IkeFailure(now, path.Local, path.Remote, exchange, drop, text));
        if (PeerLines.TryTake(now, path.Remote.Address)) Logger.NegotiationFailed(path.Remote, exchange, text);
    }

    /// <summary>
    /// The same for one who has not proved who he is. The text is made only when there is room for its line; what is shown afterwards (diagnose error) is what the log has.
    /// </summary>
    public void StrangerFailed<T>(in IkePath path, IkeExchangeType exchange, IkeDrop drop, T about, Func<T, string> text, Instant now)
    {
        Drops.Count(drop);
        if (!StrangerLines.TryTake(now, path.Remote.Address)) return;
        string words = text(about);
        Statistics.Remember(new IkeFailure(now, path.Local, path.Remote, exchange, drop, words));
        Logger.NegotiationFailed(path.Remote, exchange, words);
    }

    public static void Transmit(in IkePath path, ReadOnlySpan<byte> message, Outbox<IkeEffect> outbox) =>
        outbox.Add(new IkeEffect { Kind = IkeEffectKind.Transmit, Path = path, Bytes = outbox.Append(message) });

    /// <summary>Sends a message that may be several fragments.</summary>
    public static void Transmit(in IkePath path, byte[][] datagrams, Outbox<IkeEffect> outbox, bool dontFragment = false)
    {
        foreach (byte[] datagram in datagrams)
            outbox.Add(new IkeEffect { Kind = IkeEffectKind.Transmit, Path = path, Bytes = outbox.Append(datagram), DontFragment = dontFragment });
    }

    private LogBudget<IkeEffect> Lines(int perSource) => new(
        Timers, leftOut => Logger.PeerLinesLeftOut(leftOut), IkeLimits.PeerLinesPerInterval, IkeLimits.PeerLineInterval,
        new SourceBudget(Random, perSource, perSource / 5.0));
}
