using System.Numerics;
using Dmvpn.Crypto.Tests.Vectors;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

public sealed class KeyExchangeTests
{
    public static TheoryData<DhGroup> Groups { get; } =
        [DhGroup.Modp2048, DhGroup.Modp3072, DhGroup.Modp4096, DhGroup.Ecp256, DhGroup.Ecp384, DhGroup.Ecp521, DhGroup.Curve25519];

    public static TheoryData<DhGroup> ModpGroups { get; } = [DhGroup.Modp2048, DhGroup.Modp3072, DhGroup.Modp4096];

    public static TheoryData<DhGroup> Curves { get; } = [DhGroup.Ecp256, DhGroup.Ecp384, DhGroup.Ecp521];

    [Theory]
    [MemberData(nameof(Groups))]
    public void TwoEnds_ExchangePublicValues_HaveOneSecret(DhGroup group)
    {
        using KeyExchange a = KeyExchange.Generate(group), b = KeyExchange.Generate(group);
        Assert.Equal(group, a.Group);
        Assert.Equal(KeyExchange.PublicLength(group), a.PublicValue.Length);
        Assert.False(a.PublicValue.SequenceEqual(b.PublicValue));
        Assert.True(a.TryDerive(b.PublicValue, out SecretBytes? ab));
        Assert.True(b.TryDerive(a.PublicValue, out SecretBytes? ba));
        Assert.True(ab.FixedTimeEquals(ba.Span));
        Assert.Equal(KeyExchange.SecretLength(group), ab.Length);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void ValueOfAnotherLength_Derived_IsRefused(DhGroup group)
    {
        using KeyExchange a = KeyExchange.Generate(group), b = KeyExchange.Generate(group);
        byte[] good = b.PublicValue.ToArray();
        Assert.False(a.TryDerive([], out SecretBytes? secret));
        Assert.Null(secret);
        Assert.False(a.TryDerive(good.AsSpan(1), out _));
        Assert.False(a.TryDerive(good.AsSpan(0, good.Length - 1), out _));
        Assert.False(a.TryDerive((byte[])[0, .. good], out _));
        Assert.False(a.TryDerive((byte[])[.. good, 0], out _));
        Assert.True(a.TryDerive(good, out _));
    }

    // RFC 6989 2.1: 1 < r < p - 1.
    [Theory]
    [MemberData(nameof(ModpGroups))]
    public void ModpValue_OutOfRange_IsRefused(DhGroup group)
    {
        BigInteger prime = ModpGroup.Prime(group);
        using KeyExchange own = KeyExchange.Generate(group);
        foreach (BigInteger bad in (BigInteger[])[0, 1, prime - 1, prime, prime + 1, BigInteger.Pow(2, own.PublicValue.Length * 8) - 1])
        {
            Assert.False(own.TryDerive(ModpGroup.Write(group, bad), out SecretBytes? secret));
            Assert.Null(secret);
        }
        foreach (BigInteger good in (BigInteger[])[2, 4, prime - 2])
        {
            Assert.True(own.TryDerive(ModpGroup.Write(group, good), out SecretBytes? secret));
            Assert.Equal(own.PublicValue.Length, secret.Length);
        }
    }

    // RFC 6989 2.3: coordinates in range, on the curve, not the point at infinity.
    [Theory]
    [MemberData(nameof(Curves))]
    public void Point_ThatIsNone_IsRefused(DhGroup group)
    {
        using KeyExchange own = KeyExchange.Generate(group), peer = KeyExchange.Generate(group);
        byte[] good = peer.PublicValue.ToArray();
        int half = good.Length / 2;
        byte[] swapped = [.. good[half..], .. good[..half]], flipped = [.. good], all = new byte[good.Length], one = new byte[good.Length];
        flipped[^1] ^= 1;
        Array.Fill(all, (byte)0xFF);
        one[^1] = 1;
        foreach (byte[] bad in (byte[][])[new byte[good.Length], one, all, swapped, flipped, [.. good[..half], .. new byte[half]]]) Assert.False(own.TryDerive(bad, out _));
        Assert.True(own.TryDerive(good, out _));
    }

    // RFC 8031 5: the secret of these is zero whatever the private key: 0, 1, p - 1, p, p + 1.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Curve25519Value_OfSmallOrder_IsRefused(string value)
    {
        using KeyExchange own = KeyExchange.Generate(DhGroup.Curve25519);
        Assert.False(own.TryDerive(Octets.Of(value), out SecretBytes? secret));
        Assert.Null(secret);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void SeveralThreads_OneGroup_DoNotMeet(DhGroup group)
    {
        using KeyExchange peer = KeyExchange.Generate(group);
        byte[] value = peer.PublicValue.ToArray();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            using KeyExchange own = KeyExchange.Generate(group);
            Assert.True(own.TryDerive(value, out SecretBytes? secret));
            secret.Dispose();
        });
    }

    [Fact]
    public void GroupsOfOthers_AskedFor_AreNotSupported()
    {
        foreach (DhGroup group in (DhGroup[])[DhGroup.None, DhGroup.Modp1024, DhGroup.Modp1536, (DhGroup)32, (DhGroup)65000])
        {
            Assert.False(KeyExchange.IsSupported(group));
            Assert.Equal(0, KeyExchange.SecretLength(group));
            Assert.Throws<ArgumentOutOfRangeException>(() => KeyExchange.Generate(group));
        }
    }

    [Fact]
    public void KeyExchange_Disposed_DerivesNothing()
    {
        KeyExchange own = KeyExchange.Generate(DhGroup.Curve25519);
        own.Dispose();
        own.Dispose();
        Assert.Throws<ObjectDisposedException>(() => own.TryDerive(new byte[32], out _));
    }
}
