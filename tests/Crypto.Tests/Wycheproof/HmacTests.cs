using System.Text.Json;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Wycheproof;

/// <summary>The HMACs as PRFs, with keys of any length, and as ESP's integrity where key and ICV have the length of the transform.</summary>
public sealed unsafe class HmacTests(ITestOutputHelper output)
{
    private const int EspHeaderLength = 8;

    [Theory]
    [InlineData("hmac_sha1_test.json", PrfId.HmacSha1, IntegrityId.HmacSha1)]
    [InlineData("hmac_sha256_test.json", PrfId.HmacSha256, IntegrityId.HmacSha256)]
    [InlineData("hmac_sha384_test.json", PrfId.HmacSha384, IntegrityId.HmacSha384)]
    [InlineData("hmac_sha512_test.json", PrfId.HmacSha512, IntegrityId.HmacSha512)]
    public void Vectors_Computed_AreJudgedRightly(string file, PrfId prf, IntegrityId integrity)
    {
        int judged = 0, esp = 0;
        foreach (JsonElement group in VectorFile.Groups(file))
        {
            int icvLength = Hmac.IcvLength(integrity), tagLength = group.Bits("tagSize") / 8;
            bool asEsp = group.Bits("keySize") == IkeCipher.IntegrityKeyLength(integrity) * 8 && tagLength >= icvLength;
            foreach (JsonElement test in VectorFile.Tests(group))
            {
                byte[] key = test.Octets("key"), message = test.Octets("msg"), tag = test.Octets("tag"), own = new byte[Prf.Length(prf)];
                bool valid = test.Result() == "valid";
                Prf.Compute(prf, key, message, own);
                Assert.True(valid == own.AsSpan(0, tag.Length).SequenceEqual(tag), test.Name());
                judged++;
                // A longer tag is cut to the ICV's length; what made it invalid may be behind that.
                if (!asEsp || message.Length < EspHeaderLength || (tagLength > icvLength && !valid)) continue;
                JudgeEsp(integrity, key, message, tag[..icvLength], valid, test.Name());
                esp++;
            }
        }
        output.WriteLine($"{judged} vectors, {esp} of them as an ESP packet");
        Assert.True(judged > 150 && esp > 10, $"{judged}, {esp}");
    }

    private static void JudgeEsp(IntegrityId integrity, byte[] key, byte[] message, byte[] tag, bool valid, string name)
    {
        var suite = new EspSuite(EncryptionId.Null, 0, integrity, Esn: false);
        int length = message.Length - EspHeaderLength;
        using EspCipher opener = EspCipher.CreateOpener(suite, key), sealer = EspCipher.CreateSealer(suite, key);
        byte[] received = [.. message, .. tag], sent = [.. message, .. new byte[tag.Length]];
        fixed (byte* p = received) Assert.True(valid == opener.TryOpen(p, length, 1), name);
        fixed (byte* p = sent) sealer.Seal(p, length, 1);
        Assert.True(valid == sent.AsSpan().SequenceEqual(received), name);
    }
}
