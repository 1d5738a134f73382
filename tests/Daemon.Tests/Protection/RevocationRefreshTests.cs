using System.Security.Cryptography;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Ike;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>When lists are fetched, and what happens with them; time is virtual, and the server is the test.</summary>
public sealed class RevocationRefreshTests : IDisposable
{
    private const string Url = "http://pki.example.net/ca.crl";
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Octets = Encoding.ASCII.GetBytes("what the AUTH payload signs");

    private readonly TestClock _clock = new();
    private readonly Lines _log = new();
    private readonly List<string> _asked = [];
    private readonly Queue<Action<Instant>> _posted = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly CertificateAuthority _ca;
    private readonly IssuedCertificate _spoke;
    private readonly RevocationRefresh _refresh;
    private (byte[] File, string Failure) _answer = ([], "nothing is there");

    public RevocationRefreshTests()
    {
        _ca = CertificateAuthority.Create("Net", KeyKind.EcdsaP256, Start, 3650, out _);
        _spoke = _ca.Issue("spoke1", "spoke1.net", [], KeyKind.EcdsaP256, Start, 365);
        _refresh = new RevocationRefresh(Post, _clock, new Middle(), (url, _) =>
        {
            lock (_asked) _asked.Add(url);
            return Task.FromResult(_answer);
        })
        { Logger = _log };
    }

    private Instant Now => Instant.FromSeconds(1000) + (_clock.Now - Start);

    public void Dispose()
    {
        _refresh.Dispose();
        _ca.Dispose();
        _arrived.Dispose();
    }

    [Theory]
    // 30 days are too long to wait, for a CA makes a new list whenever it revokes; half an hour is not.
    [InlineData(30 * 24 * 60, 57)]
    [InlineData(40, 28.5)]
    [InlineData(1, 0.95)]
    public void TakenList_IsFetchedAgain_BeforeItEndsAndWithinTheHour(int lastsMinutes, double minutes)
    {
        using Trustpoint trustpoint = Use(RevocationCheck.Crl);
        Assert.Contains("there is no revocation list", Verify(trustpoint));
        _answer = (List(1, Start, TimeSpan.FromMinutes(lastsMinutes)), "");
        Assert.Equal(Now, _refresh.NextDeadline);
        Round();
        Assert.Null(Verify(trustpoint));
        Assert.Contains("trustpoint T: revocation list of " + Url + ": 0 revoked", Assert.Single(_log.All));
        Assert.Equal(minutes, Math.Round(_refresh.NextDeadline.Since(Now).TotalMinutes, 2));
        Assert.Equal([Url], _asked);
    }

    [Fact]
    public void RevokedPeer_IsRefusedFromTheNextListOn()
    {
        using Trustpoint trustpoint = Use(RevocationCheck.Crl);
        _answer = (List(1, Start, TimeSpan.FromDays(30)), "");
        Round();
        Assert.Null(Verify(trustpoint));
        _clock.Now += _refresh.NextDeadline.Since(Now);
        _answer = (List(2, _clock.Now, TimeSpan.FromDays(30), _spoke.SerialNumber), "");
        Round();
        Assert.Contains("is revoked by CN=Net", Verify(trustpoint));
    }

    [Fact]
    public void Failures_AreTriedAgainLaterAndLater_AndSayWhatFollows()
    {
        using Trustpoint trustpoint = Use(RevocationCheck.Crl);
        double[] waits = [.. Enumerable.Range(0, 9).Select(_ => Fail())];
        Assert.Equal([9.5, 19, 38, 76, 152, 304, 608, 855, 855], waits);
        Assert.Contains("no revocation list from http://pki.example.net/ca.crl: nothing is there; until there is one that counts, peers with certificates of this CA are refused", _log.All[0]);
        Assert.Contains("no revocation list", Verify(trustpoint));
        // A good answer ends it; the list at hand counts through the next failure.
        _answer = (List(1, _clock.Now, TimeSpan.FromHours(2)), "");
        Round();
        Assert.Null(Verify(trustpoint));
        _answer = ([], "nothing is there");
        _clock.Now += _refresh.NextDeadline.Since(Now);
        Assert.Equal(9.5, Fail());
        Assert.Contains("the list at hand goes on to count until", _log.All[^1]);
        Assert.Null(Verify(trustpoint));
    }

    [Fact]
    public void CrlNone_WithoutList_BelievesAndWarns()
    {
        using Trustpoint trustpoint = Use(RevocationCheck.CrlOrNone);
        Fail();
        Assert.Contains("certificates revoked since are believed ('revocation-check crl none')", Assert.Single(_log.All));
        Assert.Null(Verify(trustpoint));
    }

    [Fact]
    public void ListOfAnotherAuthority_OrOutOfDate_IsAFailure()
    {
        using Trustpoint trustpoint = Use(RevocationCheck.Crl);
        using CertificateAuthority other = CertificateAuthority.Create("Net", KeyKind.EcdsaP256, Start, 3650, out _);
        _answer = (Encoding.ASCII.GetBytes(other.RevocationList([], 1, Start, 30)), "");
        Round();
        Assert.Contains("it is signed by none of the CAs", _log.All[^1]);
        _answer = ("<html>"u8.ToArray(), "");
        _clock.Now += TimeSpan.FromMinutes(1);
        Round();
        Assert.Contains("it is no revocation list", _log.All[^1]);
        _clock.Now += TimeSpan.FromHours(9);
        _answer = (List(1, Start, TimeSpan.FromHours(1)), "");
        Round();
        Assert.Contains("the list there is out of date since 2026-06-01", _log.All[^1]);
        Assert.Contains("out of date", Verify(trustpoint));
    }

