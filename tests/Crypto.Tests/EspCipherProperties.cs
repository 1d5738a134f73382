using System.Buffers.Binary;
using CsCheck;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests;

/// <summary>What holds for every suite, key, length and sequence number.</summary>
public sealed unsafe class EspCipherProperties
{
    private const int HeaderLength = 8;

    private static readonly Gen<EspSuite> Suite = Gen.Select(
        Gen.OneOf(
            Gen.Select(Of(EncryptionId.AesGcm16, EncryptionId.NullAesGmac), Of(128, 192, 256), (id, bits) => (id, bits, IntegrityId.None)),
            Gen.Const((EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None)),
            Gen.Select(Of(128, 192, 256), Integrity(), (bits, integrity) => (EncryptionId.AesCbc, bits, integrity)),
            Integrity().Select(integrity => (EncryptionId.Null, 0, integrity))),
        Gen.Bool,
        (transforms, esn) => new EspSuite(transforms.Item1, transforms.Item2, transforms.Item3, esn));

    // Length in units of the alignment, over both of the ways into the library.
    private static readonly Gen<(EspSuite Suite, int Seed, int Units, ulong Sequence)> Case =
        Gen.Select(Suite, Gen.Int, Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, 600]), Gen.ULong[1, ulong.MaxValue]);

    [Fact]
    public void Packet_SealedAndOpened_IsTheSameAndNothingBesideItIsTouched() => Case.Sample(c =>
    {
        using var packet = new Packet(c.Suite, c.Seed, c.Units, c.Sequence);
        byte[] plain = packet.Bytes.ToArray();
        packet.Seal();
        Assert.Equal(plain[..HeaderLength], packet.Bytes[..HeaderLength]);
        Assert.True(packet.TryOpen());
        int iv = packet.IvLength;
        Assert.Equal(plain.AsSpan(HeaderLength + iv, packet.PayloadLength), packet.Bytes.Slice(HeaderLength + iv, packet.PayloadLength));
        packet.AssertSurroundings();
    }, iter: 500);

    [Fact]
    public void Packet_WithAnyBitFlipped_IsRefused() => Gen.Select(Case, Gen.UInt).Sample((c, random) =>
    {
        using var packet = new Packet(c.Suite, c.Seed, c.Units, c.Sequence);
        packet.Seal();
        int bit = (int)(random % (uint)(packet.Bytes.Length * 8));
        packet.Bytes[bit / 8] ^= (byte)(1 << bit % 8);
        Assert.False(packet.TryOpen(), $"bit {bit}");
        packet.AssertSurroundings();
    }, iter: 2000);

    [Fact]
    public void Packet_OfAnotherUpperHalf_IsRefusedWithEsnAlone() => Gen.Select(Case, Gen.UInt[1, uint.MaxValue]).Sample((c, change) =>
    {
        using var packet = new Packet(c.Suite, c.Seed, c.Units, c.Sequence);
        packet.Seal();
        Assert.Equal(!c.Suite.Esn, packet.TryOpen(change));
    }, iter: 500);

    [Fact]
    public void Packet_OfAnotherKey_IsRefused() => Gen.Select(Case, Gen.UInt).Sample((c, random) =>
    {
        using var packet = new Packet(c.Suite, c.Seed, c.Units, c.Sequence);
        packet.Seal();
        packet.ChangeOpenersKey((int)(random % (uint)(EspCipher.KeyMaterialLength(c.Suite) * 8)), out bool integrityIsElsewhere);
        // A wrong key of AES-CBC is not seen by the ICV, whose key is another.
        Assert.Equal(integrityIsElsewhere, packet.TryOpen());
    }, iter: 500);

    private static Gen<IntegrityId> Integrity() => Of(IntegrityId.HmacSha1, IntegrityId.HmacSha256, IntegrityId.HmacSha384, IntegrityId.HmacSha512);

    private static Gen<T> Of<T>(params T[] values) => Gen.OneOf([.. values.Select(value => Gen.Const(value))]);

    /// <summary>A packet in the middle of other octets.</summary>
    private sealed class Packet : IDisposable
    {
        private const int Margin = 32;
        private const byte Untouched = 0xA5;

        private readonly EspSuite _suite;
        private readonly byte[] _key;
        private readonly byte[] _buffer;
        private readonly EspCipher _sealer;
        private readonly ulong _sequence;
        private EspCipher _opener;

        public Packet(EspSuite suite, int seed, int units, ulong sequence)
        {
            var random = new Random(seed);
            (_suite, _sequence, _key) = (suite, sequence, new byte[EspCipher.KeyMaterialLength(suite)]);
            random.NextBytes(_key);
            (_sealer, _opener) = (EspCipher.CreateSealer(suite, _key), EspCipher.CreateOpener(suite, _key));
            PayloadLength = units * _sealer.Alignment;
            _buffer = new byte[Margin + HeaderLength + _sealer.IvLength + PayloadLength + _sealer.IcvLength + Margin];
            Array.Fill(_buffer, Untouched);
            random.NextBytes(Bytes);
            BinaryPrimitives.WriteUInt32BigEndian(Bytes[4..], (uint)sequence);
        }

        public int PayloadLength { get; }

        public int IvLength => _sealer.IvLength;

        public Span<byte> Bytes => _buffer.AsSpan()[Margin..^Margin];

        public void Seal()
        {
            fixed (byte* packet = Bytes) _sealer.Seal(packet, PayloadLength, _sequence);
        }

        /// <summary>As a receiver does: the lower half of the sequence number is the packet's.</summary>
        public bool TryOpen(uint changeOfUpperHalf = 0)
        {
            ulong sequence = (_sequence >> 32 ^ changeOfUpperHalf) << 32 | BinaryPrimitives.ReadUInt32BigEndian(Bytes[4..]);
            fixed (byte* packet = Bytes) return _opener.TryOpen(packet, PayloadLength, sequence);
        }

        public void ChangeOpenersKey(int bit, out bool integrityIsElsewhere)
        {
            integrityIsElsewhere = _suite.Encryption == EncryptionId.AesCbc && bit < _suite.KeyBits;
            _key[bit / 8] ^= (byte)(1 << bit % 8);
            _opener.Dispose();
            _opener = EspCipher.CreateOpener(_suite, _key);
        }

        public void AssertSurroundings()
        {
            Assert.False(_buffer.AsSpan(0, Margin).ContainsAnyExcept(Untouched));
            Assert.False(_buffer.AsSpan(_buffer.Length - Margin).ContainsAnyExcept(Untouched));
        }

        public void Dispose()
        {
            _sealer.Dispose();
            _opener.Dispose();
        }
    }
}
