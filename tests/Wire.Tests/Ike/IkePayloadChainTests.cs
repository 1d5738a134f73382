using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

public sealed class IkePayloadChainTests
{
    [Fact]
    public void Chain_OfNone_IsEmpty()
    {
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.None, [], out IkePayloadChain chain, out Malformed why));
        Assert.Equal(Malformed.None, why);
        Assert.True(chain.IsEmpty);
    }

    [Theory]
    [InlineData("", Malformed.PayloadTruncated)]
    [InlineData("000000", Malformed.PayloadTruncated)]
    [InlineData("00000003", Malformed.PayloadTruncated)]
    [InlineData("00000000", Malformed.PayloadTruncated)]
    [InlineData("00000005", Malformed.PayloadTruncated)]
    [InlineData("0000ffff", Malformed.PayloadTruncated)]
    [InlineData("29000004", Malformed.PayloadTruncated)]
    [InlineData("0000000400", Malformed.LengthTooSmall)]
    [InlineData("0000000400000004", Malformed.LengthTooSmall)]
    public void Chain_ThatDoesNotFit_IsRefused(string hex, Malformed expected)
    {
        Assert.False(IkePayloadChain.TryParse(IkePayloadType.Notify, Convert.FromHexString(hex), out _, out Malformed why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void Payloads_OfTheInnerChain_ComeInTheirOrderWithTheirPlaces()
    {
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.IdInitiator, IkeGolden.InnerChain, out IkePayloadChain chain, out Malformed why), why.ToString());
        var types = new List<IkePayloadType>();
        foreach (IkePayloadView payload in chain)
        {
            types.Add(payload.Type);
            Assert.Equal(payload.Body.ToArray(), IkeGolden.InnerChain.AsSpan(payload.Offset + 4, payload.Body.Length).ToArray());
            Assert.False(payload.IsCritical);
        }
        Assert.Equal("35 37 38 39 41 42 33 44 45 43", string.Join(' ', types.Select(type => (int)type)));
    }

    [Fact]
    public void EncryptedPayload_EndsTheChainAndKeepsTheTypeWithin()
    {
        // The type within says "35", but what follows the SK payload's header is ciphertext.
        byte[] bytes = Convert.FromHexString("2e000008" + "00004004" + "23000008" + "deadbeef");
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.Notify, bytes, out IkePayloadChain chain, out _));
        Assert.True(chain.TryFind(IkePayloadType.Encrypted, out IkePayloadView sk));
        Assert.Equal((IkePayloadType.IdInitiator, 8, "DEADBEEF"), (sk.Next, sk.Offset, Convert.ToHexString(sk.Body)));
        Assert.False(chain.TryFind(IkePayloadType.IdInitiator, out _));
        Assert.False(IkePayloadChain.TryParse(IkePayloadType.Notify, [.. bytes, 0, 0, 0, 4], out _, out Malformed why));
        Assert.Equal(Malformed.LengthTooSmall, why);
    }

    [Fact]
    public void Chain_OfAsManyAsAreAllowed_IsReadAndOneMoreIsNot()
    {
        byte[] bytes = new byte[4 * (IkePayloadChain.MaximumPayloads + 1)];
        for (int i = 0; i <= IkePayloadChain.MaximumPayloads; i++) (bytes[4 * i], bytes[4 * i + 3]) = (43, 4);
        Assert.False(IkePayloadChain.TryParse(IkePayloadType.VendorId, bytes, out _, out Malformed why));
        Assert.Equal(Malformed.PayloadChainTooLong, why);
        bytes[4 * (IkePayloadChain.MaximumPayloads - 1)] = 0;
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.VendorId, bytes.AsSpan(0, 4 * IkePayloadChain.MaximumPayloads), out _, out _));
    }

    [Fact]
    public void CriticalBit_OfAnUnknownPayload_IsRead()
    {
        var writer = new IkePayloadWriter(new byte[64]);
        writer.Raw((IkePayloadType)200, [1, 2], isCritical: true);
        writer.VendorId([9]);
        Assert.Equal("2b800006" + "0102" + "00000005" + "09", Convert.ToHexStringLower(writer.Written));
        Assert.True(IkePayloadChain.TryParse(writer.First, writer.Written, out IkePayloadChain chain, out _));
        Assert.True(chain.TryFind((IkePayloadType)200, out IkePayloadView unknown));
        Assert.True(unknown.IsCritical);
        Assert.True(chain.TryFind(IkePayloadType.VendorId, out IkePayloadView known));
        Assert.False(known.IsCritical);
    }

    [Fact]
    public void Notify_ThatIsMalformed_IsNotFound()
    {
        byte[] bytes = [.. IkeGolden.Payload("00ff4006", 41), .. IkeGolden.Payload("00004006" + "aa")];
        Assert.True(IkePayloadChain.TryParse(IkePayloadType.Notify, bytes, out IkePayloadChain chain, out _));
        Assert.True(chain.TryFindNotify(IkeNotifyType.Cookie, out IkeNotifyView cookie));
        Assert.Equal("AA", Convert.ToHexString(cookie.Data));
    }
}
