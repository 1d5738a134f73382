using BenchmarkDotNet.Attributes;
using Dmvpn.Crypto;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Bench;

/// <summary>ESP's ciphers for one packet. What is opened is copied first: opening works in place.</summary>
[MemoryDiagnoser]
public unsafe class EspCipherBenchmarks
{
    private readonly byte[] _sealed = GC.AllocateArray<byte>(2048, pinned: true);
    private readonly byte[] _packet = GC.AllocateArray<byte>(2048, pinned: true);
    private EspCipher _sealer = null!;
    private EspCipher _opener = null!;
    private ulong _sequence;
    private int _total;

    public enum Suites
    {
        AesGcm128,
        AesGcm256,
        ChaCha20Poly1305,
        AesGmac128,
        AesCbc128Sha1,
        AesCbc256Sha256,
        AesCbc256Sha512,
        NullSha256,
    }

    [ParamsAllValues]
    public Suites Suite { get; set; }

    /// <summary>Payload, padding and trailer.</summary>
    [Params(64, 1408)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (EncryptionId encryption, int bits, IntegrityId integrity) = Suite switch
        {
            Suites.AesGcm128 => (EncryptionId.AesGcm16, 128, IntegrityId.None),
            Suites.AesGcm256 => (EncryptionId.AesGcm16, 256, IntegrityId.None),
            Suites.ChaCha20Poly1305 => (EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None),
            Suites.AesGmac128 => (EncryptionId.NullAesGmac, 128, IntegrityId.None),
            Suites.AesCbc128Sha1 => (EncryptionId.AesCbc, 128, IntegrityId.HmacSha1),
            Suites.AesCbc256Sha256 => (EncryptionId.AesCbc, 256, IntegrityId.HmacSha256),
            Suites.AesCbc256Sha512 => (EncryptionId.AesCbc, 256, IntegrityId.HmacSha512),
            _ => (EncryptionId.Null, 0, IntegrityId.HmacSha256),
        };
        var suite = new EspSuite(encryption, bits, integrity, Esn: false);
        byte[] key = new byte[EspCipher.KeyMaterialLength(suite)];
        new Random(1).NextBytes(key);
        (_sealer, _opener) = (EspCipher.CreateSealer(suite, key), EspCipher.CreateOpener(suite, key));
        _total = EspSpec.HeaderLength + _sealer.IvLength + Length + _sealer.IcvLength;
        fixed (byte* packet = _sealed) _sealer.Seal(packet, Length, _sequence = 1);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _sealer.Dispose();
        _opener.Dispose();
    }

    [Benchmark]
    public void Seal()
    {
        fixed (byte* packet = _packet) _sealer.Seal(packet, Length, ++_sequence);
    }

    [Benchmark]
    public bool Open()
    {
        _sealed.AsSpan(0, _total).CopyTo(_packet);
        fixed (byte* packet = _packet) return _opener.TryOpen(packet, Length, 1);
    }
}
