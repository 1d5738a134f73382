using System.Buffers.Binary;
using CsCheck;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Tests.Ip;

public sealed class InternetChecksumTests
{
    [Fact]
    public void Example_OfRfc1071_GivesItsSum() =>
        Assert.Equal(unchecked((ushort)~0xDDF2), InternetChecksum.Compute([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]));

    [Fact]
    public void Bytes_OfAnyLength_GiveWhatTheDefinitionSays() => Gen.Byte.Array[0, 600].Sample(bytes =>
    {
        Assert.Equal(ByDefinition(bytes), InternetChecksum.Compute(bytes));
        int half = bytes.Length / 2 & ~1;
        Assert.Equal(ByDefinition(bytes), InternetChecksum.Fold(InternetChecksum.Sum(bytes.AsSpan(0, half)) + InternetChecksum.Sum(bytes.AsSpan(half))));
    });

    [Fact]
    public void Bytes_CopiedAndSummed_AreTheSameAndSoIsTheSum() => Gen.Select(Gen.Byte.Array[0, 600], Gen.Int[0, 3]).Sample((bytes, more) =>
    {
        byte[] copy = new byte[bytes.Length + more];
        Assert.Equal(ByDefinition(bytes), InternetChecksum.Fold(InternetChecksum.CopyAndSum(bytes, copy)));
        Assert.Equal(bytes, copy[..bytes.Length]);
        Assert.All(copy[bytes.Length..], left => Assert.Equal(0, left));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void EveryWayToSum_OfAnyLength_GivesWhatTheDefinitionSays(int way) => Gen.Byte.Array[1, 600].Sample(bytes =>
    {
        byte[] copy = new byte[bytes.Length];
        Assert.Equal(ByDefinition(bytes), InternetChecksum.Fold(InternetChecksum.SumBy(way, bytes, copy)));
        Assert.Equal(bytes, copy);
    });

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x7F)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void MoreThanALaneHolds_OfExtremeBytes_GivesWhatTheDefinitionSays(byte value)
    {
        byte[] bytes = new byte[1_200_001], copy = new byte[bytes.Length];
        Array.Fill(bytes, value);
        for (int way = 0; way <= 3; way++) Assert.Equal(ByDefinition(bytes), InternetChecksum.Fold(InternetChecksum.SumBy(way, bytes, copy)));
    }

    [Fact]
    public void TargetTooShort_CopyAndSum_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => InternetChecksum.CopyAndSum(new byte[65], new byte[64]));

    [Theory]
    [InlineData(65535)]
    [InlineData(65536)]
    public void Bytes_AllOnes_DoNotOverflow(int length)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, (byte)0xFF);
        Assert.Equal(ByDefinition(bytes), InternetChecksum.Compute(bytes));
    }

    [Fact]
    public void Word_ChangedAnywhere_UpdatesToWhatAllBytesGive() =>
        Gen.Select(Gen.Byte.Array[4, 64], Gen.Int[0, 1000], Gen.UShort).Sample((bytes, place, value) =>
        {
            // The checksum is the first word of the data, as in a packet, so that 0 and minus 0 are told apart by the sum.
            int at = 2 + place % (bytes.Length - 3) & ~1;
            BinaryPrimitives.WriteUInt16BigEndian(bytes, 0);
            BinaryPrimitives.WriteUInt16BigEndian(bytes, InternetChecksum.Compute(bytes));
            ushort old = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
            ushort updated = InternetChecksum.Update(BinaryPrimitives.ReadUInt16BigEndian(bytes), old, value);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), value);
            BinaryPrimitives.WriteUInt16BigEndian(bytes, updated);
            Assert.True(InternetChecksum.IsValid(bytes));
        });

    [Fact]
    public void Example_OfRfc1624_GivesZeroAndNotMinusZero() => Assert.Equal(0, InternetChecksum.Update(0xDD2F, 0x5555, 0x3285));

    [Fact]
    public void PseudoHeader_OfBothFamilies_IsTheSumOfItsBytes()
    {
        byte[] four = [192, 0, 2, 1, 198, 51, 100, 2, 0, 17, 0, 30];
        Assert.Equal(ByDefinition(four), InternetChecksum.Fold(InternetChecksum.PseudoHeaderSum(Views.A4, Views.B4, 17, 30)));
        byte[] six = [.. Views.A6.ToBytes(), .. Views.B6.ToBytes(), 0, 1, 0, 2, 0, 0, 0, 58];
        Assert.Equal(ByDefinition(six), InternetChecksum.Fold(InternetChecksum.PseudoHeaderSum(Views.A6, Views.B6, 58, 0x10002)));
    }

    private static ushort ByDefinition(byte[] bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)(bytes[i] << 8 | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return (ushort)~sum;
    }
}
