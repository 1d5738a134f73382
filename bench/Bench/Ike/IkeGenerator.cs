using System.Diagnostics;
using System.Security.Cryptography;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Bench.Ike;

/// <summary>All spokes at once, one thread: so many set-ups under way as it is told, each unanswered message again after half a second.</summary>
internal sealed class IkeGenerator : IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(15);

    private readonly SpokePorts _ports;
    private readonly Dictionary<ulong, SpokeSetup> _bySpi = [];
    private readonly Dictionary<IpAddress, SpokeSetup> _byAddress = [];
    private readonly Dictionary<SpokeSetup, TimeSpan> _sent = [];
    private readonly List<SpokeSetup> _done = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <param name="networkNamespace">Where the spokes are.</param>
    /// <param name="population">Who they are.</param>
    /// <param name="way">How they set SAs up.</param>
    /// <param name="withChild">With ESP and a registration; else without child SA (RFC 6023), for a hub that has no ESP.</param>
    public IkeGenerator(string networkNamespace, SpokePopulation population, IkeCase way, bool withChild)
    {
        (Population, Case, WithChild) = (population, way, withChild);
        _ports = new SpokePorts(networkNamespace);
        KeyPair = KeyExchange.Generate(way.Group);
        Offer = way.Offer;
    }

    public SpokePopulation Population { get; }

    public IkeCase Case { get; }

    public bool WithChild { get; }

    public IkeSuite Suite => Case.Suite;

    public KeyExchange KeyPair { get; }

    public IkeProposal[] Offer { get; }

    /// <summary>Where payloads are written.</summary>
    public byte[] Room { get; } = new byte[16_384];

    public int Cookies { get; set; }

    public int RefusedTickets { get; set; }

    public int Retransmitted { get; private set; }

    /// <summary>What the spokes can resume by, as of their last set-up.</summary>
    public Dictionary<int, HeldSession> Tickets { get; } = [];

    /// <summary>Sets up the spokes from <paramref name="first"/> on until <paramref name="count"/> are or the time is over. Returns how many, and in what time.</summary>
    /// <param name="first">The first spoke.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="window">How many at once.</param>
    /// <param name="most">When no more are begun.</param>
    /// <param name="resume">By the tickets that they have.</param>
    public (int Count, TimeSpan Took) Run(int first, int count, int window, TimeSpan most, bool resume = false)
    {
        while (_ports.Receive(static (_, _, _) => { }) > 0)
        {
        }
        _done.Clear();
        TimeSpan started = _watch.Elapsed, heard = started, looked = started;
        int begun = 0;
        while (_done.Count < begun || begun < count && _watch.Elapsed - started < most)
        {
            TimeSpan now = _watch.Elapsed;
            while (begun < count && _sent.Count < window && now - started < most) Begin(first + begun++, resume, now);
            _ports.Flush();
            if (_ports.Receive(Take) > 0)
            {
                heard = now;
                continue;
            }
            _ports.Wait(TimeSpan.FromMilliseconds(10));
            if (now - heard > GiveUp) throw new TimeoutException($"the hub answered {_done.Count} of {begun} spokes and then no more for {GiveUp.TotalSeconds} s");
            if (now - looked < TimeSpan.FromMilliseconds(50)) continue;
            looked = now;
            SendAgain(now - Silence);
        }
        TimeSpan took = _watch.Elapsed - started;
        foreach (SpokeSetup setup in _done)
        {
            if (setup.Ticket is { } ticket) Tickets[setup.Spoke] = ticket;
        }
        return (_done.Count, took);
    }

    /// <summary>
    /// The same in turns: so many messages to the hub, then nothing but waiting until it has answered them all, then this end's own work. The hub has the machine for itself while it is measured, and as much to do as in a
    /// storm. Returns how many were set up, and in what time of the hub's turns alone.
    /// </summary>
    public (int Count, TimeSpan Took) RunInTurns(int first, int count, int turn, TimeSpan most)
    {
        _done.Clear();
        TimeSpan started = _watch.Elapsed, took = TimeSpan.Zero, answered = started;
        int begun = 0;
        List<(IpAddress Spoke, bool Nat, byte[] Datagram)> answers = [];
        while (_done.Count < begun || begun < count && _watch.Elapsed - started < most)
        {
            if (_sent.Count == 0)
            {
                for (int i = 0; i < turn && begun < count; i++) Begin(first + begun++, resume: false, _watch.Elapsed);
            }
            int waiting = _sent.Count;
            TimeSpan flushed = _watch.Elapsed, heard = flushed;
            _ports.Flush();
            while (answers.Count < waiting)
            {
                TimeSpan now = _watch.Elapsed;
                if (_ports.Receive((spoke, nat, datagram) => answers.Add((spoke, nat, datagram.ToArray()))) > 0)
                {
                    heard = _watch.Elapsed;
                    continue;
                }
                // Not at each answer: that would take from the hub what is measured.
                Thread.Sleep(1);
                if (now - heard > Silence) break;
            }
            took += heard - flushed;
            foreach ((IpAddress spoke, bool nat, byte[] datagram) in answers) Take(spoke, nat, datagram);
            if (answers.Count > 0) answered = heard;
            else if (_watch.Elapsed - answered > GiveUp) throw new TimeoutException($"the hub answered {_done.Count} of {begun} spokes and then no more for {GiveUp.TotalSeconds} s");
            if (answers.Count < waiting) SendAgain(flushed);
            answers.Clear();
        }
        return (_done.Count, took);
    }

    public void Dispose()
    {
        _ports.Dispose();
        KeyPair.Dispose();
    }

    private void Begin(int spoke, bool resume, TimeSpan now)
    {
        ulong spi = (ulong)(spoke + 1) << 32 | (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
        var setup = new SpokeSetup(this, spoke, spi);
        setup.Begin(resume ? Tickets[spoke] : null);
        _bySpi[spi] = setup;
        _byAddress[setup.Address] = setup;
        Send(setup, now);
    }

    private void Send(SpokeSetup setup, TimeSpan now)
    {
        _sent[setup] = now;
        _ports.Send(setup.Address, setup.PendingOnNat, setup.Stage == SetupStage.Auth, setup.Pending);
    }

    /// <summary>Sends again what was sent before a time and is not answered.</summary>
    private void SendAgain(TimeSpan before)
    {
        foreach (SpokeSetup late in new List<SpokeSetup>(_sent.Keys))
        {
            if (_sent[late] >= before) continue;
            Retransmitted++;
            Send(late, _watch.Elapsed);
        }
    }

    private void Take(IpAddress spoke, bool nat, ReadOnlySpan<byte> datagram)
    {
        bool isIke = !nat || datagram.Length > 4 && datagram[..4].IndexOfAnyExcept((byte)0) < 0;
        SpokeSetup? setup;
        if (isIke)
        {
            ReadOnlySpan<byte> message = nat ? datagram[4..] : datagram;
            if (message.Length < IkeSpec.HeaderLength || !_bySpi.TryGetValue(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(message), out setup) || !setup.Handle(message)) return;
        }
        else if (!_byAddress.TryGetValue(spoke, out setup) || !setup.HandleEsp(datagram))
        {
            return;
        }
        if (setup.Stage != SetupStage.Done)
        {
            Send(setup, _watch.Elapsed);
            return;
        }
        _sent.Remove(setup);
        _byAddress.Remove(setup.Address);
        _done.Add(setup);
        _bySpi.Remove(setup.Spi);
    }
}
