using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Odr;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Fuzz.Targets;

/// <summary>
/// The ODR engine of a hub, or of a stub, over a whole conversation: the input is a script of steps, whose hellos may be any
/// bytes. After each step: deadlines lie in the future, what is taken back was learnt, prefixes of two claimants do not
/// overlap, no route holds an underlay address or leads into this router's own networks.
/// <code>
/// | role 1 |   then steps of   | kind 1 | peer 1 | seconds 1 | length 2 | octets |
/// </code>
/// </summary>
internal sealed class OdrEngineTarget : IFuzzTarget
{
    private const int StepHead = 5, MostSteps = 200;

    private static readonly TunnelId Tunnel = new(0);
    private static readonly IpPrefix Own = IpPrefix.Parse("10.200.0.0/16");

    public static string Name => "odr-engine";

    public static IEnumerable<byte[]> Seeds =>
    [
        Script(0, (0, 2, 5, Hello(180, "10.1.0.0/16")), (0, 3, 30, Hello(255, "10.1.2.0/24", "10.3.0.0/16")), (2, 2, 200, []), (4, 3, 10, [10, 3, 0, 1])),
        Script(1, (0, 1, 5, new CdpPacket { TimeToLive = 180, Tlvs = [CdpTlv.OdrGateway(Peer(1))] }.ToBytes()), (5, 1, 90, []), (1, 1, 90, [])),
        Script(2, (0, 2, 60, Hello(0, "10.9.0.0/16")), (3, 2, 250, [7]), (6, 2, 1, []), (0, 2, 60, Hello(60, "0.0.0.0/1", "10.200.1.0/24"))),
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        var run = new Conversation(input[0]);
        ReadOnlySpan<byte> rest = input[1..];
        for (int step = 0; step < MostSteps && rest.Length >= StepHead; step++)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(rest[3..]), rest.Length - StepHead);
            run.Step(rest[0], rest[1], rest[2], rest.Slice(StepHead, length));
            rest = rest[(StepHead + length)..];
        }
        run.End();
    }

    /// <summary>Makes the checksums of the hellos right.</summary>
    public static void Repair(Span<byte> input)
    {
        for (Span<byte> rest = input.IsEmpty ? input : input[1..]; rest.Length >= StepHead;)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(rest[3..]), rest.Length - StepHead);
            if (rest[0] % 8 == 0) CdpTarget.Repair(rest.Slice(StepHead, length));
            rest = rest[(StepHead + length)..];
        }
    }

    private static IpAddress Peer(int number) => IpAddress.FromIPv4(0xAC14_0000 | (uint)number);

    private static byte[] Hello(byte holdTime, params string[] prefixes) => new CdpPacket
    {
        TimeToLive = holdTime,
        Tlvs = [CdpTlv.Text(CdpTlvType.DeviceId, "S"), CdpTlv.OdrPrefixes([.. prefixes.Select(text => IpPrefix.Parse(text))])],
    }.ToBytes();

    private static byte[] Script(byte role, params (byte Kind, byte Peer, byte Seconds, byte[] Octets)[] steps) =>
        [role, .. steps.SelectMany(step => (byte[])[step.Kind, step.Peer, step.Seconds, (byte)(step.Octets.Length >> 8), (byte)step.Octets.Length, .. step.Octets])];

    private sealed class Conversation : IUnderlayAddresses
    {
        private readonly HashSet<IpAddress> _underlay = [IpAddress.Parse("198.51.100.1")];
        private readonly Dictionary<(IpPrefix Prefix, IpAddress NextHop), byte> _routes = [];
        private readonly Outbox<OdrEffect> _outbox = new();
        private readonly OdrInstance _engine;
        private Instant _now = Instant.FromSeconds(1);

        public Conversation(byte role)
        {
            _engine = new OdrInstance(new SeededRandom(role), null, this);
            _engine.OnTunnel(Tunnel, true, _now, _outbox);
            _engine.Apply(Config(role), _now, _outbox);
            _engine.OnOwnNetworks([Own], _now, _outbox);
        }

        public bool TryFindWithin(IpPrefix prefix, out IpAddress address)
        {
            address = _underlay.FirstOrDefault(prefix.Contains);
            return !address.IsNone;
        }

        public void Step(byte kind, byte peer, byte seconds, ReadOnlySpan<byte> octets)
        {
            int number = 2 + peer % 6;
            var nbma = new NbmaPeer(IpAddress.FromIPv4(0xCB00_7100 | (uint)number));
            switch (kind % 8)
            {
                case 0:
                    _engine.HandleCdp(new OdrArrival(Tunnel, nbma, Peer(number)) { IsServer = number == 2, Identity = peer > 128 ? $"s{number}" : null }, octets, _now, _outbox);
                    break;
                case 1:
                    _engine.OnOtherDefault((peer & 1) != 0, _now, _outbox);
                    break;
                case 2:
                    _engine.OnPeerLost(Tunnel, Peer(number), nbma, _outbox);
                    break;
                case 3:
                    _engine.Apply(Config(octets.IsEmpty ? peer : octets[0]), _now, _outbox);
                    break;
                case 4 when octets.Length >= 4 && _underlay.Count < 16:
                    var address = IpAddress.FromBytes(octets[..4]);
                    _underlay.Add(address);
                    _engine.OnUnderlayAddress(address, _now, _outbox);
                    break;
                case 5:
                    _engine.OnTunnel(Tunnel, (peer & 1) == 0, _now, _outbox);
                    break;
                case 6:
                    _engine.Clear(_outbox);
                    break;
                default:
                    break;
            }
            Take();
            Instant until = _now + TimeSpan.FromSeconds(seconds);
            for (int rounds = 0; _engine.NextDeadline <= until; rounds++)
            {
                Check.That(rounds < 2000, "the engine asks to be served again and again");
                if (_engine.NextDeadline > _now) _now = _engine.NextDeadline;
                _engine.OnDeadline(_now, _outbox);
                Check.That(_engine.NextDeadline > _now, "a deadline is not in the future after it was served");
                Take();
            }
            _now = until;
        }

        public void End()
        {
            _engine.Withdraw(_outbox);
            Take();
            Check.That(_routes.Count == 0, "routes are left behind");
            Check.That(_engine.NeighborCount == 0, "neighbours are left behind");
        }

        private static OdrConfig Config(byte role) => new()
        {
            Router = role % 3 == 1 ? null : new RouterOdrConfig
            {
                MaximumPrefixes = role % 5 == 0 ? 3 : OdrSpec.MaximumPrefixes,
                Timers = new OdrTimersConfig { Invalid = TimeSpan.FromSeconds(10 + role), HoldDown = TimeSpan.FromSeconds(role % 7 * 20), Flush = TimeSpan.FromSeconds(5 + role % 100 * 3) },
            },
            Tunnels = [new CdpTunnelConfig { Tunnel = Tunnel, Enabled = role % 11 != 10, IsMultipoint = role % 13 != 12, Addresses = [Peer(1)] }],
        };

        private void Take()
        {
            foreach (OdrEffect effect in _outbox.Effects)
            {
                (IpPrefix, IpAddress) route = (effect.Prefix, effect.NextHop);
                if (effect.Kind == OdrEffectKind.LearnRoute) _routes[route] = effect.Distance;
                else if (effect.Kind == OdrEffectKind.ForgetRoute) Check.That(_routes.Remove(route), $"{effect.Prefix} is taken back and was not learnt");
            }
            _outbox.Clear();
            foreach ((IpPrefix prefix, IpAddress nextHop) in _routes.Keys) Judge(prefix, nextHop);
        }

        private void Judge(IpPrefix prefix, IpAddress nextHop)
        {
            // What a next hop server offers to a stub is a default route.
            if (prefix == OdrSpec.DefaultRoute || OdrSpec.PrivateNetworks.AsSpan().Contains(prefix) && nextHop == Peer(2)) return;
            Check.That(!Own.Contains(prefix), $"{prefix} is this router's own");
            Check.That(!_underlay.Any(prefix.Contains), $"{prefix} holds an underlay address");
            Check.That(!_routes.Keys.Any(other => other.NextHop != nextHop && other.Prefix.Length > 0 && (other.Prefix.Contains(prefix) || prefix.Contains(other.Prefix))),
                $"{prefix} is of two neighbours");
        }
    }
}
