using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike.Tests.Parts;

/// <summary>Recorded sessions show that the schedule is the RFC's (<see cref="Captures.CaptureTests"/>); here is what they have not.</summary>
public sealed class KeyScheduleTests
{
    private static readonly IkeSuite Gcm = new(EncryptionId.AesGcm16, 256, IntegrityId.None, PrfId.HmacSha384, DhGroup.Ecp384);
    private static readonly IkeSuite Cbc = new(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, PrfId.HmacSha512, DhGroup.Modp2048);
    private static readonly byte[] Ni = Bytes(32, 1), Nr = Bytes(32, 2), Shared = Bytes(48, 3);

    [Fact]
    public void Suite_KeysHaveTheLengthsOfItsAlgorithms()
    {
        using IkeKeys gcm = IkeKeySchedule.Initial(Gcm, Ni, Nr, Shared, 1, 2), cbc = IkeKeySchedule.Initial(Cbc, Ni, Nr, Shared, 1, 2);
        Assert.Equal([48, 0, 36, 48], [gcm.SkD.Length, gcm.SkAi.Length, gcm.SkEr.Length, gcm.SkPr.Length]);
        Assert.Equal([64, 32, 16, 64], [cbc.SkD.Length, cbc.SkAr.Length, cbc.SkEi.Length, cbc.SkPi.Length]);
    }

    [Fact]
    public void Keys_AreTheSuccessiveOctetsOfPrfPlus()
    {
        // {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr), SKEYSEED = prf(Ni | Nr, g^ir)
        using IkeKeys keys = IkeKeySchedule.Initial(Cbc, Ni, Nr, Shared, 0x0102030405060708, 0x1112131415161718);
        byte[] seed = new byte[64], all = new byte[64 + 64 + 32 + 128];
        Prf.Compute(PrfId.HmacSha512, [.. Ni, .. Nr], Shared, seed);
        Prf.Expand(PrfId.HmacSha512, seed, [.. Ni, .. Nr, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18], all);
        Assert.Equal(all, (byte[])[.. keys.SkD.Span, .. keys.SkAi.Span, .. keys.SkAr.Span, .. keys.SkEi.Span, .. keys.SkEr.Span, .. keys.SkPi.Span, .. keys.SkPr.Span]);
    }

    [Fact]
    public void RekeyedSa_WithAnotherPrf_SeedIsOfTheOldOne_KeysOfTheNewOne()
    {
        byte[] oldSkD = Bytes(48, 9), seed = new byte[48], skD = new byte[64];
        using IkeKeys keys = IkeKeySchedule.Rekeyed(Cbc, PrfId.HmacSha384, oldSkD, Ni, Nr, Shared, 5, 6);
        Prf.Compute(PrfId.HmacSha384, oldSkD, [.. Shared, .. Ni, .. Nr], seed);
        Prf.Expand(PrfId.HmacSha512, seed, [.. Ni, .. Nr, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6], skD);
        Assert.True(keys.SkD.FixedTimeEquals(skD));
    }

    [Fact]
    public void ResumedSa_SeedIsOfTheOldSkDAndTheWord()
    {
        byte[] oldSkD = Bytes(48, 9), seed = new byte[48], skD = new byte[48];
        using IkeKeys keys = IkeKeySchedule.Resumed(Gcm, oldSkD, Ni, Nr, 5, 6);
        Prf.Compute(PrfId.HmacSha384, oldSkD, [.. "Resumption"u8, .. Ni, .. Nr], seed);
        Prf.Expand(PrfId.HmacSha384, seed, [.. Ni, .. Nr, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6], skD);
        Assert.True(keys.SkD.FixedTimeEquals(skD));
    }

    [Fact]
    public void ChildSa_InitiatorsDirectionFirst_WithItsOwnSecretInFront()
    {
        var suite = new EspSuite(EncryptionId.AesCbc, 256, IntegrityId.HmacSha256, false);
        byte[] skD = Bytes(32, 7), material = new byte[128];
        ChildKeys keys = IkeKeySchedule.Child(PrfId.HmacSha256, skD, suite, Shared, Ni, Nr), without = IkeKeySchedule.Child(PrfId.HmacSha256, skD, suite, [], Ni, Nr);
        Prf.Expand(PrfId.HmacSha256, skD, [.. Shared, .. Ni, .. Nr], material);
        Assert.Equal(material, (byte[])[.. keys.FromInitiator.Span, .. keys.FromResponder.Span]);
        Assert.Equal(64, keys.FromInitiator.Length);
        Assert.False(keys.FromInitiator.FixedTimeEquals(without.FromInitiator.Span));
        keys.Dispose();
        without.Dispose();
        Assert.Equal(0, keys.FromInitiator.Length);
    }

    [Theory]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.None)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacSha1)]
    [InlineData(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None)]
    public void BothEnds_TheirCiphersUnderstandEachOther_AndNotThemselves(EncryptionId encryption, int bits, IntegrityId integrity)
    {
        var suite = new IkeSuite(encryption, bits, integrity, PrfId.HmacSha256, DhGroup.Curve25519);
        Assert.True(suite.IsSupported);
        using IkeKeys initiator = IkeKeySchedule.Initial(suite, Ni, Nr, Shared, 1, 2), responder = IkeKeySchedule.Initial(suite, Ni, Nr, Shared, 1, 2);
        using IkeCipher seals = initiator.CreateCipher(true), opens = responder.CreateCipher(true), others = responder.CreateCipher(false);
        var header = new IkeHeader(1, 2, default, IkeExchangeType.Auth, IkeFlags.Initiator, 1);
        byte[] message = Assert.Single(IkeFragmenter.Protect(header, IkePayloadType.Nonce, Bytes(100, 5), seals, int.MaxValue));
        Assert.False(others.TryOpen([.. message], 32, out _, out _));
        initiator.ForgetMessageKeys();
        Assert.Equal(0, initiator.SkEi.Length);
        byte[] opened = [.. message];
        Assert.True(opens.TryOpen(opened, 32, out int at, out int length));
        Assert.Equal(Bytes(100, 5), opened[at..(at + length)]);
    }

    [Theory]
    [InlineData(EncryptionId.AesGcm16, 256, IntegrityId.HmacSha256, PrfId.HmacSha256, DhGroup.Ecp256)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.None, PrfId.HmacSha256, DhGroup.Ecp256)]
    [InlineData(EncryptionId.AesCbc, 100, IntegrityId.HmacSha1, PrfId.HmacSha256, DhGroup.Ecp256)]
    [InlineData(EncryptionId.NullAesGmac, 128, IntegrityId.None, PrfId.HmacSha256, DhGroup.Ecp256)]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, PrfId.None, DhGroup.Ecp256)]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.HmacSha1, PrfId.HmacSha1, DhGroup.Modp1024)]
    public void Suite_ThatDoesNotAddUp_IsNotSupported(EncryptionId encryption, int bits, IntegrityId integrity, PrfId prf, DhGroup group) =>
        Assert.False(new IkeSuite(encryption, bits, integrity, prf, group).IsSupported);

    internal static byte[] Bytes(int length, byte start) => [.. Enumerable.Range(0, length).Select(i => (byte)(start + i * 7))];
}
