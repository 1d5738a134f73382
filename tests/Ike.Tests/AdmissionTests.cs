using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests;

/// <summary>Cookies, half-open SAs, floods (RFC 7296 2.6).</summary>
[Collection(Alone.Name)]
public sealed class AdmissionTests(ITestOutputHelper output)
{
    [Fact]
    public void CookieWanted_Initiator_RepeatsItsRequestWithTheCookieInFront()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0 });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.StartsWith("A > B INIT request 0 {SA, KE", pair.Net.Trace[0], StringComparison.Ordinal);
        Assert.Equal("B > A INIT response 0 {N(Cookie)}", pair.Net.Trace[1]);
        Assert.StartsWith("A > B INIT request 0 {N(Cookie), SA, KE", pair.Net.Trace[2], StringComparison.Ordinal);
        Assert.StartsWith("B > A INIT response 0 {SA, KE", pair.Net.Trace[3], StringComparison.Ordinal);
        // The rest of the message is the same (2.6), and so is the SPI; nothing was kept for the first one.
        byte[] first = pair.Net.Packets[0].Bytes, second = pair.Net.Packets[2].Bytes;
        Assert.Equal(first[28..], second[^(first.Length - 28)..]);
        Assert.Equal(first[..8], second[..8]);
        Assert.Equal(0ul, BinaryPrimitives.ReadUInt64BigEndian(pair.Net.Packets[1].Bytes.AsSpan(8)));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void CookieAndAnotherGroup_Wanted_BothAreGiven()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, Proposals = [Configs.Quick with { Groups = [DhGroup.Ecp256] }] });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        // cookie, INVALID_KE_PAYLOAD, and the shorter exchange of 2.6.1: the cookie is still good
        Assert.Equal(["INIT request", "INIT response", "INIT request", "INIT response", "INIT request", "INIT response", "AUTH request", "AUTH response"], pair.Headers().Select(line => line[6..^2]));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Fact]
    public void CookieOfAnotherAddress_OrForged_IsAskedForAgain()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0 });
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Packet good = pair.Net.Packets[2];
        pair.Net.TakeTrace();
        pair.Net.Inject(pair.B, good.ReceiverPath with { Remote = new IkeEndpoint(Parse("203.0.113.5"), 500) }, good.Bytes);
        byte[] forged = [.. good.Bytes];
        forged[0] ^= 1;
        forged[40] ^= 1;
        pair.Net.Inject(pair.B, good.ReceiverPath, forged);
        Assert.Equal(["B > 203.0.113.5 INIT response 0 {N(Cookie)}", "B > A INIT response 0 {N(Cookie)}"], pair.Net.Trace);
    }

    [Fact]
    public void CookiesForEver_Initiator_GivesUp()
    {
        var pair = new Pair();
        pair.Net.Rewrite = packet =>
        {
            if (packet.Exchange != IkeExchangeType.SaInit || packet.IsResponse) return packet.Bytes;
            Assert.True(IkeView.TryParse(packet.Bytes, out IkeView view, out _));
            var writer = new IkePayloadWriter(new byte[64]);
            writer.Notify(IkeNotifyType.Cookie, [1, 2, 3, (byte)packet.Bytes.Length]);
            byte[] answer = IkeSealing.Clear(view.Header with { Flags = IkeFlags.Response }, writer);
            pair.Net.At(pair.Net.Now, () => pair.Net.Inject(pair.A, packet.SenderPath, answer));
            return [];
        };
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.InRange(pair.Net.Trace.Count, 2, IkeLimits.MaximumInitRetries + 2);
    }

    [Fact]
    public void HalfOpenSa_NothingFollows_EndsByItself()
    {
        var pair = new Pair();
        Flood(pair, 5, pair.Net);
        Assert.Equal(5, pair.B.Engine.Statistics.HalfOpen);
        pair.Net.Run(31);
        Assert.Equal(0, pair.B.Engine.Statistics.HalfOpen);
        Assert.Empty(pair.B.IkeSas);
        Assert.Equal(0, pair.B.Engine.Core.Responder.HalfOpen);
    }

    [Fact]
    public void Limits_OfHalfOpenSas_OfOneAddress_OfAllSas_Hold()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = null, MaxInNegotiation = 600 });
        var one = Parse("203.0.113.7");
        Flood(pair, 400, pair.Net, _ => one);
        Assert.Equal(IkeLimits.MaximumHalfOpenPerAddress, pair.B.Engine.Statistics.HalfOpen);
        Assert.Equal(400 - IkeLimits.MaximumHalfOpenPerAddress, pair.B.Engine.Drops[IkeDrop.TooManyFromAddress]);
        Flood(pair, 1000, pair.Net);
        Assert.Equal(600, pair.B.Engine.Statistics.HalfOpen);
        Assert.True(pair.B.Engine.Drops[IkeDrop.TooManyHalfOpen] > 0);

        var full = new Pair(b: static config => config with { MaxSa = 3 });
        Flood(full, 10, full.Net);
        Assert.Equal(3, full.B.IkeSas.Count);
        Assert.Equal(7, full.B.Engine.Drops[IkeDrop.TooManySas]);
    }

    [Fact]
    public void Computations_AreBounded_AndThoseOfEndedSasAreThrownAway()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = null, MaxInNegotiation = 5000 });
        pair.Net.JobTime = TimeSpan.FromSeconds(60);
        Flood(pair, 3000, pair.Net);
        int jobs = pair.B.Engine.Statistics.Jobs;
        Assert.InRange(jobs, IkeLimits.MaximumInitJobs - IkeLimits.LeastInitJobsPerNetwork, IkeLimits.MaximumInitJobs);
        Assert.Equal(3000 - jobs, pair.B.Engine.Drops[IkeDrop.TooManyJobs]);
        pair.Net.Run(100);
        Assert.Equal(0, pair.B.Engine.Statistics.Jobs);
        Assert.Equal(jobs, pair.B.Engine.Drops[IkeDrop.LateResult]);
        Assert.Equal(0, pair.B.Engine.Core.Admission.InitJobs);
    }

    [Fact]
    public void HundredThousandSpoofedInits_WhileAHundredSpokesComeUp_TheyDoAndMemoryStaysFlat()
    {
        var net = new Net { JobTime = TimeSpan.FromMilliseconds(1) };
        Node hub = net.Add("H", "192.0.2.9", Configs.SharedKey("h"));
        var spokes = new List<Node>();
        for (int i = 0; i < 100; i++) spokes.Add(net.Add($"s{i}", $"192.0.3.{i + 1}", Configs.SharedKey($"s{i}")));
        byte[] message = Init(out int nonceAt);
        var random = new SeededRandom(7);
        var outbox = new Outbox<IkeEffect>();
        int sent = 0;

        // The flood has an outbox of its own: what the hub says to nobody need not travel. Jobs are done, as a pool would.
        void Spoof(int count)
        {
            for (int i = 0; i < count; i++, sent++)
            {
                random.Fill(message.AsSpan(0, 8));
                random.Fill(message.AsSpan(nonceAt, 32));
                var path = new IkePath(null, new IkeEndpoint(hub.Address, 500), new IkeEndpoint(FromIPv4(0xCB000000 | (random.NextUInt32() & 0xFFFFFF)), 500));
                hub.Engine.HandlePacket(new IkeArrival(path), message, net.Now, outbox);
                foreach (IkeEffect effect in outbox.Effects.ToArray())
                {
                    if (effect.Job is not { } job) continue;
                    job.Run();
                    hub.Engine.OnJobDone(job, net.Now, outbox);
                }
                outbox.Clear();
            }
        }

        Spoof(2000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (Node spoke in spokes) spoke.Want(hub);
        while (sent < 100_000)
        {
            Spoof(1000);
            net.Run(0.1);
        }
        net.Run(5);
        Assert.All(spokes, spoke => Assert.Equal(["up h.example.org"], spoke.Events));
        Assert.Equal(100, hub.Peers.Count);
        Assert.InRange(hub.Engine.Statistics.HalfOpen, 0, 100);
        Assert.True(hub.Engine.Statistics.CookiesSent > 90_000);
        net.Trace.Clear();
        net.Packets.Clear();
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{grown / 1024} KB more, {hub.Engine.Statistics.CookiesSent} cookies, {hub.Engine.Statistics.HalfOpen} half-open");
        // A hundred spokes with all that they and this test keep.
        Assert.InRange(grown, long.MinValue, 8 << 20);
    }

    [Fact]
    public void RubbishOfAllKinds_IsCountedAndNothingElseHappens()
    {
        Pair pair = new Pair().Up();
        pair.SoftLimit(pair.A);
        pair.Net.Run(10);
        Packet[] genuine = [.. pair.Net.Packets];
        pair.Net.TakeTrace();
        var random = new SeededRandom(3);
        long before = Total(pair.B);
        int count = 0;
        for (int round = 0; round < 20_000; round++, count++)
        {
            Packet packet = genuine[random.Below(genuine.Length)];
            byte[] bytes = [.. packet.Bytes];
            switch (random.Below(4))
            {
                case 0:
                    bytes = bytes[..random.Below(bytes.Length)];
                    break;
                case 1:
                    for (int i = random.Below(8) + 1; i > 0; i--) bytes[random.Below(bytes.Length)] = (byte)random.NextUInt32();
                    break;
                case 2:
                    random.Fill(bytes.AsSpan(random.Below(28)));
                    break;
                default:
                    random.Fill(bytes);
                    bytes[17] = 0x20;
                    BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), (uint)bytes.Length);
                    break;
            }
            pair.Net.Inject(pair.B, packet.From == pair.A ? packet.ReceiverPath : packet.SenderPath, bytes);
        }
        output.WriteLine($"{Total(pair.B) - before} of {count} counted");
        Assert.Empty(pair.B.Events);
        pair.Net.Run(60);
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    private static long Total(Node node) => node.Engine.Drops.Total + node.Engine.Malformed.Total;

    /// <summary>IKE_SA_INITs of nobody.</summary>
    private static void Flood(Pair pair, int count, Net net, Func<int, IpAddress>? source = null)
    {
        byte[] message = Init(out int nonceAt);
        var random = new SeededRandom((ulong)count);
        for (int i = 0; i < count; i++)
        {
            random.Fill(message.AsSpan(0, 8));
            random.Fill(message.AsSpan(nonceAt, 32));
            IpAddress from = source?.Invoke(i) ?? FromIPv4(0xCB010000 + (uint)i);
            net.Inject(pair.B, new IkePath(null, new IkeEndpoint(pair.B.Address, 500), new IkeEndpoint(from, 500)), message);
        }
        if (net.JobTime == TimeSpan.Zero) net.Run(0.001);
    }

    private static byte[] Init(out int nonceAt)
    {
        var writer = new IkePayloadWriter(new byte[512]);
        writer.SecurityAssociation(ProposalPolicy.ForIke([Configs.Quick]).Offer(0).AsSpan());
        byte[] value = new byte[32];
        new SeededRandom(1).Fill(value);
        writer.KeyExchange(DhGroup.Curve25519, value);
        nonceAt = 28 + writer.Length + 4;
        writer.Nonce(value);
        return IkeSealing.Clear(new IkeHeader(1, 0, writer.First, IkeExchangeType.SaInit, IkeFlags.Initiator, 0), writer);
    }
}
