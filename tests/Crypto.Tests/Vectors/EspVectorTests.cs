using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Vectors;

/// <summary>Packets that documents print, octet for octet.</summary>
public sealed unsafe class EspVectorTests
{
    private const int HeaderLength = 8;

    // RFC 3602 4, cases 5 to 8: the IVs are given, which a sealer of ours makes up; and there is no ICV, which we add.
    public static TheoryData<string, string, string, string, string> Rfc3602 { get; } = new()
    {
        {
            "90d382b410eeba7ad938c46cec1a82bf", "0000432100000001", "e96e8c08ab465763fd098d45dd3ff893",
            """
            08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637
            0102030405060708090a0b0c0d0e0e01
            """,
            """
            f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a
            a269add047ad2d5913ac19b7cfbad4a6
            """
        },
        {
            "90d382b410eeba7ad938c46cec1a82bf", "0000432100000008", "69d08df7d203329db093fc4924e5bd80",
            """
            0800b5e8a80a0500a69c083d0b660e0077777777777777777777777701020201
            """,
            """
            f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75
            """
        },
        {
            "0123456789abcdef0123456789abcdef", "0000876500000002", "f4e765244f6407adf13dc1380f673f37",
            """
            45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223
            2425262728292a2b2c2d2e2f30313233343536370102030405060708090a0a04
            """,
            """
            773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5
            c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d
            """
        },
        {
            "0123456789abcdef0123456789abcdef", "0000876500000005", "85d47224b5f3dd5d2101d4ea8dffab22",
            """
            45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300ffffffffffffffffffffffffffffffffffffffffffffffffffffffff
            ffffffff0102030405060708090a0a04
            """,
            """
            15b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb50f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207ed971ef3
            d2726d9b5ef6affc6d17a0decbb13892
            """
        },
    };

