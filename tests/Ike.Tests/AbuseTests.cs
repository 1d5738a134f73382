using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests;

/// <summary>
/// A listener on the wire who sends what it saw again: as it was, cut short anywhere, with any octet changed, from elsewhere. Each packet is counted under something, and the
/// SAs of both routers stay what they are.
/// </summary>
public sealed class AbuseTests(ITestOutputHelper output)
{
    [Fact]
    public void EveryGenuineMessage_Replayed_IsCountedAndNothingElseHappens()
    {
        (Pair pair, Packet[] genuine) = Recorded();
        (string A, string B) before = (State(pair.A), State(pair.B));
        foreach (Packet packet in genuine)
        {
            Node to = packet.To!;
            Attack(pair, to, packet.ReceiverPath, packet.Bytes);
            // By another way, to the other port, and back to its sender.
            Attack(pair, to, packet.ReceiverPath with { Remote = new IkeEndpoint(IpAddress.Parse("203.0.113.66"), 4500) }, packet.Bytes);
            Attack(pair, to, packet.ReceiverPath with { Local = packet.ReceiverPath.Local with { Port = 4500 } }, packet.Bytes);
            Attack(pair, packet.From, packet.SenderPath, packet.Bytes);
        }
        Assert.Equal(before, (State(pair.A), State(pair.B)));
        Settle(pair);
    }

    [Fact]
    public void EveryGenuineMessage_CutAnywhere_IsCountedAndNothingElseHappens()
    {
        (Pair pair, Packet[] genuine) = Recorded();
        (string A, string B) before = (State(pair.A), State(pair.B));
        int sent = 0;
        foreach (Packet packet in genuine)
        {
            for (int length = 0; length < packet.Bytes.Length; length++, sent++) Attack(pair, packet.To!, packet.ReceiverPath, packet.Bytes[..length]);
            // Its own length field agrees with what is left of it.
            for (int length = IkeSpec.HeaderLength; length < packet.Bytes.Length; length++, sent++)
            {
                byte[] cut = packet.Bytes[..length];
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(cut.AsSpan(24), length);
                Attack(pair, packet.To!, packet.ReceiverPath, cut);
            }
        }
        Assert.Equal(before, (State(pair.A), State(pair.B)));
        output.WriteLine($"{sent} packets");
        Settle(pair);
    }

    [Fact]
    public void EveryGenuineMessage_AnyOctetChanged_IsCountedAndNothingElseHappens()
    {
        (Pair pair, Packet[] genuine) = Recorded();
        (string A, string B) before = (State(pair.A), State(pair.B));
        int sent = 0;
        foreach (Packet packet in genuine)
        {
            for (int at = 0; at < packet.Bytes.Length; at++, sent += 2)
            {
                foreach (byte change in (byte[])[0x01, 0x80])
                {
                    byte[] changed = [.. packet.Bytes];
                    changed[at] ^= change;
                    Attack(pair, packet.To!, packet.ReceiverPath, changed);
                }
            }
        }
        Assert.Equal(before, (State(pair.A), State(pair.B)));
        output.WriteLine($"{sent} packets");
        Settle(pair);
    }

    /// <summary>A pair after its set-up, a rekeying of both kinds and a question whether the peer lives, with all messages that went to and fro.</summary>
    private static (Pair Pair, Packet[] Genuine) Recorded()
    {
        var pair = new Pair();
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        pair.SoftLimit(pair.A);
        pair.Net.Run(10);
        Agreement.Rekey(pair.B);
        pair.Net.Run(10);
        Packet[] genuine = [.. pair.Net.Packets];
        Assert.Contains(genuine, packet => packet.Exchange == IkeExchangeType.Informational);
        Assert.Contains(genuine, packet => packet.Exchange == IkeExchangeType.CreateChildSa);
        pair.Net.TakeTrace();
        return (pair, genuine);
    }

    private static void Attack(Pair pair, Node to, in IkePath path, byte[] bytes)
    {
        long before = Counted(to);
        int events = to.Events.Count;
        pair.Net.Inject(to, path, bytes);
        // A question whether the peer lives, after a hint, is answered before the next attack: else all further hints would go uncounted.
        pair.Net.Run(0.03);
        Assert.True(Counted(to) > before, $"not counted: {pair.Net.Text.Of(bytes)} {Convert.ToHexString(bytes)}");
        Assert.Equal(events, to.Events.Count);
    }

    /// <summary>Drops; repetitions that were answered from memory; strangers' IKE_SA_INITs that were taken for what they may be, as far as there are bounds for.</summary>
    private static long Counted(Node node) => node.Engine.Drops.Total + node.Engine.Malformed.Total + node.Engine.Statistics.Of(IkeExchangeType.SaInit).RequestsReceived
        + Enum.GetValues<IkeExchangeType>().Distinct().Sum(exchange => node.Engine.Statistics.Of(exchange).RetransmissionsReceived);

    /// <summary>All that is known of established SAs, but for the questions whether the peer lives that hints may cause.</summary>
    private static string State(Node node) => string.Join('\n',
        node.Engine.Sas().Where(sa => sa.Status == IkeSaStatus.Ready).Select(sa => (sa with { LastHeard = default, LocalRequestId = 0, RemoteRequestId = 0, Children = [] }).ToString())
            .Concat(node.Engine.ChildSas().Select(child => child.ToString()))
            .Concat(node.Sas.Select(sa => $"{sa.Key} {sa.Value.Path} {sa.Value.IsRetired}"))
            .Concat(node.Peers.Select(peer => $"{peer.Key} {peer.Value.Nbma} {peer.Value.Sending}")));

    private static void Settle(Pair pair)
    {
        pair.Net.Run(60);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }
}
