using System.Text;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

public sealed class PrfTests
{
    // RFC 4231 4.3 and RFC 2202, key "Jefe", data "what do ya want for nothing?".
    [Theory]
    [InlineData(PrfId.HmacSha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")]
    [InlineData(PrfId.HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData(PrfId.HmacSha384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649")]
    [InlineData(PrfId.HmacSha512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737")]
    public void KnownVector_Computed_Fits(PrfId prf, string expected)
    {
        byte[] result = new byte[Prf.Length(prf)];
        Prf.Compute(prf, "Jefe"u8, "what do ya want for nothing?"u8, result);
        Assert.Equal(expected, Convert.ToHexStringLower(result));
    }

    [Fact]
    public void Expansion_OfSeveralBlocks_IsTheChainOfRfc7296()
    {
        byte[] key = Encoding.ASCII.GetBytes("key"), seed = Encoding.ASCII.GetBytes("seed"), all = new byte[100];
        Prf.Expand(PrfId.HmacSha256, key, seed, all);
        byte[] previous = [], chain = [];
        for (byte n = 1; chain.Length < all.Length; n++)
        {
            byte[] block = new byte[32];
            Prf.Compute(PrfId.HmacSha256, key, [.. previous, .. seed, n], block);
            previous = block;
            chain = [.. chain, .. block];
        }
        Assert.Equal(chain[..100], all);
    }
}