    [Theory]
    [MemberData(nameof(Rfc3602))]
    public void PacketOfRfc3602_Opened_HasThatText(string key, string header, string iv, string text, string encrypted)
    {
        byte[] integrityKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] protectedPart = Octets.Of(header + iv + encrypted);
        byte[] packet = [.. protectedPart, .. HMACSHA256.HashData(integrityKey, protectedPart)[..16]];
        var suite = new EspSuite(EncryptionId.AesCbc, 128, IntegrityId.HmacSha256, Esn: false);
        using EspCipher opener = EspCipher.CreateOpener(suite, [.. Octets.Of(key), .. integrityKey]);
        byte[] expected = Octets.Of(text);
        fixed (byte* p = packet) Assert.True(opener.TryOpen(p, expected.Length, 1));
        Assert.Equal(expected, packet.AsSpan(HeaderLength + 16, expected.Length));
    }

    // Key material, associated data, IV, text, ciphertext and ICV. draft-mcgrew-gcm-test-01, "Test Vectors for AES-GCM ESP" (one with ESN, one without, one for RFC 4543), and RFC 7634, appendix A.
    public static TheoryData<EncryptionId, int, string, string, string, string, string> Combined { get; } = new()
    {
        {
            EncryptionId.AesGcm16, 128, "4c80cdefbb5d10da906ac73c3613a634 2e443b68", "00004321 87654321 00000000", "4956ed7e3b244cfe",
            "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f756470037369700963796265726369747902646b000021000101020201",
            """
            fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732
            459018148f6cbe722fd04796562dfdb4
            """
        },
        {
            EncryptionId.AesGcm16, 128, "feffe9928665731c6d6a8f9467308308 cafebabe", "0000a5f8 0000000a", "facedbaddecaf888",
            "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d001000001000000000000037369700963796265726369747902646b00000100010001",
            """
            deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd1
            83b70d3aa8bc6ee4c309e9d85a41ad4a
            """
        },
        {
            EncryptionId.NullAesGmac, 128, "4c80cdefbb5d10da906ac73c3613a634 22433c64", "00004321 00000007", "0000000000000000",
            "45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f707172737401020201",
            """
            45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f707172737401020201
            f2a9a836e155106aa8dcd618e4099aaa
            """
        },
        {
            EncryptionId.ChaCha20Poly1305, 0, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3", "01020304 00000005", "1011121314151617",
            """
            45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f1011121314151617
            18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363701020204
            """,
            """
            24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f7
            2aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da9165b82829f641e0
            76aaa8266b7fb0f7b11b369907e1ad43
            """
        },
    };

    [Theory]
    [MemberData(nameof(Combined))]
    public void PacketOfADocument_OpenedAndSealed_IsThat(EncryptionId encryption, int bits, string key, string associated, string iv, string text, string encrypted)
    {
        byte[] header = Octets.Of(associated), ivOctets = Octets.Of(iv), plain = Octets.Of(text), expected = Octets.Of(encrypted);
        bool esn = header.Length > HeaderLength;
        var suite = new EspSuite(encryption, bits, IntegrityId.None, esn);
        using EspCipher opener = EspCipher.CreateOpener(suite, Octets.Of(key)), sealer = EspCipher.CreateSealer(suite, Octets.Of(key));
        byte[] start = [.. header[..4], .. header[^4..]], packet = [.. start, .. ivOctets, .. expected];
        fixed (byte* p = packet) Assert.True(opener.TryOpen(p, plain.Length, BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan()[^8..])));
        Assert.Equal(plain, packet.AsSpan(HeaderLength + opener.IvLength, plain.Length));
        // Our IV is the sequence number, and with ESN that is authenticated too, where the document has two different numbers.
        if (esn) return;
        byte[] own = [.. start, .. new byte[opener.IvLength], .. plain, .. new byte[opener.IcvLength]];
        fixed (byte* p = own) sealer.Seal(p, plain.Length, BinaryPrimitives.ReadUInt64BigEndian(ivOctets));
        Assert.Equal((byte[])[.. start, .. ivOctets, .. expected], own);
    }

    // RFC 4868 2.7.2, AUTH256-1, AUTH384-1, AUTH512-1; RFC 2202, case 1, cut as RFC 2404 says. The data are "Hi There": an ESP packet without payload.
    [Theory]
    [InlineData(IntegrityId.HmacSha1, 20, "b617318655057264e28bc0b6")]
    [InlineData(IntegrityId.HmacSha256, 32, "198a607eb44bfbc69903a0f1cf2bbdc5")]
    [InlineData(IntegrityId.HmacSha384, 48, "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973")]
    [InlineData(IntegrityId.HmacSha512, 64, "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8")]
    public void IntegrityOfADocument_Sealed_IsThat(IntegrityId integrity, int keyLength, string icv)
    {
        byte[] key = new byte[keyLength];
        Array.Fill(key, (byte)0x0B);
        using EspCipher sealer = EspCipher.CreateSealer(new EspSuite(EncryptionId.Null, 0, integrity, Esn: false), key);
        byte[] packet = [.. "Hi There"u8, .. new byte[sealer.IcvLength]];
        fixed (byte* p = packet) sealer.Seal(p, 0, 1);
        Assert.Equal(icv, Convert.ToHexStringLower(packet.AsSpan(HeaderLength)));
    }

    // RFC 4303 2.2.1: with ESN the upper half is behind the packet when the ICV is computed. No document has a vector; the base class library's own AES and HMAC judge.
    [Theory]
    [InlineData(EncryptionId.AesCbc, 128, false)]
    [InlineData(EncryptionId.AesCbc, 256, true)]
    [InlineData(EncryptionId.Null, 0, true)]
    public void SeparateCiphers_Sealed_AreWhatAnotherImplementationMakes(EncryptionId encryption, int bits, bool esn)
    {
        const ulong Sequence = 0x0000_0007_0000_0009;
        var suite = new EspSuite(encryption, bits, IntegrityId.HmacSha256, esn);
        byte[] key = [.. Enumerable.Range(1, EspCipher.KeyMaterialLength(suite)).Select(i => (byte)i)], plain = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        using EspCipher sealer = EspCipher.CreateSealer(suite, key);
        byte[] packet = [0, 0, 0x43, 0x21, 0, 0, 0, 9, .. new byte[sealer.IvLength], .. plain, .. new byte[sealer.IcvLength]];
        fixed (byte* p = packet) sealer.Seal(p, plain.Length, Sequence);
        byte[] authenticated = [.. packet[..^16], .. esn ? new byte[] { 0, 0, 0, 7 } : []];
        Assert.Equal(HMACSHA256.HashData(key.AsSpan(bits / 8), authenticated)[..16], packet[^16..]);
        byte[] text = packet[(HeaderLength + sealer.IvLength)..^16];
        if (bits > 0)
        {
            using Aes aes = Aes.Create();
            aes.SetKey(key.AsSpan(0, bits / 8));
            text = aes.DecryptCbc(text, packet.AsSpan(HeaderLength, sealer.IvLength), PaddingMode.None);
        }
        Assert.Equal(plain, text);
    }
}
