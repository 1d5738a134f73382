using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// AES-CBC or NULL with an HMAC for ESP (RFC 4303 3.3.2.1, RFC 3602, RFC 2410, RFC 4868): encrypt, then ICV over everything from the SPI on; with ESN the upper half of the sequence number behind it. The ICV is checked, in
/// constant time, before anything is decrypted.
/// </summary>
internal sealed unsafe class SeparateEspCipher : EspCipher
{
    private const int BlockLength = 16;

    private readonly bool _seals;
    private readonly bool _esn;
    private readonly int _icvLength;
    private nint _cipher;
    private nint _hmac;
    private nint _ivCipher;
    private ulong _ivCounter;

    public SeparateEspCipher(EspSuite suite, ReadOnlySpan<byte> keyMaterial, bool seals)
    {
        (_seals, _esn, _icvLength) = (seals, suite.Esn, Hmac.IcvLength(suite.Integrity));
        int integrityLength = IkeCipher.IntegrityKeyLength(suite.Integrity);
        ReadOnlySpan<byte> encryptionKey = keyMaterial[..^integrityLength];
        if (suite.Encryption == EncryptionId.AesCbc) _cipher = NewCipher(suite.KeyBits, encryptionKey, seals);
        if (_cipher != 0 && seals)
        {
            Span<byte> key = stackalloc byte[16];
            RandomNumberGenerator.Fill(key);
            _ivCipher = NewCipher(128, key, seals: true);
            CryptographicOperations.ZeroMemory(key);
        }
        _hmac = LibCrypto.MacContextNew(CryptoLibrary.Hmac);
        fixed (byte* key = keyMaterial[^integrityLength..], hash = Hmac.HashName(suite.Integrity), digest = "digest\0"u8)
        {
            // OSSL_PARAM_UTF8_STRING is 4; the list ends with an empty one.
            LibCrypto.Parameter* parameters = stackalloc LibCrypto.Parameter[2];
            parameters[0] = new LibCrypto.Parameter { Key = digest, Type = 4, Data = hash, Size = 0, Returned = nuint.MaxValue };
            parameters[1] = default;
            CryptoLibrary.Check(LibCrypto.MacInit(_hmac, key, (nuint)integrityLength, parameters), "take a key");
        }
    }

    ~SeparateEspCipher() => Free();

    public override int IvLength => _cipher != 0 ? BlockLength : 0;

    public override int IcvLength => _icvLength;

    public override int Alignment => _cipher != 0 ? BlockLength : 4;

    public override void Seal(byte* packet, int payloadLength, ulong sequence)
    {
        byte* iv = packet + EspSpec.HeaderLength, text = iv + IvLength;
        if (_cipher != 0)
        {
            NewIv(iv);
            int written;
            CryptoLibrary.Check(LibCrypto.CipherSetIv(_cipher, 0, null, iv, 1, 0) <= 0 ? 0 : LibCrypto.CipherUpdate(_cipher, text, &written, text, payloadLength), "encrypt a packet");
        }
        byte* icv = stackalloc byte[Hmac.MaximumLength];
        CryptoLibrary.Check(ComputeIcv(packet, EspSpec.HeaderLength + IvLength + payloadLength, sequence, icv), "authenticate a packet");
        new ReadOnlySpan<byte>(icv, _icvLength).CopyTo(new Span<byte>(text + payloadLength, _icvLength));
    }

    public override bool TryOpen(byte* packet, int payloadLength, ulong sequence)
    {
        byte* iv = packet + EspSpec.HeaderLength, text = iv + IvLength;
        byte* icv = stackalloc byte[Hmac.MaximumLength];
        if (ComputeIcv(packet, EspSpec.HeaderLength + IvLength + payloadLength, sequence, icv) <= 0) return false;
        if (!CryptographicOperations.FixedTimeEquals(new ReadOnlySpan<byte>(icv, _icvLength), new ReadOnlySpan<byte>(text + payloadLength, _icvLength))) return false;
        if (_cipher == 0) return true;
        if (payloadLength % BlockLength != 0) return false;
        int written;
        return LibCrypto.CipherSetIv(_cipher, 0, null, iv, 0, 0) > 0 && LibCrypto.CipherUpdate(_cipher, text, &written, text, payloadLength) > 0;
    }

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// An IV that nobody can foretell (RFC 3602 3): a counter under a key of its own, which is one block of AES instead of a call for random numbers for each packet (NIST SP 800-38A, appendix C).
    /// </summary>
    private void NewIv(byte* iv)
    {
        ((ulong*)iv)[0] = 0;
        ((ulong*)iv)[1] = ++_ivCounter;
        byte* zero = stackalloc byte[BlockLength];
        new Span<byte>(zero, BlockLength).Clear();
        int written;
        CryptoLibrary.Check(LibCrypto.CipherSetIv(_ivCipher, 0, null, zero, 1, 0) <= 0 ? 0 : LibCrypto.CipherUpdateShort(_ivCipher, iv, &written, iv, BlockLength), "make an IV");
    }

    private int ComputeIcv(byte* packet, int length, ulong sequence, byte* icv)
    {
        nuint written;
        if (LibCrypto.MacRestart(_hmac, null, 0, null) <= 0 || LibCrypto.MacUpdate(_hmac, packet, (nuint)length) <= 0) return 0;
        if (_esn)
        {
            byte* upper = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(upper, 4), (uint)(sequence >> 32));
            if (LibCrypto.MacUpdate(_hmac, upper, 4) <= 0) return 0;
        }
        return LibCrypto.MacFinal(_hmac, icv, &written, Hmac.MaximumLength);
    }

    private static nint NewCipher(int keyBits, ReadOnlySpan<byte> key, bool seals)
    {
        nint context = LibCrypto.CipherContextNew();
        fixed (byte* bytes = key) CryptoLibrary.Check(LibCrypto.CipherInit(context, CryptoLibrary.Cipher(EncryptionId.AesCbc, keyBits), bytes, null, seals ? 1 : 0, 0), "take a key");
        // ESP has its own padding.
        CryptoLibrary.Check(LibCrypto.CipherSetPadding(context, 0), "leave out padding");
        return context;
    }

    private void Free()
    {
        LibCrypto.CipherContextFree(_cipher);
        LibCrypto.CipherContextFree(_ivCipher);
        LibCrypto.MacContextFree(_hmac);
        _cipher = _ivCipher = _hmac = 0;
    }
}
