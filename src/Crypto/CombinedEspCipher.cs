using System.Buffers.Binary;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// AES-GCM (RFC 4106), ChaCha20-Poly1305 (RFC 7634) and AES-GMAC (RFC 4543) for ESP. The nonce is salt and IV, the IV the sequence number. Associated data: SPI and sequence number, with ESN the upper half between them; of
/// GMAC also IV and payload, and nothing is encrypted.
/// </summary>
internal sealed unsafe class CombinedEspCipher : EspCipher
{
    private const int SaltLength = 4;
    private const int IvOctets = 8;
    private const int IcvOctets = 16;

    // Above this the collector's transition costs nothing beside the cipher, and must not be suppressed.
    private const int ShortLength = 2048;

    private readonly bool _seals;
    private readonly bool _esn;
    private readonly bool _gmac;
    private readonly uint _salt;
    private nint _context;

    public CombinedEspCipher(EspSuite suite, ReadOnlySpan<byte> keyMaterial, bool seals)
    {
        (_seals, _esn, _gmac) = (seals, suite.Esn, suite.Encryption == EncryptionId.NullAesGmac);
        _salt = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial[^SaltLength..]);
        _context = LibCrypto.CipherContextNew();
        nint cipher = CryptoLibrary.Cipher(suite.Encryption, suite.KeyBits);
        fixed (byte* key = keyMaterial) CryptoLibrary.Check(LibCrypto.CipherInit(_context, cipher, key, null, seals ? 1 : 0, 0), "take a key");
    }

    ~CombinedEspCipher() => Free();

    public override int IvLength => IvOctets;

    public override int IcvLength => IcvOctets;

    public override int Alignment => 4;

    public override void Seal(byte* packet, int payloadLength, ulong sequence)
    {
        byte* iv = packet + EspSpec.HeaderLength, text = iv + IvOctets;
        BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(iv, IvOctets), sequence);
        int written;
        int result = Start(packet, iv, text, payloadLength, sequence);
        if (result > 0 && !_gmac) result = Update(text, payloadLength);
        if (result > 0) result = LibCrypto.CipherFinal(_context, text + payloadLength, &written);
        if (result > 0) result = LibCrypto.CipherControl(_context, LibCrypto.ControlGetTag, IcvOctets, text + payloadLength);
        CryptoLibrary.Check(result, "seal a packet");
    }

    public override bool TryOpen(byte* packet, int payloadLength, ulong sequence)
    {
        byte* iv = packet + EspSpec.HeaderLength, text = iv + IvOctets;
        int written;
        int result = Start(packet, iv, text, payloadLength, sequence);
        if (result > 0 && !_gmac) result = Update(text, payloadLength);
        if (result > 0) result = LibCrypto.CipherControl(_context, LibCrypto.ControlSetTag, IcvOctets, text + payloadLength);
        return result > 0 && LibCrypto.CipherFinal(_context, text + payloadLength, &written) > 0;
    }

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private int Start(byte* packet, byte* iv, byte* text, int payloadLength, ulong sequence)
    {
        byte* nonce = stackalloc byte[SaltLength + IvOctets];
        *(uint*)nonce = _salt;
        *(ulong*)(nonce + SaltLength) = *(ulong*)iv;
        int written;
        if (LibCrypto.CipherSetIv(_context, 0, null, nonce, _seals ? 1 : 0, 0) <= 0) return 0;
        int result;
        if (_esn)
        {
            byte* associated = stackalloc byte[12];
            *(uint*)associated = *(uint*)packet;
            BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(associated + 4, 8), sequence);
            result = LibCrypto.CipherUpdateShort(_context, null, &written, associated, 12);
        }
        else
        {
            result = LibCrypto.CipherUpdateShort(_context, null, &written, packet, EspSpec.HeaderLength);
        }
        // RFC 4543 3.3: IV and payload are behind SPI and sequence number, and follow each other in the packet.
        return _gmac && result > 0 ? LibCrypto.CipherUpdate(_context, null, &written, iv, IvOctets + payloadLength) : result;
    }

    private int Update(byte* text, int length)
    {
        int written;
        return length <= ShortLength
            ? LibCrypto.CipherUpdateShort(_context, text, &written, text, length)
            : LibCrypto.CipherUpdate(_context, text, &written, text, length);
    }

    private void Free()
    {
        LibCrypto.CipherContextFree(_context);
        _context = 0;
    }
}
