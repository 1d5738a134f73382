using CsCheck;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

public sealed class IkeMessageTests
{
    [Fact]
    public void SaInit_OfStrongSwan_ReadsAsWhatItSays()
    {
        Assert.True(IkeView.TryParse(IkeGolden.SaInitRequest, out IkeView view, out Malformed why), why.ToString());
        Assert.Equal(IkeGolden.SaInitHeader, view.Header);
        Assert.Equal((2, false, true, IkePayloadType.SecurityAssociation), (view.MajorVersion, view.IsResponse, view.FromInitiator, view.Payloads.First));
        Assert.True(view.Payloads.TryFind(IkePayloadType.SecurityAssociation, out IkePayloadView sa));
        Assert.True(IkeProposal.TryParseAll(sa.Body, out var proposals, out why), why.ToString());
        Assert.Equal(IkeGolden.Proposals, proposals);
        Assert.True(view.Payloads.TryFindNotify(IkeNotifyType.SignatureHashAlgorithms, out IkeNotifyView hashes));
        Assert.Equal("0002000300040005", Convert.ToHexString(hashes.Data));
        Assert.False(view.Payloads.TryFindNotify(IkeNotifyType.Cookie, out _));
        Assert.False(view.Payloads.TryFind(IkePayloadType.Certificate, out _));
    }

    [Fact]
    public void SaInit_Recoded_IsTheSameBytes()
    {
        Assert.True(IkeView.TryParse(IkeGolden.SaInitRequest, out IkeView view, out _));
        Assert.Equal(Convert.ToHexString(IkeGolden.SaInitRequest), Convert.ToHexString(IkeRecoder.Recode(view)));
    }

    [Fact]
    public void Header_Written_IsTheFigureOfTheRfc()
    {
        byte[] bytes = new byte[IkeSpec.HeaderLength + 1];
        Array.Fill(bytes, (byte)0xA5);
        new IkeHeader(0x0102030405060708, 0x1112131415161718, IkePayloadType.Encrypted, IkeExchangeType.CreateChildSa, IkeFlags.Response, 0x21222324)
            .Write(bytes, 0x31323334);
        Assert.Equal("0102030405060708" + "1112131415161718" + "2e202420" + "21222324" + "31323334" + "a5", Convert.ToHexStringLower(bytes));
    }

    [Theory]
    [InlineData(27u, Malformed.LengthTooSmall)]
    [InlineData(0u, Malformed.LengthTooSmall)]
    [InlineData(341u, Malformed.LengthTooLarge)]
    [InlineData(uint.MaxValue, Malformed.LengthTooLarge)]
    [InlineData(339u, Malformed.PayloadTruncated)]
    public void Length_OtherThanThePayloads_IsRefused(uint length, Malformed expected)
    {
        byte[] bytes = [.. IkeGolden.SaInitRequest];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), length);
        Assert.False(IkeView.TryParse(bytes, out _, out Malformed why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void Bytes_BehindTheMessage_AreLeftOut()
    {
        Assert.True(IkeView.TryParse([.. IkeGolden.SaInitRequest, 1, 2, 3], out IkeView view, out _));
        Assert.Equal(IkeGolden.SaInitRequest.Length, view.Bytes.Length);
    }

    [Theory]
    [InlineData(0x10)]
    [InlineData(0x30)]
    public void Message_OfAnotherMajorVersion_ShowsItsHeaderOnly(byte version)
    {
        byte[] bytes = [.. IkeGolden.SaInitRequest];
        (bytes[17], bytes[30]) = (version, 0xFF);
        Assert.True(IkeView.TryParse(bytes, out IkeView view, out _));
        Assert.Equal(version >> 4, view.MajorVersion);
        Assert.True(view.Payloads.IsEmpty);
        foreach (IkePayloadView _ in view.Payloads) Assert.Fail("payloads of a version that we do not speak");
    }

    [Fact]
    public void Mutations_OfMessages_RecodeToWhatDecodesAsItself() => Check(IkeGolden.SaInitRequest, static (ReadOnlySpan<byte> bytes, out byte[] again) =>
    {
        again = [];
        if (!IkeView.TryParse(bytes, out IkeView view, out _) || view.MajorVersion != 2) return false;
        again = IkeRecoder.Recode(view);
        return true;
    });

    [Fact]
    public void Mutations_OfInnerChains_RecodeToWhatDecodesAsItself() => Check(IkeGolden.InnerChain, static (ReadOnlySpan<byte> bytes, out byte[] again) =>
    {
        again = [];
        if (!IkePayloadChain.TryParse(IkePayloadType.IdInitiator, bytes, out IkePayloadChain chain, out _)) return false;
        again = IkeRecoder.Recode(chain);
        return true;
    });

    private delegate bool TryRecode(ReadOnlySpan<byte> bytes, out byte[] again);

    private static void Check(byte[] good, TryRecode recode)
    {
        Assert.True(recode(good, out byte[] same));
        Assert.Equal(Convert.ToHexString(good), Convert.ToHexString(same));
        int decoded = 0;
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 4].Sample(changes =>
        {
            byte[] bytes = [.. good];
            foreach ((int at, byte value) in changes) bytes[at] = value;
            if (!recode(bytes, out byte[] once)) return;
            Interlocked.Increment(ref decoded);
            Assert.True(recode(once, out byte[] twice));
            Assert.Equal(Convert.ToHexString(once), Convert.ToHexString(twice));
        }, iter: 20_000);
        Assert.True(decoded > 1000, $"only {decoded} mutations decode");
    }
}
