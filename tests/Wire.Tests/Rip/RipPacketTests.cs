using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Rip;

namespace Dmvpn.Wire.Tests.Rip;

/// <summary>RIP and RIPng messages as bytes and as values, both ways.</summary>
public sealed class RipPacketTests
{
    /// <summary>10.9.8.0/24 at metric 3, signed with MD5 by key 5 ("westwind"), sequence 7.</summary>
    internal static readonly byte[] Signed = Convert.FromHexString(
        "02020000" + "FFFF0003002C051400000007" + "0000000000000000"
        + "00020000" + "0A090800" + "FFFFFF00" + "00000000" + "00000003"
        + "FFFF0001" + Md5Of("02020000FFFF0003002C05140000000700000000000000000002" + "00000A090800FFFFFF000000000000000003FFFF0001", "westwind"));

    internal static readonly byte[] RipngResponse = Convert.FromHexString(
        "02010000" + "FE800000000000000000000000000001" + "000000FF" + "20010DB8000900000000000000000000" + "00073005");

    private static readonly byte[] Response = Convert.FromHexString(
        "02020000"
        + "00020000" + "0A010200" + "FFFFFF00" + "00000000" + "00000001"
        + "00020009" + "AC100000" + "FFF00000" + "0AFF0007" + "00000010");

    [Fact]
    public void Write_Response_IsTheGoldenBytes()
    {
        var packet = new RipPacket
        {
            Routes = [RipEntry.Of(IpPrefix.Parse("10.1.2.0/24"), 1), RipEntry.Of(IpPrefix.Parse("172.16.0.0/12"), 16, IpAddress.Parse("10.255.0.7"), 9)],
        };
        Assert.Equal(Convert.ToHexString(Response), Convert.ToHexString(packet.ToBytes()));
        Assert.True(RipView.TryParse(Response, out RipView view, out Malformed why), why.ToString());
        Assert.Equal(packet, view.ToPacket());
        Assert.True(view[1].TryGetPrefix(out IpPrefix prefix));
        Assert.Equal("172.16.0.0/12", prefix.ToString());
    }

    [Fact]
    public void Request_ForTheWholeTable_IsFamilyZeroAndInfinity()
    {
        byte[] bytes = new RipPacket { Command = RipCommand.Request, Routes = [RipEntry.WholeTable] }.ToBytes();
        Assert.Equal("0102000000000000000000000000000000000000" + "00000010", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Signed_IsTakenApart_AndItsDigestIsOverAllBeforeIt()
    {
        Assert.True(RipView.TryParse(Signed, out RipView view, out Malformed why), why.ToString());
        Assert.True(view.HasAuthentication);
        RipAuthentication authentication = view.Authentication;
        Assert.True(authentication.IsDigest);
        Assert.Equal((44, 5, 20, 7u), (authentication.SignedLength, authentication.KeyId, authentication.DigestLength, authentication.Sequence));
        Assert.Equal(1, view.Count);
        string before = Convert.ToHexString(Signed.AsSpan(0, authentication.SignedLength + RipSpec.TrailerHeaderLength));
        Assert.Equal(Md5Of(before, "westwind"), Convert.ToHexString(authentication.Digest));
        Assert.Equal(Signed, view.ToPacket().ToBytes());
    }

    [Fact]
    public void Password_IsAnEntryOfItsOwn()
    {
        byte[] bytes = Convert.FromHexString("02020000" + "FFFF0002" + "73657372616D0000" + "0000000000000000" + "00020000" + "0A000000" + "FF000000" + "00000000" + "00000001");
        Assert.True(RipView.TryParse(bytes, out RipView view, out _));
        Assert.False(view.Authentication.IsDigest);
        Assert.Equal("sesram", Encoding.ASCII.GetString(view.Authentication.Data.AsSpan()).TrimEnd('\0'));
        Assert.Equal(1, view.Count);
    }

    [Theory]
    [InlineData("020200", Malformed.Truncated)]
    [InlineData("02030000", Malformed.UnknownVersion)]
    [InlineData("03020000", Malformed.UnknownType)]
    [InlineData("020200000002", Malformed.RouteTruncated)]
    [InlineData("02020000FFFF00030014010000000001" + "0000000000000000", Malformed.LengthTooSmall)]
    [InlineData("02020000FFFF0003FFFF010000000001" + "0000000000000000", Malformed.LengthTooLarge)]
    public void Message_ThatIsNone_IsRefusedByName(string hex, Malformed expected)
    {
        Assert.False(RipView.TryParse(Convert.FromHexString(hex), out _, out Malformed why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void Ripng_NextHopAndRoute_AreToldApart()
    {
        Assert.True(RipngView.TryParse(RipngResponse, out RipngView view, out Malformed why), why.ToString());
        Assert.Equal(2, view.Count);
        Assert.True(view[0].IsNextHop);
        Assert.Equal(IpAddress.Parse("fe80::1"), view[0].Address);
        Assert.True(view[1].TryGetPrefix(out IpPrefix prefix));
        Assert.Equal("2001:db8:9::/48", prefix.ToString());
        Assert.Equal((7, 5), (view[1].Tag, view[1].Metric));
        var packet = new RipngPacket { Entries = [RipngEntry.NextHop(IpAddress.Parse("fe80::1")), RipngEntry.Of(prefix, 5, 7)] };
        Assert.Equal(Convert.ToHexString(RipngResponse), Convert.ToHexString(packet.ToBytes()));
    }

    [Fact]
    public void Prefix_WithBitsBeyondItsLength_OrAMaskWithHoles_IsNone()
    {
        Assert.False((RipEntry.Of(IpPrefix.Parse("10.0.0.0/8"), 1) with { Mask = 0xFF00FF00 }).TryGetPrefix(out _));
        Assert.False((RipEntry.Of(IpPrefix.Parse("10.0.0.0/8"), 1) with { Address = 0x0A000001 }).TryGetPrefix(out _));
        Assert.False((RipngEntry.Of(IpPrefix.Parse("2001:db8::/32"), 1) with { PrefixLength = 129 }).TryGetPrefix(out _));
        Assert.False((RipngEntry.Of(IpPrefix.Parse("2001:db8::/32"), 1) with { Low = 1 }).TryGetPrefix(out _));
    }

    [Fact]
    public void AnyMessage_EncodesAndDecodesToItself() =>
        Gen.Select(Gen.UShort, Gen.UShort, Gen.UInt, Gen.UInt, Gen.UInt, Gen.UInt).Array[0, 25].Sample(rows =>
        {
            RipEntry[] routes = [.. rows.Select(row => new RipEntry((ushort)(row.Item1 & 0x7FFF), row.Item2, row.Item3, row.Item4, row.Item5, row.Item6))];
            var packet = new RipPacket { Routes = [.. routes] };
            Assert.True(RipView.TryParse(packet.ToBytes(), out RipView view, out _));
            Assert.Equal(packet, view.ToPacket());
        });

    private static string Md5Of(string hex, string key)
    {
        byte[] padded = new byte[16];
        Encoding.ASCII.GetBytes(key, padded);
        return Convert.ToHexString(MD5.HashData([.. Convert.FromHexString(hex), .. padded]));
    }
}
