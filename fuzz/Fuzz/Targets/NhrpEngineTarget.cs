using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Nhrp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Fuzz.Targets;

/// <summary>
/// A spoke's NHRP engine with proved identities, and what happens to it: each step is a kind, a length, and so many octets of a packet. Nothing throws, each Up has its
/// Down, and nothing for another's tunnel address leaves by the association of the member that sends the packets.
/// </summary>
internal sealed class NhrpEngineTarget : IFuzzTarget
{
    private const int Hub = 1, Member = 3, MostSteps = 64;

    private static readonly NhrpInterfaceKey Key = new(new TunnelId(0), false);
    private static readonly IpAddress Own = IpAddress.Parse("10.0.0.2"), HubAddress = IpAddress.Parse("10.0.0.1"), MemberAddress = IpAddress.Parse("10.0.0.3");
    private static readonly NbmaPeer HubPeer = new(IpAddress.Parse("198.51.100.1"), Hub), MemberPeer = new(IpAddress.Parse("203.0.113.66"), Member);

    public static string Name => "nhrp-engine";

    /// <summary>The packets of <see cref="NhrpTarget"/>, from the member and from the hub, with time and traffic between them.</summary>
    public static IEnumerable<byte[]> Seeds =>
    [
        .. NhrpTarget.Seeds.Select(static packet => (byte[])[0x10, 0, 0x01, (byte)packet.Length, .. packet, 0x02, 4, 0, 0, 5, 0, 0x00, (byte)packet.Length, .. packet, 0x05, 0]),
        [0x04, 4, 10, 0, 0, 3, 0x02, 4, 0, 0, 100, 0, 0x05, 0, 0x06, 0],
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        var outbox = new Outbox<NhrpEffect>();
        var engine = new NhrpInstance(new NoRoutes(), new SeededRandom(1), NullLogger.Instance);
        var adjacencies = new Dictionary<IpAddress, NbmaPeer>();
        Instant now = Instant.FromSeconds(1000);
        engine.TryApply(Key, new NhrpConfig { NetworkId = 1, Redirect = true, Nhss = [new NhsConfig { Protocol = HubAddress, Nbma = HubPeer.Address }] }, now, outbox);
        engine.OnInterfaceChanged(new NhrpInterfaceFacts { Key = Key, Up = true, Addresses = [new(Own, 24)], NbmaSource = IpAddress.Parse("203.0.113.2") }, now, outbox);
        Identify(engine, now, outbox);
        for (int steps = 0; input.Length >= 2 && steps < MostSteps; steps++)
        {
            int length = Math.Min(input[1], input.Length - 2);
            Step(engine, input[0], input.Slice(2, length), ref now, outbox);
            input = input[(2 + length)..];
            CarryOut(outbox, adjacencies);
        }
        engine.Stop(now, outbox);
        CarryOut(outbox, adjacencies);
        Check.That(adjacencies.Count == 0, "a mapping is left");
        Check.That(engine.CacheCount(ipv6: false) == 0, "an entry is left");
    }

    private static void Step(NhrpInstance engine, byte kind, ReadOnlySpan<byte> bytes, ref Instant now, Outbox<NhrpEffect> outbox)
    {
        IpAddress address = IpAddress.FromIPv4(bytes.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0x0A000004);
        switch (kind & 7)
        {
            case 0 or 1:
                byte[] packet = bytes.ToArray();
                NhrpTarget.Repair(packet);
                engine.HandlePacket(new NhrpArrival(Key, (kind & 1) == 0 ? MemberPeer : HubPeer, default), packet, now, outbox);
                break;
            case 2:
                now += TimeSpan.FromMilliseconds(address.ToUInt32() & 0xFFFFF);
                engine.OnDeadline(now, outbox);
                break;
            case 3:
                engine.OnTrafficTurnedAround(Key, MemberPeer, bytes, now, outbox);
                break;
            case 4:
                engine.OnNextHopUnresolved(Key, address, now, outbox);
                break;
            case 5:
                engine.OnPeerLost((kind & 8) == 0 ? MemberPeer : HubPeer, now, outbox);
                break;
            case 6:
                Identify(engine, now, outbox);
                break;
            default:
                engine.Clear(ipv6: false, Key, now, outbox);
                break;
        }
    }

    private static void Identify(NhrpInstance engine, Instant now, Outbox<NhrpEffect> outbox)
    {
        engine.OnPeerIdentified(HubPeer, new NhrpIdentity("hub", new SiteRights([IpPrefix.Host(HubAddress)], SiteRole.Hub, null)), now, outbox);
        engine.OnPeerIdentified(MemberPeer, new NhrpIdentity("m", new SiteRights([IpPrefix.Host(MemberAddress)], SiteRole.Spoke, null)), now, outbox);
    }

    private static void CarryOut(Outbox<NhrpEffect> outbox, Dictionary<IpAddress, NbmaPeer> adjacencies)
    {
        foreach (NhrpEffect effect in outbox.Effects)
        {
            if (effect.Kind == NhrpEffectKind.MappingDown) Check.That(adjacencies.Remove(effect.Address), "MappingDown without MappingUp");
            if (effect.Kind != NhrpEffectKind.MappingUp) continue;
            adjacencies[effect.Address] = effect.Peer;
            Check.That(effect.Address != HubAddress || effect.Peer.Association != Member, "the member has the hub's address");
        }
        outbox.Clear();
    }

    /// <summary>All by the hub, but for a LAN.</summary>
    private sealed class NoRoutes : IRouteLookup
    {
        private static readonly RouteView Lan = new(IpPrefix.Parse("10.1.2.0/24"), null, IpAddress.None, RouteKind.Connected);
        private static readonly RouteView Rest = new(IpPrefix.Parse("0.0.0.0/0"), Key.Tunnel, HubAddress, RouteKind.Learnt);

        public bool TryLookup(IpAddress destination, bool withShortcuts, out RouteView route)
        {
            route = Lan.Prefix.Contains(destination) ? Lan : Rest;
            return destination.IsIPv4;
        }

        public IpPrefix WithoutTunnelRoutes(IpPrefix prefix, IpAddress destination) => prefix;
    }
}