    [Fact]
    public void Reload_KeepsWhatWasFetched_AndAsksAnew()
    {
        using Trustpoint former = Use(RevocationCheck.Crl);
        _answer = (List(1, Start, TimeSpan.FromDays(30), _spoke.SerialNumber), "");
        Round();
        _answer = ([], "nothing is there");
        using Trustpoint reloaded = Use(RevocationCheck.Crl);
        Assert.Contains("is revoked", Verify(reloaded));
        Assert.Equal(Now, _refresh.NextDeadline);
        // Another address is another list.
        using Trustpoint elsewhere = Use(RevocationCheck.Crl, "http://elsewhere.example.net/ca.crl");
        Assert.Contains("there is no revocation list", Verify(elsewhere));
    }

    [Fact]
    public void AnswerForAFormerConfiguration_ChangesNothing()
    {
        using Trustpoint former = Use(RevocationCheck.Crl);
        _answer = (List(1, Start, TimeSpan.FromDays(30)), "");
        _refresh.OnDeadline(Now);
        Assert.True(_arrived.Wait(TimeSpan.FromSeconds(30)));
        using Trustpoint now = Use(RevocationCheck.None);
        _posted.Dequeue()(Now);
        Assert.Equal(Instant.Never, _refresh.NextDeadline);
        Assert.Empty(_log.All);
    }

    [Fact]
    public void FileThatEnded_IsSaidWithItsConsequence()
    {
        _clock.Now = Start.AddDays(40);
        using Trustpoint trustpoint = Use(RevocationCheck.Crl, url: null, file: List(1, Start, TimeSpan.FromDays(30)));
        Assert.Contains("the revocation list of crl-file is out of date since 2026-07-01", Assert.Single(_log.All));
        Assert.Equal(Instant.Never, _refresh.NextDeadline);
    }

    private double Fail()
    {
        Round();
        TimeSpan wait = _refresh.NextDeadline.Since(Now);
        _clock.Now += wait;
        return Math.Round(wait.TotalSeconds, 1);
    }

    /// <summary>What is due is fetched, and its outcome taken.</summary>
    private void Round()
    {
        _refresh.OnDeadline(Now);
        Assert.True(_arrived.Wait(TimeSpan.FromSeconds(30)));
        _posted.Dequeue()(Now);
    }

    private void Post(Action<Instant> work)
    {
        _posted.Enqueue(work);
        _arrived.Release();
    }

    private Trustpoint Use(RevocationCheck check, string? url = Url, byte[]? file = null)
    {
        var material = new TrustpointMaterial
        {
            Name = "T",
            Authorities = Encoding.ASCII.GetBytes(_ca.CertificatePem),
            RevocationList = file,
            ChecksRevocation = check != RevocationCheck.None,
            RequiresRevocationList = check == RevocationCheck.Crl,
        };
        Trustpoint trustpoint = TrustpointLoader.Load(material, _clock, out string failure)!;
        Assert.Equal("", failure);
        var config = new IkeConfig { Trustpoints = [new TrustpointConfig { Name = "T", CaFile = "ca.pem", CrlUrl = url, Revocation = check }] };
        _refresh.Use(config, new Dictionary<string, Trustpoint> { ["T"] = trustpoint }, Now);
        return trustpoint;
    }

    private string? Verify(Trustpoint trustpoint)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(_spoke.KeyPem);
        using Trustpoint own = TrustpointLoader.Load(new TrustpointMaterial
        {
            Name = "S",
            Authorities = Encoding.ASCII.GetBytes(_ca.CertificatePem),
            Certificates = Encoding.ASCII.GetBytes(_spoke.CertificatePem),
            Key = Encoding.ASCII.GetBytes(_spoke.KeyPem),
        }, _clock, out _)!;
        Assert.True(own.Key!.TrySign(Octets, [SignatureHash.Sha256], out IkeAuthMethod method, out byte[] authentication));
        return trustpoint.Verify(own.Chain.ToArray(), IkeIdentity.Fqdn("spoke1.net"), method, authentication, Octets).Failure;
    }

    /// <summary>A list that lasts so long from now on. The CA reckons in days: it is told a time of day that makes the end right.</summary>
    private byte[] List(int number, DateTimeOffset now, TimeSpan lasts, params string[] revoked)
    {
        int days = Math.Max(1, (int)lasts.TotalDays);
        DateTimeOffset made = now + lasts - TimeSpan.FromDays(days);
        return Encoding.ASCII.GetBytes(_ca.RevocationList(revoked.Select(serial => (serial, made)), number, made, days));
    }

    private sealed class TestClock : IWallClock
    {
        public DateTimeOffset Now { get; set; } = Start;
    }

    /// <summary>Always the middle of what it could be.</summary>
    private sealed class Middle : IRandom
    {
        public uint NextUInt32() => uint.MaxValue / 2;

        public void Fill(Span<byte> buffer) => buffer.Clear();
    }

    private sealed class Lines : ILogger
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format) => All.Add(format(state, exception));
    }
}
