using CsCheck;
using Dmvpn.Core;
using Dmvpn.Nhrp.Tests.Harness;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Nhrp.Tests;

/// <summary>
/// Hostile and odd input to a live network: no exception, and the harness checks that each Up has its Down. What is injected may be believed as far as
/// it is authenticated; the network must only stay in one piece.
/// </summary>
public sealed class FuzzTests
{
    private static readonly byte[][] Seeds =
    [
        NhrpBytes.Registration("203.0.113.50", "10.0.0.50", unique: true),
        NhrpBytes.Registration("203.0.113.11", "10.0.0.12"),
        NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.1.12.5"),
        NhrpBytes.Resolution("203.0.113.11", "10.0.0.11", "10.0.0.12", NhrpFlags.Router),
        NhrpBytes.Purge("203.0.113.12", "10.0.0.12", "10.0.0.11", "10.1.12.0", 24),
        NhrpBytes.Packet(NhrpPacketType.ResolutionReply, "203.0.113.11", "10.0.0.11", "10.1.12.5", (NhrpFlags)0xF802, 3,
            [new NhrpCie { PrefixLength = 24, HoldTime = 60, Nbma = Parse("203.0.113.12"), Protocol = Parse("10.0.0.12") }],
            [new(0x8005, []), NhrpBytes.Authentication("secret"), new(0x0009, []), new(0x8000, [])]),
        new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.TrafficIndication, SourceNbma = Parse(Cloud.HubNbma), SourceProtocol = Parse("10.0.0.1"), DestinationProtocol = Parse("10.1.11.5") },
            CarriedPacket = [.. Convert.FromHexString("4500005400000000400100000A010B050A010C0508000000")],
            HasExtensionPart = true,
            Extensions = [NhrpBytes.Authentication("secret"), new(0x8000, [])],
        }.Write(),
        new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.ErrorIndication, SourceNbma = Parse(Cloud.HubNbma), SourceProtocol = Parse("10.0.0.1"), DestinationProtocol = Parse("10.0.0.11"), ErrorCode = NhrpErrorCode.ProtocolError },
            CarriedPacket = [.. NhrpBytes.Registration("203.0.113.11", "10.0.0.11")],
        }.Write(),
    ];

    [Fact]
    public void MutatedPacketsAndEvents_InAnyOrder_NeverThrowAndNothingIsLeftInTheEnd() =>
        Gen.Select(Gen.Int[0, 15], Gen.Int[0, 2], Gen.Select(Gen.Int[0, 160], Gen.Byte).Array[0, 4], Gen.Int[0, 40]).Array[1, 40].Sample(steps =>
        {
            var cloud = new Cloud(natB: "192.0.2.12");
            cloud.Net.Run(1);
            foreach ((int what, int who, (int At, byte Value)[] changes, int wait) in steps)
            {
                Node node = cloud.Net.Nodes[who];
                if (what < Seeds.Length) cloud.Net.Inject(node, Parse(who == 0 ? "203.0.113.11" : Cloud.HubNbma), Mutate(Seeds[what], changes));
                else Act(cloud, node, what - Seeds.Length);
                cloud.Net.Run(wait);
            }
            foreach (Node node in cloud.Net.Nodes)
            {
                node.Call((engine, now, outbox) => engine.Stop(now, outbox));
                Assert.Empty(node.Adjacencies);
                Assert.Empty(node.Shortcuts);
                Assert.Empty(node.Multicast);
                Assert.Empty(node.Wanted);
                Assert.Empty(node.NhssUp);
                Assert.Empty(node.Cache);
                Assert.True(node.Engine.NextDeadline.IsNever);
            }
        }, iter: 400);

    private static void Act(Cloud cloud, Node node, int what)
    {
        switch (what)
        {
            case 0:
                cloud.Talk();
                break;
            case 1:
                node.Call((engine, now, outbox) => engine.OnPeerLost(new NbmaPeer(cloud.B.Outside), now, outbox));
                break;
            case 2:
                node.ChangeFacts(facts => facts with { Up = !facts.Up });
                break;
            case 3:
                node.Call((engine, now, outbox) => engine.Clear(false, null, now, outbox));
                break;
            case 4:
                node.Reconfigure(config => config with { Shortcut = !config.Shortcut, MulticastDynamic = !config.MulticastDynamic });
                break;
            case 5:
                cloud.B.NoRoute("10.1.12.0/24").Lan("10.1.12.0/24");
                break;
            case 6:
                cloud.A.ChangeFacts(facts => facts with { NbmaSource = Parse(facts.NbmaSource == Parse("203.0.113.11") ? "203.0.113.99" : "203.0.113.11") });
                break;
            default:
                node.Unresolved("10.0.0.77");
                break;
        }
    }

    private static byte[] Mutate(byte[] seed, (int At, byte Value)[] changes)
    {
        byte[] bytes = (byte[])seed.Clone();
        foreach ((int at, byte value) in changes) bytes[at % bytes.Length] = value;
        bytes[10] = (byte)(bytes.Length >> 8);
        bytes[11] = (byte)bytes.Length;
        bytes[12] = bytes[13] = 0;
        ushort sum = Wire.Ip.InternetChecksum.Compute(bytes);
        bytes[12] = (byte)(sum >> 8);
        bytes[13] = (byte)sum;
        return bytes;
    }
}
