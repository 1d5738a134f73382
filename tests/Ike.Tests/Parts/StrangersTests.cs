using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>What strangers get: cookies (RFC 7296 2.6), a limited number of answers (2.21.4), crash tokens (RFC 6290).</summary>
public sealed class StrangersTests
{
    private static readonly IpAddress Source = IpAddress.Parse("192.0.2.1");
    private static readonly byte[] Ni = KeyScheduleTests.Bytes(32, 1);

    [Fact]
    public void Cookie_IsGoodForItsRequestOnly()
    {
        using var jar = new CookieJar(new SeededRandom(1));
        byte[] cookie = Give(jar, Instant.Zero);
        Assert.True(cookie.Length <= IkeSpec.MaximumCookie);
        Assert.True(jar.Accepts(cookie, Ni, Source, 7, Instant.Zero));
        Assert.False(jar.Accepts(cookie, KeyScheduleTests.Bytes(32, 2), Source, 7, Instant.Zero));
        Assert.False(jar.Accepts(cookie, Ni, IpAddress.Parse("192.0.2.2"), 7, Instant.Zero));
        Assert.False(jar.Accepts(cookie, Ni, Source, 8, Instant.Zero));
        Assert.False(jar.Accepts([], Ni, Source, 7, Instant.Zero));
        Assert.False(jar.Accepts(cookie.AsSpan(1), Ni, Source, 7, Instant.Zero));
        for (int i = 0; i < cookie.Length; i++)
        {
            byte[] changed = [.. cookie];
            changed[i] ^= 1;
            Assert.False(jar.Accepts(changed, Ni, Source, 7, Instant.Zero));
        }
        using var other = new CookieJar(new SeededRandom(2));
        Assert.False(other.Accepts(cookie, Ni, Source, 7, Instant.Zero));
    }

    [Theory]
    [InlineData(0, 59, true)]
    [InlineData(0, 61, true)]
    [InlineData(59, 119, true)]
    [InlineData(59, 121, false)]
    [InlineData(0, 119, true)]
    [InlineData(0, 121, false)]
    [InlineData(0, 3600, false)]
    public void Cookie_OutlivesOneChangeOfTheSecret_NotTwo(double given, double shown, bool accepted)
    {
        using var jar = new CookieJar(new SeededRandom(1));
        Give(jar, Instant.Zero);
        byte[] cookie = Give(jar, Instant.FromSeconds(given));
        Assert.Equal(accepted, jar.Accepts(cookie, Ni, Source, 7, Instant.FromSeconds(shown)));
    }

    [Fact]
    public void Cookie_AfterManyChanges_VersionWrapsRoundAndOldOnesStayBad()
    {
        using var jar = new CookieJar(new SeededRandom(1));
        byte[] first = Give(jar, Instant.Zero);
        for (int i = 1; i <= 256; i++)
        {
            Instant now = Instant.FromSeconds(60 * i);
            Assert.True(jar.Accepts(Give(jar, now), Ni, Source, 7, now));
        }
        Assert.Equal(first[0], Give(jar, Instant.FromSeconds(60 * 256))[0]);
        Assert.False(jar.Accepts(first, Ni, Source, 7, Instant.FromSeconds(60 * 256)));
    }

    [Fact]
    public void Budget_OneSourceUsesItUp_OthersDoNotMind_AndItComesBack()
    {
        var budget = new SourceBudget(new SeededRandom(1), 10, 2);
        Instant now = Instant.FromSeconds(5);
        for (int i = 0; i < 10; i++) Assert.True(budget.TryTake(Source, now));
        for (int i = 0; i < 100; i++) Assert.False(budget.TryTake(Source, now));
        int others = Enumerable.Range(0, 200).Count(i => budget.TryTake(IpAddress.FromIPv4(0x0A000000 + (uint)i), now));
        Assert.True(others >= 195, $"{others}");
        Assert.False(budget.TryTake(Source, now + TimeSpan.FromSeconds(0.4)));
        Assert.True(budget.TryTake(Source, now + TimeSpan.FromSeconds(0.6)));
        now += TimeSpan.FromSeconds(1000);
        for (int i = 0; i < 10; i++) Assert.True(budget.TryTake(Source, now));
        Assert.False(budget.TryTake(Source, now));
    }

    [Fact]
    public void Budget_OneIPv6Network_IsOneSource()
    {
        var budget = new SourceBudget(new SeededRandom(1), 10, 1);
        int taken = Enumerable.Range(0, 1000).Count(i => budget.TryTake(IpAddress.Parse($"2001:db8:0:1::{i:x}"), Instant.Zero));
        Assert.Equal(10, taken);
        Assert.True(budget.TryTake(IpAddress.Parse("2001:db8:0:2::1"), Instant.Zero));
    }

    [Fact]
    public void Budget_FloodFromEverywhere_IsBoundedByTheTable()
    {
        var budget = new SourceBudget(new SeededRandom(1), 10, 1);
        int taken = Enumerable.Range(0, 200_000).Count(i => budget.TryTake(IpAddress.FromIPv4((uint)i * 2654435761), Instant.Zero));
        Assert.Equal(10 * 4096, taken);
    }

    [Fact]
    public void CrashToken_FollowsFromSpisAndSecret_AndIsRecognised()
    {
        using var secret = new SecretBytes(KeyScheduleTests.Bytes(32, 1));
        using var other = new SecretBytes(KeyScheduleTests.Bytes(32, 2));
        byte[] token = QcdToken.Of(secret, 1, 2);
        Assert.Equal(QcdToken.Length, token.Length);
        Assert.Equal(token, QcdToken.Of(secret, 1, 2));
        Assert.NotEqual(token, QcdToken.Of(secret, 2, 1));
        Assert.NotEqual(token, QcdToken.Of(other, 1, 2));

        Assert.Equal(token, QcdToken.Read(Shown(token)));
        Assert.True(QcdToken.IsShown(Shown(token), token));
        Assert.True(QcdToken.IsShown(Shown(new byte[32], new byte[16], new byte[128], token), token));
        Assert.False(QcdToken.IsShown(Shown(new byte[32], new byte[32], new byte[32], new byte[32], token), token));
        Assert.False(QcdToken.IsShown(Shown(token[..31]), token));
        Assert.False(QcdToken.IsShown(Shown(), token));
        // No token was given: nothing can be it.
        Assert.False(QcdToken.IsShown(Shown([[]]), []));
    }

    [Theory]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void CrashToken_OfAPeer_HasFrom16To128Octets(int length, bool kept) => Assert.Equal(kept, QcdToken.Read(Shown(new byte[length])) is not null);

    private static IkePayloadChain Shown(params byte[][] tokens) => Chains.Of((ref IkePayloadWriter writer) =>
    {
        writer.Notify(IkeNotifyType.InvalidIkeSpi);
        foreach (byte[] token in tokens) writer.Notify(IkeNotifyType.QuickCrashDetection, token);
    });

    private static byte[] Give(CookieJar jar, Instant now)
    {
        byte[] cookie = new byte[CookieJar.Length];
        jar.Write(Ni, Source, 7, now, cookie);
        return cookie;
    }
}
