using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// AES-CBC or NULL with an HMAC for ESP (RFC 4303 3.3.2.1, RFC 3602, RFC 2410, RFC 4868): encrypt, then ICV over everything from the SPI on; with ESN the upper half of the sequence number behind it. The ICV
/// is checked, in constant time, before anything is decrypted.
/// </summary>
internal sealed unsafe class SeparateEspCipher : EspCipher
{
    private const int BlockLength = 16;

    // HMAC-SHA2-512 and encryption by CBC take about 1 ns for each octet. Above, the collector's transition costs nothing beside them.
    private const int ShortLength = 1024;

    private readonly int _encrypt;
    private readonly bool _esn;
    private readonly bool _cbc;
    private readonly int _icvLength;
    private nint _cipher;
    private nint _hmac;

    public SeparateEspCipher(EspSuite suite, ReadOnlySpan<byte> keyMaterial, bool seals)
    {
        (_encrypt, _esn, _cbc, _icvLength) = (seals ? 1 : 0, suite.Esn, suite.Encryption == EncryptionId.AesCbc, Hmac.IcvLength(suite.Integrity));
        int integrityLength = IkeCipher.IntegrityKeyLength(suite.Integrity);
        if (_cbc)
        {
            nint cipher = CryptoLibrary.Cipher(suite.Encryption, suite.KeyBits);
            _cipher = CryptoLibrary.NewCipherContext();
            fixed (byte* key = keyMaterial) CryptoLibrary.Check(LibCrypto.CipherInit(_cipher, cipher, key, null, _encrypt, null), "take a key");
            // ESP has its own padding.
            CryptoLibrary.Check(LibCrypto.CipherSetPadding(_cipher, 0), "leave out padding");
        }
        _hmac = HmacContext.New(Hmac.ToPrf(suite.Integrity), keyMaterial[^integrityLength..]);
    }

    ~SeparateEspCipher() => Free();

    public override int IvLength => _cbc ? BlockLength : 0;

    public override int IcvLength => _icvLength;

    public override int Alignment => _cbc ? BlockLength : 4;

    public override void Seal(byte* packet, int payloadLength, ulong sequence)
    {
        byte* iv = packet + EspSpec.HeaderLength, text = iv + IvLength;
        if (_cbc)
        {
            IvSource.Next(new Span<byte>(iv, BlockLength));
            CryptoLibrary.Check(TryRunCbc(iv, text, payloadLength) ? 1 : 0, "encrypt a packet");
        }
        byte* icv = stackalloc byte[Hmac.MaximumLength];
        CryptoLibrary.Check(TryComputeIcv(packet, EspSpec.HeaderLength + IvLength + payloadLength, sequence, icv) ? 1 : 0, "authenticate a packet");
        new ReadOnlySpan<byte>(icv, _icvLength).CopyTo(new Span<byte>(text + payloadLength, _icvLength));
        GC.KeepAlive(this);
    }

    public override bool TryOpen(byte* packet, int payloadLength, ulong sequence)
    {
        byte* iv = packet + EspSpec.HeaderLength, text = iv + IvLength;
        byte* icv = stackalloc byte[Hmac.MaximumLength];
        bool good = TryComputeIcv(packet, EspSpec.HeaderLength + IvLength + payloadLength, sequence, icv)
            && CryptographicOperations.FixedTimeEquals(new ReadOnlySpan<byte>(icv, _icvLength), new ReadOnlySpan<byte>(text + payloadLength, _icvLength))
            && (!_cbc || TryRunCbc(iv, text, payloadLength));
        GC.KeepAlive(this);
        return good;
    }

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Whole blocks, in place. False for what is none.</summary>
    private bool TryRunCbc(byte* iv, byte* text, int length)
    {
        ObjectDisposedException.ThrowIf(_cipher == 0, this);
        if (length % BlockLength != 0 || LibCrypto.CipherInitShort(_cipher, 0, null, iv, _encrypt, null) <= 0) return false;
        int written;
        return (length <= ShortLength ? LibCrypto.CipherUpdateShort(_cipher, text, &written, text, length) : LibCrypto.CipherUpdate(_cipher, text, &written, text, length)) > 0;
    }

    private bool TryComputeIcv(byte* packet, int length, ulong sequence, byte* icv)
    {
        // libcrypto without a context would end the process.
        ObjectDisposedException.ThrowIf(_hmac == 0, this);
        if (LibCrypto.HmacInitShort(_hmac, null, 0, 0, 0) <= 0) return false;
        int result = length <= ShortLength ? LibCrypto.HmacUpdateShort(_hmac, packet, (nuint)length) : LibCrypto.HmacUpdate(_hmac, packet, (nuint)length);
        if (result <= 0) return false;
        if (_esn)
        {
            byte* upper = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(upper, 4), (uint)(sequence >> 32));
            if (LibCrypto.HmacUpdateShort(_hmac, upper, 4) <= 0) return false;
        }
        uint written;
        return LibCrypto.HmacFinal(_hmac, icv, &written) > 0;
    }

    private void Free()
    {
        LibCrypto.CipherContextFree(_cipher);
        LibCrypto.HmacContextFree(_hmac);
        _cipher = _hmac = 0;
    }
}
