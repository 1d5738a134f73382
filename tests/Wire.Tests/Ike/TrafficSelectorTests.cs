using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Wire.Tests.Ike;

public sealed class TrafficSelectorTests
{
    private static readonly TrafficSelector[] Two =
    [
        TrafficSelector.Gre(IpAddress.Parse("192.0.2.1")),
        new(6, 80, 90, IpAddress.Parse("2001:db8::"), IpAddress.Parse("2001:db8::ffff")),
    ];

    private static readonly Gen<TrafficSelector> GenSelector = Gen.Select(Gen.Bool, Gen.Byte, Gen.UShort, Gen.UShort, Gen.ULong, Gen.ULong, static (isFour, protocol, p, q, a, b) =>
    {
        IpAddress x = isFour ? IpAddress.FromIPv4((uint)a) : IpAddress.FromBits(a, b), y = isFour ? IpAddress.FromIPv4((uint)b) : IpAddress.FromBits(b, a);
        bool inOrder = x.CompareTo(y) <= 0, opaque = a % 5 == 0;
        return new TrafficSelector(protocol, opaque ? ushort.MaxValue : Math.Min(p, q), opaque ? (ushort)0 : Math.Max(p, q), inOrder ? x : y, inOrder ? y : x);
    });

    [Fact]
    public void Selectors_BothWays()
    {
        Assert.True(TrafficSelector.TryParseAll(Convert.FromHexString(IkeGolden.Selectors), out ValueList<TrafficSelector> selectors, out Malformed why), why.ToString());
        Assert.Equal(Two, selectors);
        Assert.Equal(IkeGolden.Selectors, Body(Two));
    }

    [Fact]
    public void EveryAddress_OfBothFamilies_BothWays()
    {
        const string Everything = "02000000" + "07000010" + "0000ffff" + "00000000" + "ffffffff" +
            "08000028" + "0000ffff" + "00000000000000000000000000000000" + "ffffffffffffffffffffffffffffffff";
        Assert.True(TrafficSelector.TryParseAll(Convert.FromHexString(Everything), out ValueList<TrafficSelector> selectors, out Malformed why), why.ToString());
        Assert.Equal(Everything, Body([.. selectors]));
        Assert.True(selectors[0].Contains(Two[0]) && selectors[1].Contains(Two[1]));
        Assert.False(selectors[1].Contains(Two[0]) || selectors[0].Contains(Two[1]));
    }

    [Fact]
    public void Selectors_OfAnyContent_DecodeToThemselves() => GenSelector.Array[0, TrafficSelector.MaximumSelectors].Sample(selectors =>
    {
        Assert.True(TrafficSelector.TryParseAll(Convert.FromHexString(Body(selectors)), out ValueList<TrafficSelector> again, out Malformed why), why.ToString());
        Assert.Equal(selectors, again);
        Assert.All(again, static selector => Assert.True(selector.Contains(selector)));
    }, iter: 2000);

    [Fact]
    public void Body_CutAtEveryOctet_IsRefused()
    {
        byte[] body = Convert.FromHexString(IkeGolden.Selectors);
        for (int length = 0; length < body.Length; length++)
        {
            Assert.False(TrafficSelector.TryParseAll(body.AsSpan(0, length), out ValueList<TrafficSelector> selectors, out Malformed why));
            Assert.Equal(Malformed.SelectorTruncated, why);
            Assert.Empty(selectors);
        }
        Assert.False(TrafficSelector.TryParseAll([.. body, 0], out _, out _));
    }

    [Theory]
    [InlineData("07000010" + "0000ffff" + "c0000202" + "c0000201", Malformed.SelectorBackwards)]
    [InlineData("07060010" + "005a0050" + "c0000201" + "c0000202", Malformed.SelectorBackwards)]
    [InlineData("08000028" + "0000ffff" + "00000000000000000000ffffc0000201" + "ffffffffffffffffffffffffffffffff", Malformed.MappedAddress)]
    [InlineData("08000028" + "0000ffff" + "00000000000000000000000000000000" + "00000000000000000000ffffc0000201", Malformed.MappedAddress)]
    [InlineData("07000014" + "0000ffff" + "c0000201" + "c0000201" + "00000000", Malformed.SelectorTruncated)]
    [InlineData("08000010" + "0000ffff" + "c0000201" + "c0000201", Malformed.SelectorTruncated)]
    [InlineData("07000007" + "0000ffff", Malformed.SelectorTruncated)]
    public void Selector_ThatCannotBe_IsRefused(string selector, Malformed expected)
    {
        Assert.False(TrafficSelector.TryParseAll(Convert.FromHexString("01000000" + selector), out _, out Malformed why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void Selector_OfAnUnknownType_IsPassedOver()
    {
        string body = "02000000" + "0900000c" + "0000ffff" + "00000001" + "072f0010" + "0000ffff" + "c0000201" + "c0000201";
        Assert.True(TrafficSelector.TryParseAll(Convert.FromHexString(body), out ValueList<TrafficSelector> selectors, out Malformed why), why.ToString());
        Assert.Equal([Two[0]], selectors);
    }

    [Fact]
    public void Selectors_MoreThanTheLimit_AreRefused()
    {
        string one = Body([Two[0]])[8..];
        string Many(int count) => $"{count:x2}000000" + string.Concat(Enumerable.Repeat(one, count));
        Assert.True(TrafficSelector.TryParseAll(Convert.FromHexString(Many(TrafficSelector.MaximumSelectors)), out _, out _));
        Assert.False(TrafficSelector.TryParseAll(Convert.FromHexString(Many(TrafficSelector.MaximumSelectors + 1)), out _, out _));
    }

    [Theory]
    [InlineData(0, 0, 65535, true)]
    [InlineData(47, 0, 65535, true)]
    [InlineData(6, 0, 65535, false)]
    [InlineData(47, 0, 80, false)]
    [InlineData(47, 65535, 0, false)]
    public void Contains_OfGre_HoldsForProtocolAndPorts(byte protocol, ushort start, ushort end, bool expected) =>
        Assert.Equal(expected, new TrafficSelector(protocol, start, end, Views.A4, Views.B4).Contains(TrafficSelector.Gre(Views.A4)));

    [Fact]
    public void Contains_Opaque_HoldsForAnyAndForItself()
    {
        TrafficSelector any = new(6, 0, 65535, Views.A4, Views.A4), opaque = any with { StartPort = 65535, EndPort = 0 }, last = any with { StartPort = 65535 };
        Assert.True(any.Contains(opaque) && opaque.Contains(opaque));
        Assert.False(opaque.Contains(any) || opaque.Contains(last) || last.Contains(opaque));
        Assert.False((any with { StartPort = 1 }).Contains(opaque));
    }

    [Fact]
    public void Text_NamesTheRange()
    {
        Assert.Equal("192.0.2.1/47/0", Two[0].ToString());
        Assert.Equal("2001:db8::-2001:db8::ffff/6/80-90", Two[1].ToString());
    }

    private static string Body(TrafficSelector[] selectors)
    {
        byte[] buffer = new byte[4096];
        Array.Fill(buffer, (byte)0xA5);
        var writer = new IkePayloadWriter(buffer);
        writer.TrafficSelectors(IkePayloadType.TrafficSelectorInitiator, selectors);
        Assert.False(writer.Failed);
        return Convert.ToHexStringLower(writer.Written[IkeSpec.PayloadHeaderLength..]);
    }
}
