using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Fuzz.Targets.Ike;

/// <summary>
/// The engine under attack by somebody outside and by a member with a key of its own, who changes, repeats and holds back what it sees and says what it likes. Whatever comes in whatever order: no
/// exception, bounded tables, deadlines in the future, keys only with who proved the identity, SAs where their owner is; and when it is over the honest spoke has its hub.
/// </summary>
internal sealed class IkeStateTarget : IFuzzTarget
{
    private const int MostSteps = 48;

    private static readonly IkeEndpoint[] Elsewhere =
    [
        new(IpAddress.Parse("198.51.100.7"), 500), new(IpAddress.Parse("198.51.100.7"), 4500), new(IpAddress.Parse("203.0.113.200"), 61_000),
        new(IkeWorld.SpokeAddress, 4500), new(IkeWorld.SpokeAddress, 500), new(IkeWorld.HubAddress, 4500), new(IkeWorld.MemberAddress, 4500), new(IkeWorld.MemberAddress, 500),
    ];

    public static string Name => "ikestate";

    /// <summary>Calls, time, and the lies one after the other.</summary>
    public static IEnumerable<byte[]> Seeds =>
    [
        [0, 1, 2],
        [0, 1, 2, 9, 0, 37, 41, 0, 0, 0, 8, 1, 0, 0, 0, 2],
        [1, 2, 9, 0, 37, 42, 0, 4, 3, 4, 0, 0, 2, 9, 1, 37, 41, 4, 8, 0, 0, 0x40, 0x0C, 2],
        [0, 3, 3, 4, 0, 5, 6, 10, 0, 7, 11, 2, 12, 2, 13, 2],
        [0, 1, 2, 14, 3, 2, 15, 2, 16, 2, 6, 0, 1, 6, 1, 2, 2],
        [17, 1, 2, 0, 2, 9, 0, 37, 41, 8, 0, 0, 0x40, 0, 2],
    ];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        var script = new Script(input);
        var world = new IkeWorld();
        HashSet<IpAddress> homes = [IkeWorld.SpokeAddress];
        for (int step = 0; step < MostSteps && !script.IsOver; step++)
        {
            Step(ref script, world, homes);
            Judge(world, homes);
        }
        // The attack is over. Whatever it did, the honest spoke has its hub again.
        world.Hub.Apply(world.Hub.Config);
        world.Clock.Offset = TimeSpan.Zero;
        world.Spoke.Want(IkeWorld.HubAddress);
        for (int i = 0; i < 20 && !IsConnected(world); i++) world.Run(TimeSpan.FromSeconds(20), memberIsSilent: true);
        Judge(world, homes);
        Check.That(IsConnected(world), "the honest spoke does not come back to its hub");
    }

    private static void Step(ref Script script, IkeWorld world, HashSet<IpAddress> homes)
    {
        switch (script.Below(18))
        {
            case 0:
                world.Spoke.Want(IkeWorld.HubAddress);
                break;
            case 1:
                world.Member.Want(IkeWorld.HubAddress);
                break;
            case 2:
                world.Run(TimeSpan.FromSeconds(1 + script.Below(90)));
                break;
            case 3 when world.Waiting.Count > 0:
                world.Deliver(script.Below(world.Waiting.Count));
                break;
            case 4 when world.Waiting.Count > 0:
                world.Deliver(script.Below(world.Waiting.Count), keep: true);
                break;
            case 5 when world.Waiting.Count > 0:
                world.Waiting.RemoveAt(script.Below(world.Waiting.Count));
                break;
            case 6 when world.Waiting.Count > 0:
                int at = script.Below(world.Waiting.Count);
                byte[] changed = Change(ref script, world.Waiting[at].Bytes);
                // The same message from elsewhere, before it comes itself, is a router's work and no forgery: then that is where the spoke is.
                bool moves = script.OneIn(3) && !changed.AsSpan().StartsWith(world.Waiting[at].Bytes);
                world.Deliver(at, keep: script.OneIn(2), changed, from: moves ? Elsewhere[script.Below(Elsewhere.Length)] : null);
                break;
            case 7:
                world.Pass(TimeSpan.FromMilliseconds(100 << script.Below(16)));
                break;
            case 8 when world.Seen.Count > 0:
                (IkePath path, byte[] bytes) = world.Seen[script.Below(world.Seen.Count)];
                byte[] played = script.OneIn(2) ? bytes : Change(ref script, bytes);
                world.Inject(path.Remote, Elsewhere[script.Below(Elsewhere.Length)], played);
                break;
            case 9:
                Lie(ref script, world);
                break;
            case 10:
                Disturb(ref script, world);
                break;
            case 11:
                foreach (IkeActor actor in world.All) actor.RunJob();
                break;
            case 12:
                IpAddress home = IpAddress.Parse($"192.0.2.{1 + script.Below(8)}");
                homes.Add(home);
                world.Spoke.MoveTo(home);
                break;
            case 13:
                world.Hub.Crash();
                break;
            case 14:
                world.Clock.Offset = TimeSpan.FromHours(script.Below(256) - 128);
                break;
            case 15:
                world.Hub.Apply(world.Hub.Config with { Resumption = script.OneIn(2), CookieChallenge = script.Below(8), FragmentationMtu = script.OneIn(2) ? null : 100 + script.Below(1000) });
                break;
            case 16:
                world.Spoke.Release(IkeWorld.HubAddress);
                break;
            case 17:
                // The member takes the spoke's name, with its own key.
                world.Member.Apply(IkeWorld.CallerConfig(script.OneIn(2) ? "m" : "s", IkeWorld.MemberKey));
                break;
            default:
                break;
        }
    }

    /// <summary>An authentic message of the member's with anything in it.</summary>
    private static void Lie(ref Script script, IkeWorld world)
    {
        foreach (IkeSaState sa in world.Member.Engine.Sas())
        {
            if (sa.RemoteSpi == 0) continue;
            (ulong initiator, ulong responder) = sa.IsInitiator ? (sa.LocalSpi, sa.RemoteSpi) : (sa.RemoteSpi, sa.LocalSpi);
            bool response = script.OneIn(8);
            IkeFlags flags = (sa.IsInitiator ? IkeFlags.Initiator : IkeFlags.None) | (response ? IkeFlags.Response : IkeFlags.None);
            var exchange = (IkeExchangeType)script.Next();
            var first = (IkePayloadType)script.Next();
            uint id = (response ? sa.RemoteRequestId : sa.LocalRequestId) + (uint)(script.Next() >> 6);
            var header = new IkeHeader(initiator, responder, IkePayloadType.Encrypted, exchange, flags, id);
            int length = script.Below(120);
            if (world.Seal(header, first, Payload(script.Take(length))) is not { } message) return;
            IkeEndpoint from = script.OneIn(4) ? Elsewhere[script.Below(Elsewhere.Length)] : sa.Path.Local;
            world.Inject(sa.Path.Remote, from, message);
            return;
        }
    }

    /// <summary>A payload whose length is right: next payload and flags from the content.</summary>
    private static byte[] Payload(ReadOnlySpan<byte> content) =>
        content.Length < 2 ? content.ToArray() : [content[0], content[1], (byte)(content.Length + 2 >> 8), (byte)(content.Length + 2), .. content[2..]];

    /// <summary>What the data path of the hub would tell.</summary>
    private static void Disturb(ref Script script, IkeWorld world)
    {
        uint[] spis = [.. world.Hub.Children.Keys];
        uint spi = spis.Length == 0 ? script.NextUInt32() : spis[script.Below(spis.Length)];
        var path = new IkePath(null, new IkeEndpoint(IkeWorld.HubAddress, 4500), Elsewhere[script.Below(Elsewhere.Length)]);
        switch (script.Below(5))
        {
            case 0:
                world.Hub.Call((engine, now, outbox) => engine.OnSoftLimit(spi, now, outbox));
                break;
            case 1:
                world.Hub.Call((engine, now, outbox) => engine.OnHardLimit(spi, now, outbox));
                break;
            case 2:
                world.Hub.Call((engine, now, outbox) => engine.OnUnknownSpi(path, spi, now, outbox));
                break;
            case 3:
                // Packets of the member's SA alone can come from elsewhere: nobody else has its keys, and what is played back is dropped by the replay window.
                foreach (FuzzChild child in world.Hub.Children.Values)
                {
                    if (!IsOf(world, child, world.Member)) continue;
                    world.Hub.Call((engine, now, outbox) => engine.OnEndpointChanged(child.Install.InboundSpi, path.Remote, now, outbox));
                    return;
                }
                break;
            default:
                world.Hub.Call(static (engine, now, outbox) => engine.ClearAll(now, outbox));
                break;
        }
    }

    private static byte[] Change(ref Script script, byte[] message)
    {
        byte[] changed = [.. message];
        for (int times = 1 + script.Below(4); times > 0 && changed.Length > 0; times--)
        {
            int at = script.Below(changed.Length);
            switch (script.Below(4))
            {
                case 0:
                    changed[at] ^= (byte)(1 << script.Below(8));
                    break;
                case 1:
                    changed[at] = script.Next();
                    break;
                case 2:
                    changed = changed[..at];
                    break;
                default:
                    changed = [.. changed, .. script.Take(8)];
                    break;
            }
        }
        if (changed.Length >= IkeSpec.HeaderLength && script.OneIn(2)) System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(24), (uint)changed.Length);
        return changed;
    }

    private static void Judge(IkeWorld world, HashSet<IpAddress> homes)
    {
        foreach (IkeActor actor in world.All)
        {
            Check.That(actor.Engine.Sas().Count() <= 100 && actor.Engine.ChildSas().Count() <= 100 && actor.Engine.Peers().Count() <= 20, "a table grows");
            Check.That(actor.Children.Count == actor.Engine.ChildSas().Count(), "the data path has other child SAs than the engine");
        }
        foreach (FuzzChild child in world.Hub.Children.Values)
        {
            if (child.IsRetired) continue;
            Check.That(world.Hub.Peers.ContainsKey(child.Install.Peer.Association), "a live child SA of a peer that is down");
            PeerIdentity identity = world.Hub.Peers[child.Install.Peer.Association].Identity;
            bool spokes = identity.KeyEntry == "keyring K peer S";
            Check.That(!IsOf(world, child, spokes ? world.Member : world.Spoke), $"{identity.Id} by {identity.KeyEntry} shares keys with somebody else");
            if (spokes) Check.That(homes.Contains(child.Path.Remote.Address), $"the spoke's packets go to {child.Path.Remote}");
            else Check.That(!homes.Contains(child.Path.Remote.Address) || child.Path.Remote.Address == IkeWorld.MemberAddress, $"the member's SA is at the spoke's address {child.Path.Remote}");
            Check.That(child.Path.Remote.Address != IkeWorld.HubAddress, "an SA goes to the hub itself");
        }
    }

    private static bool IsOf(IkeWorld world, FuzzChild child, IkeActor actor)
    {
        foreach (FuzzChild other in actor.Children.Values)
        {
            if (other.InboundKey.AsSpan().SequenceEqual(child.OutboundKey) || other.OutboundKey.AsSpan().SequenceEqual(child.InboundKey)) return true;
        }
        return false;
    }

    private static bool IsConnected(IkeWorld world)
    {
        foreach (uint spi in world.Spoke.Sending.Values)
        {
            if (!world.Spoke.Children.TryGetValue(spi, out FuzzChild? ours)) continue;
            foreach (FuzzChild theirs in world.Hub.Children.Values)
            {
                if (theirs.InboundKey.AsSpan().SequenceEqual(ours.OutboundKey)) return true;
            }
        }
        return false;
    }
}
