using System.Numerics;
using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Vectors;

/// <summary>Exchanges that documents print, and MODP by arithmetic.</summary>
public sealed class KeyExchangeVectorTests
{
    // Private i, public i, private r, public r, secret. RFC 5903 8.1 to 8.3, RFC 8031 appendix A, RFC 7748 6.1.
    public static TheoryData<DhGroup, string, string, string, string, string> Documents { get; } = new()
    {
        {
            DhGroup.Ecp256,
            "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
            "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180 5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
            "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
            "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63 56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
            "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"
        },
        {
            DhGroup.Ecp384,
            "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE3FAEF896783AB194",
            """
            667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6DE3AC808ACB4BDB4C88732AEE95F41AA
            9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C
            """,
            "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942E0308312916B8ED2960E4BD55A7448FC",
            """
            E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D0D1AC43A0336DEF96FDA41D0774A3571
            DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6386C
            """,
            "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D09CF5D4A270F59746"
        },
        {
            DhGroup.Ecp521,
            "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A095AA85A30FE1C2952C6771D937BA9777F5957B2639BAB072462F68C27A57382D4A52",
            """
            0015417E84DBF28C0AD3C278713349DC7DF153C897A1891BD98BAB4357C9ECBEE1E3BF42E00B8E380AEAE57C2D107564941885942AF5A7F4601723C4195D176CED3E
            017CAE20B6641D2EEB695786D8C946146239D099E18E1D5A514C739D7CB4A10AD8A788015AC405D7799DC75E7B7D5B6CF2261A6A7F1507438BF01BEB6CA3926F9582
            """,
            "0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E9C677D600B343757A3BDBF2A3163E4C2F869CCA7458AA4A4EFFC311F5CB151685EB9",
            """
            00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A219B97C356436ADC6E95BB0352F6BE64A6C2912D4EF2D0433CED2B6171640012D9460F
            015C68226383956E3BD066E797B623C27CE0EAC2F551A10C2C724D9852077B87220B6536C5C408A1D2AEBB8E86D678AE49CB57091F4732296579AB44FCD17F0FC56A
            """,
            "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04D1427E73CA4BAA240A34786859810C06B3C715A3A8CC3151F2BEE417996D19F3DDEA"
        },
        {
            DhGroup.Curve25519,
            "751FB4308655B476B6789B7325F9EA8CDDD16A58533FF6D9E60009464A5F9D94",
            "48D5DDD4061257BA166FA3F9BBDB74F1A4E81C089384FA77F790709F0DFBC766",
            "0A54645253290D60DDADD0E030BACD9E5501EFDC220755A1E978F1B839A05688",
            "0BE7C1F5AAD87D7E448662673298A443478B859745179EAF564C79C0EF6EEE25",
            "C74950607A12327F3204D94B6825BFB068B7F8319A9E3708ED3D43CE8130C950"
        },
        {
            DhGroup.Curve25519,
            "77076D0A7318A57D3C16C17251B26645DF4C2F87EBC0992AB177FBA51DB92C2A",
            "8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A",
            "5DAB087E624A8A4B79E17F8B83800EE66F3BB1292618B6FD1C2F8B27FF88E0EB",
            "DE9EDB7D7B7DC1B4D35B61C2ECE435373F8343C85B78674DADFC7E146F882B4F",
            "4A5D9D5BA4CE2DE1728E3BF480350F25E07E21C947D19E3376F09B3C1E161742"
        },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void ExchangeOfADocument_BothEnds_HaveItsSecret(DhGroup group, string privateI, string publicI, string privateR, string publicR, string secret)
    {
        using KeyExchange i = PrivateKeys.Import(group, Octets.Of(privateI)), r = PrivateKeys.Import(group, Octets.Of(privateR));
        Assert.Equal(Octets.Of(publicI), i.PublicValue);
        Assert.Equal(Octets.Of(publicR), r.PublicValue);
        foreach ((KeyExchange own, KeyExchange peer) in ((KeyExchange, KeyExchange)[])[(i, r), (r, i)])
        {
            Assert.True(own.TryDerive(peer.PublicValue, out SecretBytes? shared));
            Assert.Equal(Octets.Of(secret), shared.Span);
            Assert.Equal(KeyExchange.SecretLength(group), shared.Length);
            shared.Dispose();
        }
    }

    [Theory]
    [InlineData(DhGroup.Modp2048)]
    [InlineData(DhGroup.Modp3072)]
    [InlineData(DhGroup.Modp4096)]
    public void ModpExchange_WithArithmetic_HasOneSecret(DhGroup group)
    {
        BigInteger prime = ModpGroup.Prime(group), exponent = ModpGroup.Read(RandomNumberGenerator.GetBytes(40));
        using KeyExchange own = KeyExchange.Generate(group);
        Assert.True(own.TryDerive(ModpGroup.Write(group, BigInteger.ModPow(2, exponent, prime)), out SecretBytes? shared));
        Assert.Equal(ModpGroup.Write(group, BigInteger.ModPow(ModpGroup.Read(own.PublicValue), exponent, prime)), shared.Span);
        shared.Dispose();
    }

    // RFC 7296 2.14: a secret with leading zeros keeps them. One public value in 256 gives one.
    [Fact]
    public void ModpExchange_SecretWithLeadingZero_HasTheLengthOfThePrime()
    {
        BigInteger prime = ModpGroup.Prime(DhGroup.Modp2048);
        using KeyExchange own = KeyExchange.Generate(DhGroup.Modp2048);
        BigInteger step = ModpGroup.Read(own.PublicValue), expected = step;
        int exponent = 1;
        for (; expected >> 2040 != 0; exponent++) expected = expected * step % prime;
        Assert.True(own.TryDerive(ModpGroup.Write(DhGroup.Modp2048, BigInteger.ModPow(2, exponent, prime)), out SecretBytes? shared));
        Assert.Equal(0, shared.Span[0]);
        Assert.Equal(ModpGroup.Write(DhGroup.Modp2048, expected), shared.Span);
        shared.Dispose();
    }
}
