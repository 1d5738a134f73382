using BenchmarkDotNet.Attributes;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Bench;

/// <summary>What a handshake waits for: a fresh key, and the shared secret.</summary>
public class KeyExchangeBenchmarks
{
    private KeyExchange _own = null!;
    private byte[] _peer = [];

    [Params(DhGroup.Modp2048, DhGroup.Modp3072, DhGroup.Modp4096, DhGroup.Ecp256, DhGroup.Ecp384, DhGroup.Ecp521, DhGroup.Curve25519)]
    public DhGroup Group { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _own = KeyExchange.Generate(Group);
        using KeyExchange peer = KeyExchange.Generate(Group);
        _peer = peer.PublicValue.ToArray();
    }

    [GlobalCleanup]
    public void Cleanup() => _own.Dispose();

    [Benchmark]
    public void Generate() => KeyExchange.Generate(Group).Dispose();

    [Benchmark]
    public bool Derive()
    {
        bool good = _own.TryDerive(_peer, out SecretBytes? secret);
        secret?.Dispose();
        return good;
    }
}

/// <summary>Protecting one IKE message, such as a DPD, and the key schedule of an SA.</summary>
[MemoryDiagnoser]
public class IkeMessageBenchmarks
{
    private const int Body = 32;

    private readonly byte[] _plain = new byte[64];
    private readonly byte[] _keys = new byte[300];
    private IkeCipher _cipher = null!;
    private byte[] _message = [];
    private byte[] _received = [];

    [Params(EncryptionId.AesGcm16, EncryptionId.AesCbc)]
    public EncryptionId Encryption { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        IntegrityId integrity = Encryption == EncryptionId.AesCbc ? IntegrityId.HmacSha256 : IntegrityId.None;
        _cipher = IkeCipher.Create(Encryption, 256, integrity, new byte[IkeCipher.EncryptionKeyLength(Encryption, 256)], new byte[IkeCipher.IntegrityKeyLength(integrity)]);
        _message = new byte[Body + _cipher.SealedLength(_plain.Length)];
        _cipher.Seal(_message, Body, _plain);
        _received = new byte[_message.Length];
    }

    [GlobalCleanup]
    public void Cleanup() => _cipher.Dispose();

    [Benchmark]
    public void Seal() => _cipher.Seal(_message, Body, _plain);

    [Benchmark]
    public bool Open()
    {
        _message.CopyTo(_received, 0);
        return _cipher.TryOpen(_received, Body, out _, out _);
    }

    [Benchmark]
    public void ExpandKeys() => Prf.Expand(PrfId.HmacSha256, _plain.AsSpan(0, 32), _plain, _keys);
}
