using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Dmvpn.Crypto.Tests.Vectors;
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

    // prf+ is HKDF-Expand under another name (RFC 5869 2.3 says where it is from): RFC 5869 A.1, A.2 and A.4.
    [Theory]
    [InlineData(PrfId.HmacSha256, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5", "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")]
    [InlineData(PrfId.HmacSha1, "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243", "f0f1f2f3f4f5f6f7f8f9",
        "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896")]
    public void ExpansionOfRfc5869_Computed_Fits(PrfId prf, string key, string seed, string expected)
    {
        byte[] result = new byte[expected.Length / 2];
        Prf.Expand(prf, Octets.Of(key), Octets.Of(seed), result);
        Assert.Equal(expected, Convert.ToHexStringLower(result));
    }

    [Theory]
    [InlineData(PrfId.HmacSha1)]
    [InlineData(PrfId.HmacSha256)]
    [InlineData(PrfId.HmacSha384)]
    [InlineData(PrfId.HmacSha512)]
    public void Expansion_OfAnyLength_IsWhatAnotherImplementationMakes(PrfId prf) =>
        Gen.Select(Gen.Byte.Array[Prf.Length(prf), 80], Gen.Byte.Array[0, 600], Gen.Int[1, 255 * Prf.Length(prf)]).Sample((key, seed, length) =>
        {
            byte[] own = new byte[length], other = new byte[length];
            Prf.Expand(prf, key, seed, own);
            HKDF.Expand(Name(prf), key, other, seed);
            return own.AsSpan().SequenceEqual(other);
        }, iter: 100);

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

    // RFC 7296 2.13: "prf+ [is] not defined beyond 255 times the size of the prf function output".
    [Fact]
    public void Expansion_BeyondItsEnd_IsRefused()
    {
        Prf.Expand(PrfId.HmacSha1, [1], [2], new byte[255 * 20]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Prf.Expand(PrfId.HmacSha1, [1], [2], new byte[255 * 20 + 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Prf.Expand(PrfId.None, [1], [2], new byte[1]));
    }

    private static HashAlgorithmName Name(PrfId prf) => prf switch
    {
        PrfId.HmacSha1 => HashAlgorithmName.SHA1,
        PrfId.HmacSha256 => HashAlgorithmName.SHA256,
        PrfId.HmacSha384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };
}
