using System.Buffers.Binary;
using System.Text.Json;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Wycheproof;

/// <summary>AES-GCM, AES-GMAC and ChaCha20-Poly1305: the cipher itself, and the ciphers of IKE and ESP that it is part of, wherever a vector has their form.</summary>
public sealed unsafe class CombinedModeTests(ITestOutputHelper output)
{
    private const int NonceBits = 96;
    private const int SaltLength = 4;
    private const int IvLength = 8;
    private const int EspHeaderLength = 8;

    [Theory]
    [InlineData("aes_gcm_test.json", EncryptionId.AesGcm16, 120)]
    [InlineData("chacha20_poly1305_test.json", EncryptionId.ChaCha20Poly1305, 200)]
    public void Vectors_SealedAndOpened_AreJudgedRightly(string file, EncryptionId encryption, int least)
    {
        int judged = 0, ike = 0, esp = 0, otherNonces = 0;
        foreach (JsonElement group in VectorFile.Groups(file))
        {
            if (group.Bits("ivSize") != NonceBits)
            {
                // RFC 4106, RFC 7634 and RFC 5282 know no other nonce.
                otherNonces += group.GetProperty("tests").GetArrayLength();
                continue;
            }
            foreach (JsonElement test in VectorFile.Tests(group))
            {
                var vector = new Vector(encryption, group.Bits("keySize"), test);
                JudgeCipher(vector);
                judged++;
                ike += JudgeIke(vector);
                esp += JudgeEsp(vector);
            }
        }
        output.WriteLine($"{judged} vectors, {ike} of them as an SK payload, {esp} as an ESP packet; {otherNonces} with a nonce of another length left out");
        Assert.True(judged >= least && ike >= least && esp >= 5, $"{judged}, {ike}, {esp}");
    }

    [Fact]
    public void GmacVectors_Computed_AreJudgedRightly()
    {
        int judged = 0;
        foreach (JsonElement group in VectorFile.Groups("aes_gmac_test.json"))
        {
            if (group.Bits("ivSize") != NonceBits) continue;
            nint cipher = CryptoLibrary.Cipher(EncryptionId.NullAesGmac, group.Bits("keySize"));
            foreach (JsonElement test in VectorFile.Tests(group))
            {
                byte[] key = test.Octets("key"), iv = test.Octets("iv"), message = test.Octets("msg"), tag = test.Octets("tag"), own = new byte[16];
                bool valid = test.Result() == "valid";
                CipherMessage.Seal(cipher, key, iv, message, [], own);
                Assert.True(valid == own.AsSpan().SequenceEqual(tag), test.Name());
                Assert.True(valid == CipherMessage.TryOpen(cipher, key, iv, message, [], tag), test.Name());
                judged++;
            }
        }
        Assert.True(judged > 200, $"{judged}");
    }

    private static void JudgeCipher(Vector vector)
    {
        nint cipher = CryptoLibrary.Cipher(vector.Encryption, vector.KeyBits);
        byte[] text = [.. vector.Text], tag = new byte[16];
        CipherMessage.Seal(cipher, vector.Key, vector.Nonce, vector.Associated, text, tag);
        Assert.True(vector.Valid == (text.AsSpan().SequenceEqual(vector.Ciphertext) && tag.AsSpan().SequenceEqual(vector.Tag)), vector.Name);
        text = [.. vector.Ciphertext];
        Assert.True(vector.Valid == CipherMessage.TryOpen(cipher, vector.Key, vector.Nonce, vector.Associated, text, vector.Tag), vector.Name);
        if (vector.Valid) Assert.True(text.AsSpan().SequenceEqual(vector.Text), vector.Name);
    }

    /// <summary>The associated data as message in front of the payload's body; the vector's last octet is the pad length.</summary>
    private static int JudgeIke(Vector vector)
    {
        using IkeCipher cipher = IkeCipher.Create(vector.Encryption, vector.KeyBits, IntegrityId.None, [.. vector.Key, .. vector.Nonce[..SaltLength]], []);
        byte[] message = [.. vector.Associated, .. vector.Nonce[SaltLength..], .. vector.Ciphertext, .. vector.Tag];
        bool good = cipher.TryOpen(message, vector.Associated.Length, out int offset, out int length);
        int expected = vector.Text.Length == 0 ? -1 : vector.Text.Length - 1 - vector.Text[^1];
        Assert.True(good == (vector.Valid && expected >= 0), vector.Name);
        if (good) Assert.True(message.AsSpan(offset, length).SequenceEqual(vector.Text.AsSpan(0, expected)), vector.Name);
        return 1;
    }

    /// <summary>Associated data of 8 octets are SPI and sequence number, of 12 those with ESN.</summary>
    private static int JudgeEsp(Vector vector)
    {
        bool esn = vector.Associated.Length == EspHeaderLength + 4;
        if (!esn && vector.Associated.Length != EspHeaderLength) return 0;
        int keyBits = vector.Encryption == EncryptionId.ChaCha20Poly1305 ? 0 : vector.KeyBits;
        var suite = new EspSuite(vector.Encryption, keyBits, IntegrityId.None, esn);
        byte[] key = [.. vector.Key, .. vector.Nonce[..SaltLength]];
        byte[] header = [.. vector.Associated[..4], .. vector.Associated[^4..]], iv = vector.Nonce[SaltLength..];
        byte[] packet = [.. header, .. iv, .. vector.Ciphertext, .. vector.Tag];
        using EspCipher opener = EspCipher.CreateOpener(suite, key), sealer = EspCipher.CreateSealer(suite, key);
        fixed (byte* p = packet)
        {
            Assert.True(vector.Valid == opener.TryOpen(p, vector.Text.Length, BinaryPrimitives.ReadUInt64BigEndian(vector.Associated.AsSpan()[^8..])), vector.Name);
        }
        if (vector.Valid) Assert.True(packet.AsSpan(EspHeaderLength + IvLength, vector.Text.Length).SequenceEqual(vector.Text), vector.Name);
        // Our IV is the sequence number; with ESN that is in the associated data, where these vectors have another.
        if (esn) return 1;
        byte[] own = [.. header, .. new byte[IvLength], .. vector.Text, .. new byte[16]];
        fixed (byte* p = own) sealer.Seal(p, vector.Text.Length, BinaryPrimitives.ReadUInt64BigEndian(iv));
        Assert.True(vector.Valid == own.AsSpan().SequenceEqual((byte[])[.. header, .. iv, .. vector.Ciphertext, .. vector.Tag]), vector.Name);
        return 1;
    }

    private sealed class Vector(EncryptionId encryption, int keyBits, JsonElement test)
    {
        public EncryptionId Encryption => encryption;

        public int KeyBits => keyBits;

        public string Name { get; } = test.Name();

        // No "acceptable" in these files; one would fail as what is not valid.
        public bool Valid { get; } = test.Result() == "valid";

        public byte[] Key { get; } = test.Octets("key");

        public byte[] Nonce { get; } = test.Octets("iv");

        public byte[] Associated { get; } = test.Octets("aad");

        public byte[] Text { get; } = test.Octets("msg");

        public byte[] Ciphertext { get; } = test.Octets("ct");

        public byte[] Tag { get; } = test.Octets("tag");
    }
}
