using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

public sealed class IkeProposalTests
{
    private static readonly IkeProposal[] Child =
    [
        new(1, IkeProtocolId.Esp, 0xC1C2C3C4,
        [
            new(IkeTransformType.Encryption, (ushort)EncryptionId.AesGcm16, 128), new(IkeTransformType.KeyExchange, (ushort)DhGroup.Curve25519),
            new(IkeTransformType.ExtendedSequenceNumbers, 0),
        ]),
        new(2, IkeProtocolId.Ike, 0x0102030405060708,
            [new(IkeTransformType.Prf, (ushort)PrfId.HmacSha256), new(IkeTransformType.KeyExchange, (ushort)DhGroup.Curve25519)]),
    ];

    private static readonly Gen<IkeTransform> GenTransform =
        Gen.Select(Gen.Int[1, 5], Gen.UShort, Gen.UShort, static (type, id, bits) => new IkeTransform((IkeTransformType)type, id, bits));

    private static readonly Gen<IkeProposal> GenProposal = Gen.Select(Gen.Byte, Gen.Int[0, 2], Gen.ULong, GenTransform.Array[0, 20], static (number, kind, spi, transforms) => kind switch
    {
        0 => new IkeProposal(number, IkeProtocolId.Ike, spi, [.. transforms]),
        1 => new IkeProposal(number, IkeProtocolId.Esp, (uint)spi | 1, [.. transforms]),
        _ => new IkeProposal(number, IkeProtocolId.Ah, (uint)spi | 1, [.. transforms]),
    });

    [Fact]
    public void ChildProposals_BothWays()
    {
        Assert.True(IkeProposal.TryParseAll(Convert.FromHexString(IkeGolden.ChildProposals), out ValueList<IkeProposal> proposals, out Malformed why), why.ToString());
        Assert.Equal(Child, proposals);
        Assert.Equal(IkeGolden.ChildProposals, Body(Child));
    }

    [Fact]
    public void Proposals_OfAnyContent_DecodeToThemselves() => GenProposal.Array[1, IkeProposal.MaximumProposals].Sample(proposals =>
    {
        Assert.True(IkeProposal.TryParseAll(Convert.FromHexString(Body(proposals)), out ValueList<IkeProposal> again, out _));
        Assert.Equal(proposals, again);
    }, iter: 2000);

    [Fact]
    public void Body_CutAtEveryOctet_IsRefused()
    {
        byte[] body = Convert.FromHexString(IkeGolden.ChildProposals);
        for (int length = 0; length < body.Length; length++)
        {
            Assert.False(IkeProposal.TryParseAll(body.AsSpan(0, length), out ValueList<IkeProposal> proposals, out Malformed why));
            Assert.Equal(Malformed.ProposalTruncated, why);
            Assert.Empty(proposals);
        }
        Assert.False(IkeProposal.TryParseAll([.. body, 0], out _, out _));
    }

    [Theory]
    [InlineData("00000008" + "01030000", "ESP without an SPI")]
    [InlineData("00000010" + "01030800" + "0102030405060708", "ESP with an SPI of IKE's size")]
    [InlineData("0000000c" + "01030400" + "00000000", "ESP with SPI 0")]
    [InlineData("0000000c" + "01010400" + "01020304", "IKE with an SPI of ESP's size")]
    [InlineData("00000010" + "01010800" + "0000000000000000", "IKE with SPI 0")]
    [InlineData("00000008" + "01010400", "an SPI past the end")]
    [InlineData("00000007" + "01010000", "shorter than its header")]
    [InlineData("00000009" + "01010000", "longer than the payload")]
    [InlineData("01000008" + "01010000", "neither last nor followed")]
    [InlineData("02000008" + "01010000", "the announced next one is missing")]
    [InlineData("00000008" + "01010001", "the announced transform is missing")]
    [InlineData("00000010" + "01010000" + "0000000802000005", "a transform that is not announced")]
    [InlineData("00000010" + "01010001" + "0300000802000005", "the only transform says that another follows")]
    [InlineData("00000010" + "01010001" + "0000000702000005", "a transform shorter than its header")]
    [InlineData("00000010" + "01010001" + "0000000902000005", "a transform past the end")]
    [InlineData("00000013" + "01010001" + "0000000b0200000580" + "0e01", "an attribute cut off")]
    [InlineData("00000014" + "01010001" + "0000000c02000005" + "00120001", "an attribute whose value runs past the transform")]
    public void Body_ThatContradictsItself_IsRefused(string body, string what)
    {
        Assert.False(IkeProposal.TryParseAll(Convert.FromHexString(body), out _, out Malformed why), what);
        Assert.Equal(Malformed.ProposalTruncated, why);
    }

