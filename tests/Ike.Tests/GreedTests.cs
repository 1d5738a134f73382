using Dmvpn.Core;
using Dmvpn.Ike.Tests.Harness;
using Dmvpn.Wire.Ike;
using static Dmvpn.Core.IpAddress;

namespace Dmvpn.Ike.Tests;

/// <summary>Somebody whose address is proven, and who wants all there is: half-open SAs, computations, memory, lines of the log.</summary>
[Collection(Alone.Name)]
public sealed class GreedTests(ITestOutputHelper output)
{
    private const int LeastInit = 200;

    private int _sent;

    [Fact]
    public void FullTable_ProvenSourceComes_GreediestNetworkLosesItsOldest()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, MaxInNegotiation = 10 });
        for (int i = 0; i < 8; i++) Begin(pair, FromIPv4(0xCB007100 + (uint)i), proven: true);
        for (int i = 0; i < 2; i++) Begin(pair, FromIPv4(0xC6336400 + (uint)i), proven: true);
        ulong oldest = pair.B.IkeSas.Single(static sa => sa.Path.Remote.Address == FromIPv4(0xCB007100)).RemoteSpi;
        Begin(pair, Parse("192.0.3.1"), proven: true);
        Assert.Equal(10, pair.B.Engine.Statistics.HalfOpen);
        Assert.DoesNotContain(pair.B.IkeSas, sa => sa.RemoteSpi == oldest);
        Assert.Equal((7, 2, 1), (CountOf(pair, "203.0.113.0/24"), CountOf(pair, "198.51.100.0/24"), CountOf(pair, "192.0.3.0/24")));
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.GaveWay]);
        // Who has the most gets no more by asking again: his own go.
        for (int i = 0; i < 20; i++) Begin(pair, FromIPv4(0xCB007150 + (uint)i), proven: true);
        Assert.Equal((7, 2, 1), (CountOf(pair, "203.0.113.0/24"), CountOf(pair, "198.51.100.0/24"), CountOf(pair, "192.0.3.0/24")));
        pair.Net.Run(40);
        Assert.Equal((0, 0), (pair.B.Engine.Statistics.HalfOpen, pair.B.Engine.Core.Responder.HalfOpen));
    }

    [Fact]
    public void FullTable_WithoutCookies_NobodyGivesWay()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = null, MaxInNegotiation = 10 });
        for (int i = 0; i < 10; i++) Begin(pair, FromIPv4(0xCB007100 + (uint)i), proven: false);
        Begin(pair, Parse("192.0.3.1"), proven: false);
        Assert.Equal((10, 0), (CountOf(pair, "203.0.113.0/24"), CountOf(pair, "192.0.3.0/24")));
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.TooManyHalfOpen]);
        Assert.Equal(0, pair.B.Engine.Drops[IkeDrop.GaveWay]);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.9")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2:ffff::9")]
    public void ProvenSourcesOfOneNetwork_HaveAHalfOfTheTableAndNoMore(string first, string last)
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, MaxInNegotiation = 600 });
        for (int i = 0; i < 500; i++) Begin(pair, Parse(i % 2 == 0 ? first : last), proven: true);
        Assert.Equal(300, pair.B.Engine.Statistics.HalfOpen);
        Assert.Equal(200, pair.B.Engine.Drops[IkeDrop.GaveWay]);
        Begin(pair, Parse("192.0.3.1"), proven: true);
        Assert.Equal(301, pair.B.Engine.Statistics.HalfOpen);
    }

    [Fact]
    public void FloodOfOneProvenSource_SpokeElsewhere_ComesUp()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, MaxInNegotiation = 100 });
        pair.Net.JobTime = TimeSpan.FromMilliseconds(5);
        for (int i = 0; i < 2000; i++)
        {
            int at = i;
            pair.Net.At(pair.Net.Now + TimeSpan.FromMilliseconds(i), () => Begin(pair, FromIPv4(0xCB007100 + (uint)(at % 250)), proven: true));
        }
        pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds(1), () => pair.A.Want(pair.B));
        pair.Net.Run(2);
        Assert.Equal(["up a.example.org"], pair.B.Events);
        Assert.InRange(pair.B.Engine.Statistics.HalfOpen, 0, 100);
        pair.Net.Run(60);
        Assert.Equal((0, 0, 0), (pair.B.Engine.Statistics.HalfOpen, pair.B.Engine.Statistics.Jobs, pair.B.Engine.Core.Admission.InitJobs));
        Agreement.Check(pair.Net, pair.A, pair.B);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.8")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2:3::8")]
    public void ProvenSourcesThatNeverAuthenticate_HaveEverLessComputed(string first, string second)
    {
        const int Seconds = 20, Rate = 500;
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, MaxInNegotiation = 100 });
        for (int i = 0; i < Seconds * Rate; i++)
        {
            string from = i % 2 == 0 ? first : second;
            pair.Net.At(pair.Net.Now + TimeSpan.FromSeconds((double)i / Rate), () => Begin(pair, Parse(from), proven: true));
        }
        pair.Net.Run(Seconds + 1);
        long computed = Seconds * Rate - pair.B.Engine.Drops[IkeDrop.TooMuchWork];
        output.WriteLine($"{computed} of {Seconds * Rate} computed");
        Assert.InRange(computed, IkeLimits.VainWorkPerNetwork, IkeLimits.VainWorkPerNetwork + (Seconds + 1) * IkeLimits.VainWorkPerSecond + 10);
        // Another network has its own.
        Begin(pair, Parse("192.0.3.1"), proven: true);
        Assert.Equal(1, CountOf(pair, "192.0.3.0/24"));
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Contains("up a.example.org", pair.B.Events);
    }

    [Fact]
    public void ManyGreedyNetworks_LeaveRoomForOneMoreComputation()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, MaxInNegotiation = 4000 });
        pair.Net.JobTime = TimeSpan.FromSeconds(60);
        for (int network = 0; network < 8; network++)
        {
            for (int i = 0; i < 1100; i++) Begin(pair, FromIPv4(0xCB007100 + (uint)(network << 8) + (uint)(i % 250)), proven: true);
        }
        Begin(pair, Parse("192.0.3.1"), proven: true);
        Assert.Equal(1, CountOf(pair, "192.0.3.0/24"));
        Assert.InRange(pair.B.Engine.Core.Admission.InitJobs, IkeLimits.MaximumInitJobsPerNetwork, IkeLimits.MaximumInitJobs);
        pair.Net.Run(100);
        Assert.Equal(0, pair.B.Engine.Core.Admission.InitJobs);
    }

    [Fact]
    public void SourcesThatFailAtOnce_AreAskedForACookie_ThoughFewAreHalfOpen()
    {
        var pair = new Pair(a: static config => Configs.SharedKey("a", "wrong"));
        for (int i = 0; i < IkeLimits.VainWorkPerNetwork; i++) pair.B.Engine.Core.Admission.OnFailed(pair.A.Address, isPaid: false, pair.Net.Now);
        pair.A.Want(pair.B);
        pair.Net.Run(0.5);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.CookieWanted]);
        Assert.Equal(1, pair.B.Engine.Drops[IkeDrop.AuthenticationFailed]);
    }

    [Fact]
    public void SpokesOfOneNetworkThatAuthenticate_UseNothingUp()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0 });
        IkeAdmission admission = pair.B.Engine.Core.Admission;
        for (int i = 0; i < 2 * IkeLimits.VainWorkPerNetwork; i++)
        {
            Begin(pair, Parse("203.0.113.7"), proven: true);
            IkeSa begun = pair.B.Engine.Core.Sas.Values.Single(static sa => sa.Handshake is ResponderHandshake);
            Assert.True(Assert.IsType<ResponderHandshake>(begun.Handshake).IsPaid);
            admission.OnAuthenticated(begun.Path.Remote.Address, isPaid: true);
            begun.Die(IkeDownReason.Unused, pair.Net.Now, new Outbox<IkeEffect>());
        }
        Assert.Equal(0, pair.B.Engine.Drops[IkeDrop.TooMuchWork]);
        // And one that does so in truth gives back what it took.
        for (int i = 0; i < 2 * IkeLimits.VainWorkPerNetwork; i++) admission.OnAuthenticated(pair.A.Address, isPaid: true);
        pair.A.Want(pair.B);
        pair.Net.Run(1);
        Assert.Contains("up a.example.org", pair.B.Events);
    }

    [Fact]
    public void ComputationsOfOneNetwork_AreAPart_AndCountUntilTheyAreDone()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = 0, MaxInNegotiation = 400 });
        pair.Net.JobTime = TimeSpan.FromSeconds(60);
        for (int i = 0; i < 1500; i++) Begin(pair, FromIPv4(0xCB007100 + (uint)(i % 250)), proven: true);
        // Those that gave way are still computed: there is no more room for that.
        Assert.Equal(IkeLimits.MaximumInitJobsPerNetwork, pair.B.Engine.Core.Admission.InitJobs);
        Assert.Equal(IkeLimits.MaximumInitJobsPerNetwork, pair.B.Engine.Statistics.Jobs);
        Begin(pair, Parse("192.0.3.1"), proven: true);
        Assert.Equal(IkeLimits.MaximumInitJobsPerNetwork + 1, pair.B.Engine.Core.Admission.InitJobs);
        pair.Net.Run(100);
        Assert.Equal(0, pair.B.Engine.Core.Admission.InitJobs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(IkeLimits.LongestInit - LeastInit)]
    public void HalfOpenSa_IsBelow4Kilobytes_WhateverItsFirstMessageHas(int padding)
    {
        const int Count = 1000;
        var pair = new Pair(b: static config => config with { CookieChallenge = null });
        for (int i = 0; i < 200; i++) Begin(pair, FromIPv4(0xCB000000 + (uint)i), proven: false, padding);
        Forget(pair);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Count; i++) Begin(pair, FromIPv4(0xCB010000 + (uint)i), proven: false, padding);
        Forget(pair);
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        output.WriteLine($"{each} octets each");
        Assert.Equal(Count + 200, pair.B.Engine.Statistics.HalfOpen);
        Assert.InRange(each, 500, 4096 - 500);
    }

    [Fact]
    public void FirstMessageThatIsTooLong_KeepsNothing()
    {
        var pair = new Pair(b: static config => config with { CookieChallenge = null });
        Begin(pair, Parse("203.0.113.7"), proven: false, 60_000);
        Assert.Empty(pair.B.IkeSas);
        // 3000 octets SHOULD be taken (RFC 7296 2), and are while that costs little.
        for (int i = 0; i < IkeLimits.FewHalfOpen; i++) Begin(pair, FromIPv4(0xCB010000 + (uint)i), proven: false, 3000 - LeastInit);
        Begin(pair, Parse("203.0.113.8"), proven: false, 3000 - LeastInit);
        Assert.Equal(IkeLimits.FewHalfOpen, pair.B.IkeSas.Count);
        Assert.Equal(2, pair.B.Engine.Drops[IkeDrop.TooLong]);
    }

    [Fact]
    public void StrangersWhoFail_GetFewLines_AndTakeNoneOfAPeer()
    {
        var pair = new Pair(b: static config => config with { Proposals = [Configs.Quick with { Groups = [DhGroup.Ecp384] }] });
        for (int i = 0; i < 5000; i++) Begin(pair, Parse("203.0.113.7"), proven: false);
        Assert.Equal(IkeLimits.LinesPerSource, pair.B.Log.Lines.Count);
        Begin(pair, Parse("198.51.100.7"), proven: false);
        Assert.Equal(IkeLimits.LinesPerSource + 1, pair.B.Log.Lines.Count);
        for (int i = 0; i < 5000; i++) Begin(pair, FromIPv4(0xCB010000 + (uint)i), proven: false);
        Assert.Equal(IkeLimits.PeerLinesPerInterval, pair.B.Log.Lines.Count);
        // No line, no text: a message costs what it takes to be read.
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] message = Init(0, 0);
        var path = new IkePath(null, new IkeEndpoint(pair.B.Address, 500), new IkeEndpoint(Parse("203.0.113.7"), 500));
        pair.Net.Trace.Clear();
        var outbox = new Outbox<IkeEffect>();
        for (int i = 0; i < 100; i++) pair.B.Engine.HandlePacket(new IkeArrival(path), message, pair.Net.Now, outbox);
        long quiet = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{quiet / 100} octets for each without a line");
        Assert.InRange(quiet / 100, 0, 2500);
        // A spoke that comes up at the same moment is in the log.
        pair.B.Configure(Configs.SharedKey("b"));
        pair.A.Want(pair.B);
        pair.Net.Run(0.3);
        Assert.Contains(pair.B.Log.Lines, static line => line.Contains("is up", StringComparison.Ordinal));
    }

    private static int CountOf(Pair pair, string network) => pair.B.IkeSas.Count(sa => IpPrefix.Parse(network).Contains(sa.Path.Remote.Address));

    private static void Forget(Pair pair)
    {
        pair.Net.Text.Forget();
        pair.Net.TakeTrace();
    }

    /// <summary>An initiator that sends the first message and, when it is asked, its cookie.</summary>
    private void Begin(Pair pair, IpAddress from, bool proven, int padding = 0)
    {
        byte[] message = Init(++_sent, padding);
        var path = new IkePath(null, new IkeEndpoint(pair.B.Address, 500), new IkeEndpoint(from, 500));
        pair.Net.Inject(pair.B, path, message);
        if (proven)
        {
            Assert.True(IkeView.TryParse(pair.Net.Packets[^1].Bytes, out IkeView answer, out _));
            Assert.True(answer.Payloads.TryFindNotify(IkeNotifyType.Cookie, out IkeNotifyView cookie));
            pair.Net.Inject(pair.B, path, Init(_sent, padding, cookie.Data.ToArray()));
        }
        if (pair.Net.JobTime == TimeSpan.Zero) pair.Net.Run(0.000_001);
    }

    private static byte[] Init(int number, int padding, byte[]? cookie = null)
    {
        var random = new SeededRandom((ulong)number + 1);
        var writer = new IkePayloadWriter(new byte[65_000]);
        if (cookie is not null) writer.Notify(IkeNotifyType.Cookie, cookie);
        writer.SecurityAssociation(ProposalPolicy.ForIke([Configs.Quick]).Offer(0).AsSpan());
        byte[] value = new byte[32];
        random.Fill(value);
        writer.KeyExchange(DhGroup.Curve25519, value);
        writer.Nonce(value);
        if (padding > 0) writer.VendorId(new byte[padding]);
        return IkeSealing.Clear(new IkeHeader((ulong)number + 0x1234_5678_0000, 0, writer.First, IkeExchangeType.SaInit, IkeFlags.Initiator, 0), writer);
    }
}
