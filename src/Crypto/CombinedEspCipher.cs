using System.Buffers.Binary;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// AES-GCM (RFC 4106), ChaCha20-Poly1305 (RFC 7634) and AES-GMAC (RFC 4543) for ESP. The nonce is salt and IV, the IV the sequence number. Associated data: SPI and sequence number, with ESN its upper half
/// between them; of GMAC also IV and payload, and nothing is encrypted.
/// </summary>
internal sealed unsafe class CombinedEspCipher : EspCipher
{
    private const int SaltLength = 4;
    private const int IvOctets = 8;
    private const int IcvOctets = 16;

    // ChaCha20-Poly1305, the slowest, has these in 0.9 µs. Above, the collector's transition costs nothing beside the cipher.
    private const int ShortLength = 1536;

    private readonly ProviderCipher _cipher;
    private readonly bool _seals;
    private readonly bool _esn;
    private readonly bool _gmac;
    private readonly uint _salt;
    private nint _context;

    public CombinedEspCipher(EspSuite suite, ReadOnlySpan<byte> keyMaterial, bool seals)
    {
        (_seals, _esn, _gmac) = (seals, suite.Esn, suite.Encryption == EncryptionId.NullAesGmac);
        _salt = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial[^SaltLength..]);
        _cipher = CryptoLibrary.CombinedCipher(suite.Encryption, suite.KeyBits);
        _context = _cipher.NewContext();
        fixed (byte* key = keyMaterial) CryptoLibrary.Check(_cipher.Init(_context, seals, key, keyMaterial.Length - SaltLength, null, 0) ? 1 : 0, "take a key");
    }

    ~CombinedEspCipher() => Free();

    public override int IvLength => IvOctets;

    public override int IcvLength => IcvOctets;

    public override int Alignment => 4;

    public override void Seal(byte* packet, int payloadLength, ulong sequence)
    {
        byte* iv = packet + EspSpec.HeaderLength, text = iv + IvOctets;
        BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(iv, IvOctets), sequence);
        LibCrypto.Parameter* parameters = stackalloc LibCrypto.Parameter[2];
        CombinedTag.Describe(parameters, text + payloadLength);
        bool good = TryProcess(packet, payloadLength, sequence) && _cipher.Final(_context, text) && _cipher.Get(_context, parameters);
        GC.KeepAlive(this);
        CryptoLibrary.Check(good ? 1 : 0, "seal a packet");
    }

    public override bool TryOpen(byte* packet, int payloadLength, ulong sequence)
    {
        byte* text = packet + EspSpec.HeaderLength + IvOctets;
        LibCrypto.Parameter* parameters = stackalloc LibCrypto.Parameter[2];
        CombinedTag.Describe(parameters, text + payloadLength);
        bool good = TryProcess(packet, payloadLength, sequence) && _cipher.Set(_context, parameters) && _cipher.Final(_context, text);
        GC.KeepAlive(this);
        return good;
    }

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private bool TryProcess(byte* packet, int payloadLength, ulong sequence)
    {
        // libcrypto without a context would end the process.
        ObjectDisposedException.ThrowIf(_context == 0, this);
        byte* iv = packet + EspSpec.HeaderLength;
        byte* nonce = stackalloc byte[SaltLength + IvOctets];
        *(uint*)nonce = _salt;
        *(ulong*)(nonce + SaltLength) = *(ulong*)iv;
        if (!_cipher.Init(_context, _seals, null, 0, nonce, SaltLength + IvOctets) || !TryAuthenticateHeader(packet, sequence)) return false;
        // RFC 4543 3.3 and 3.5: IV and payload are behind SPI and sequence number, and follow each other in the packet.
        return _gmac ? TryUpdate(null, iv, IvOctets + payloadLength) : TryUpdate(iv + IvOctets, iv + IvOctets, payloadLength);
    }

    private bool TryAuthenticateHeader(byte* packet, ulong sequence)
    {
        if (!_esn) return TryUpdate(null, packet, EspSpec.HeaderLength);
        const int Length = 12;
        byte* header = stackalloc byte[Length];
        *(uint*)header = *(uint*)packet;
        BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(header + 4, 8), sequence);
        return TryUpdate(null, header, Length);
    }

    private bool TryUpdate(byte* to, byte* from, int length) => length <= ShortLength ? _cipher.UpdateShort(_context, to, from, length) : _cipher.UpdateLong(_context, to, from, length);

    private void Free()
    {
        // None when the constructor failed.
        _cipher?.Free(_context);
        _context = 0;
    }
}