    [Theory]
    [InlineData("80130001", 0, true)]
    [InlineData("0013000400000000", 0, true)]
    [InlineData("800e0100" + "80130001", 256, true)]
    [InlineData("800e0100" + "800e0080", 256, true)]
    [InlineData("000e00020100", 0, true)]
    [InlineData("800e0000", 0, true)]
    [InlineData("800e0080", 128, false)]
    public void Transform_WithAttributes_SaysWhetherItMayBeChosen(string attributes, ushort keyBits, bool unknown)
    {
        int length = 8 + attributes.Length / 2;
        string body = $"0000{8 + length:x4}01010001" + $"0000{length:x4}0100000c" + attributes;
        Assert.True(IkeProposal.TryParseAll(Convert.FromHexString(body), out ValueList<IkeProposal> proposals, out Malformed why), why.ToString());
        Assert.Equal(new IkeTransform(IkeTransformType.Encryption, (ushort)EncryptionId.AesCbc, keyBits, unknown), Assert.Single(Assert.Single(proposals).Transforms));
    }

    [Fact]
    public void Proposal_OfAnUnknownProtocol_IsPassedOver()
    {
        string body = "0200000b" + "01040300" + "010203" + "00000010" + "02010001" + "0000000802000005";
        Assert.True(IkeProposal.TryParseAll(Convert.FromHexString(body), out ValueList<IkeProposal> proposals, out Malformed why), why.ToString());
        Assert.Equal(2, Assert.Single(proposals).Number);
    }

    [Theory]
    [InlineData(IkeProtocolId.Ike)]
    [InlineData((IkeProtocolId)77)]
    public void Proposals_MoreThanTheLimit_AreRefused(IkeProtocolId protocol)
    {
        string one = $"0008" + $"01{(byte)protocol:x2}0000";
        string Many(int count) => string.Concat(Enumerable.Range(1, count).Select(i => (i == count ? "0000" : "0200") + one));
        Assert.True(IkeProposal.TryParseAll(Convert.FromHexString(Many(IkeProposal.MaximumProposals)), out _, out _));
        Assert.False(IkeProposal.TryParseAll(Convert.FromHexString(Many(IkeProposal.MaximumProposals + 1)), out _, out _));
    }

    [Fact]
    public void Transforms_MoreThanTheLimit_AreRefused()
    {
        IkeProposal Many(int count) => new(1, IkeProtocolId.Ike, 0, [.. Enumerable.Repeat(new IkeTransform(IkeTransformType.Prf, 5), count)]);
        Assert.True(IkeProposal.TryParseAll(Convert.FromHexString(Body([Many(IkeProposal.MaximumTransforms)])), out _, out _));
        Assert.False(IkeProposal.TryParseAll(Convert.FromHexString(Body([Many(IkeProposal.MaximumTransforms + 1)])), out _, out _));
    }

    private static string Body(IkeProposal[] proposals)
    {
        byte[] buffer = new byte[16 * 1024];
        Array.Fill(buffer, (byte)0xA5);
        var writer = new IkePayloadWriter(buffer);
        writer.SecurityAssociation(proposals);
        Assert.False(writer.Failed);
        return Convert.ToHexStringLower(writer.Written[IkeSpec.PayloadHeaderLength..]);
    }
}
