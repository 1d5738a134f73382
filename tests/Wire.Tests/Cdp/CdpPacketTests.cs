using CsCheck;
using Dmvpn.Core;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Wire.Tests.Cdp;

/// <summary>CDP packets as bytes and as values, both ways.</summary>
public sealed class CdpPacketTests
{
    private static readonly byte[] StubBytes = Convert.FromHexString(
        "02B4" + "8D01" // version 2, 180 s, checksum
        + "0001" + "0006" + "5332" // S2
        + "0002" + "0011" + "00000001" + "01" + "01" + "CC" + "0004" + "0A000002" // 10.0.0.2
        + "0003" + "000B" + "54756E6E656C30" // Tunnel0
        + "0004" + "0008" + "00000001" // router
        + "0007" + "000E" + "C0A8020018" + "AC10020020"); // 192.168.2.0/24, 172.16.2.0/32

    private static readonly CdpPacket Stub = new()
    {
        TimeToLive = 180,
        Tlvs =
        [
            CdpTlv.Text(CdpTlvType.DeviceId, "S2"),
            CdpTlv.Addresses([IpAddress.Parse("10.0.0.2")]),
            CdpTlv.Text(CdpTlvType.PortId, "Tunnel0"),
            CdpTlv.Capabilities(CdpCapabilities.Router),
            CdpTlv.OdrPrefixes([IpPrefix.Parse("192.168.2.0/24"), IpPrefix.Parse("172.16.2.0/32")]),
        ],
    };

    [Fact]
    public void Write_Stub_IsTheGoldenBytes()
    {
        byte[] bytes = new byte[Stub.Length + 8];
        Array.Fill(bytes, (byte)0xA5);
        Stub.Write(bytes);
        Assert.Equal(Convert.ToHexString(StubBytes), Convert.ToHexString(bytes.AsSpan(0, Stub.Length)));
        Assert.Equal("A5A5A5A5A5A5A5A5", Convert.ToHexString(bytes.AsSpan(Stub.Length)));
    }

    [Fact]
    public void TryParse_Stub_IsTheValue()
    {
        Assert.True(CdpView.TryParse(StubBytes, out CdpView view, out Malformed why));
        Assert.Equal(Malformed.None, why);
        Assert.Equal(Stub, view.ToPacket());
        Assert.Equal("S2", view.DeviceId);
        Assert.Equal(IpAddress.Parse("10.0.0.2"), view.Addresses.FirstIPv4);
        Assert.Equal(2, view.Odr.PrefixCount);
        Assert.True(view.Odr.TryGetPrefix(1, out IpPrefix second));
        Assert.Equal(IpPrefix.Parse("172.16.2.0/32"), second);
        Assert.True(view.Odr.Gateway.IsNone);
    }

    [Fact]
    public void TryParse_Hub_HasAGatewayAndNoPrefixes()
    {
        byte[] bytes = new CdpPacket { TimeToLive = 180, Tlvs = [CdpTlv.OdrGateway(IpAddress.Parse("10.0.0.1"))] }.ToBytes();
        Assert.Equal("000700080A000001", Convert.ToHexString(bytes.AsSpan(4)));
        Assert.True(CdpView.TryParse(bytes, out CdpView view, out _));
        Assert.Equal(CdpOdrKind.Gateway, view.Odr.Kind);
        Assert.Equal(IpAddress.Parse("10.0.0.1"), view.Odr.Gateway);
        Assert.Equal(0, view.Odr.PrefixCount);
    }

    [Theory]
    [InlineData("", CdpOdrKind.Prefixes)]
    [InlineData("0A000001", CdpOdrKind.Gateway)]
    [InlineData("0A00000118", CdpOdrKind.Prefixes)]
    [InlineData("0A000001180A", CdpOdrKind.Unknown)]
    [InlineData("0A0000", CdpOdrKind.Unknown)]
    public void Odr_ByItsLength_HasOneForm(string value, CdpOdrKind expected)
    {
        var tlv = new CdpTlv(CdpTlvType.Odr, ValueList.Create<byte>(Convert.FromHexString(value)));
        Assert.True(CdpView.TryParse(new CdpPacket { Tlvs = [tlv] }.ToBytes(), out CdpView view, out _));
        Assert.Equal(expected, view.Odr.Kind);
    }

    [Fact]
    public void Odr_PrefixLengthAbove32_IsNoPrefix()
    {
        var tlv = new CdpTlv(CdpTlvType.Odr, [10, 0, 0, 0, 33]);
        Assert.True(CdpView.TryParse(new CdpPacket { Tlvs = [tlv] }.ToBytes(), out CdpView view, out _));
        Assert.False(view.Odr.TryGetPrefix(0, out _));
    }

    [Fact]
    public void Addresses_OfSeveralProtocols_YieldIPv4AndIPv6()
    {
        IpAddress v4 = IpAddress.Parse("10.0.0.2"), v6 = IpAddress.Parse("2001:db8::2");
        CdpTlv both = CdpTlv.Addresses([v6, v4]);
        // An address of AppleTalk in front: it is passed over.
        byte[] value = [0, 0, 0, 3, 1, 1, 0x81, 0, 2, 9, 9, .. both.Value.AsSpan()[4..]];
        byte[] bytes = new CdpPacket { Tlvs = [new CdpTlv(CdpTlvType.Addresses, ValueList.Create<byte>(value))] }.ToBytes();
        Assert.True(CdpView.TryParse(bytes, out CdpView view, out _));
        Assert.Equal([v6, v4], view.Addresses.ToList(10));
        Assert.Equal([v6], view.Addresses.ToList(1));
        Assert.Equal(v4, view.Addresses.FirstIPv4);
    }

    [Theory]
    [InlineData("02B400000001000501", 0x02BB)] // 0x02B4 + 0x0001 + 0x0005 + 0x0001: the last byte is the lower half of its word
    [InlineData("02B40000000100057F", 0x0339)]
    [InlineData("02B400000001000580", 0x023A)] // and a negative one is sign-extended and one less: 0x02BA + 0xFF7F = 0x10239, folded 0x023A
    [InlineData("02B4000000010005FF", 0x02B9)]
    public void Checksum_OddLength_IsCiscos(string hex, int sum) =>
        Assert.Equal((ushort)~sum, CdpChecksum.Compute(Convert.FromHexString(hex)));

    [Fact]
    public void TryParse_ChecksumAbsentOrOfRfc1071_IsAcceptedAndKept()
    {
        byte[] odd = new CdpPacket { TimeToLive = 10, Tlvs = [CdpTlv.Text(CdpTlvType.DeviceId, "R")] }.ToBytes();
        odd[2] = odd[3] = 0;
        Assert.True(CdpView.TryParse(odd, out CdpView absent, out _));
        Assert.Equal((ushort)0, absent.ToPacket().Checksum);
        Assert.Equal(odd, absent.ToPacket().ToBytes());

        ushort rfc = Wire.Ip.InternetChecksum.Compute(odd);
        (odd[2], odd[3]) = ((byte)(rfc >> 8), (byte)rfc);
        Assert.NotEqual(rfc, CdpChecksum.Compute([.. odd[..2], 0, 0, .. odd[4..]]));
        Assert.True(CdpView.TryParse(odd, out CdpView standard, out _));
        Assert.Equal(odd, standard.ToPacket().ToBytes());
    }

    [Fact]
    public void TryParse_WrongBytes_AreNamed()
    {
        Assert.Equal(Malformed.Truncated, WhyOf([2, 180, 0]));
        Assert.Equal(Malformed.UnknownVersion, WhyOf([3, 180, 0, 0]));
        Assert.Equal(Malformed.TlvTruncated, WhyOf([2, 180, 0, 0, 0, 1, 0]));
        Assert.Equal(Malformed.TlvTruncated, WhyOf([2, 180, 0, 0, 0, 1, 0, 3]));
        Assert.Equal(Malformed.TlvTruncated, WhyOf([2, 180, 0, 0, 0, 1, 0, 6, 65]));
        byte[] flipped = [.. StubBytes];
        flipped[9] ^= 1;
        Assert.Equal(Malformed.BadChecksum, WhyOf(flipped));
    }

    [Fact]
    public void Text_ControlCharacters_CannotSteerATerminal()
    {
        const string text = "R\u001b[2J\r\nx\0hidden";
        byte[] bytes = new CdpPacket { Tlvs = [CdpTlv.Text(CdpTlvType.DeviceId, text), CdpTlv.Text(CdpTlvType.SoftwareVersion, text)] }.ToBytes();
        Assert.True(CdpView.TryParse(bytes, out CdpView view, out _));
        Assert.Equal("R.[2J..x", view.DeviceId);
        // Only the version has several lines.
        Assert.Equal("R.[2J.\nx", view.SoftwareVersion);
    }

    [Fact]
    public void TryParse_TruncatedAnywhere_NeverThrows()
    {
        for (int length = 0; length < StubBytes.Length; length++) Touch(StubBytes.AsSpan(0, length), fixChecksum: true);
    }

    [Fact]
    public void TryParse_RandomBytesAndMutations_NeverThrowsAndReencodes()
    {
        Gen.Select(Gen.Byte.Array[0, 80], Gen.Int[0, 60], Gen.Byte.Array[1, 6]).Sample((random, at, with) =>
        {
            Touch(random, fixChecksum: false);
            byte[] mutated = [.. StubBytes];
            for (int i = 0; i < with.Length && at + i < mutated.Length; i++) mutated[at + i] = with[i];
            Touch(mutated, fixChecksum: true);
        }, iter: 20_000);
    }

    private static Malformed WhyOf(byte[] bytes)
    {
        Assert.False(CdpView.TryParse(bytes, out _, out Malformed why));
        return why;
    }

    /// <summary>Decodes, and when that succeeds asks for everything there is.</summary>
    private static void Touch(ReadOnlySpan<byte> bytes, bool fixChecksum)
    {
        byte[] copy = bytes.ToArray();
        if (fixChecksum && copy.Length >= 4) copy[2] = copy[3] = 0;
        if (!CdpView.TryParse(copy, out CdpView view, out Malformed why))
        {
            Assert.NotEqual(Malformed.None, why);
            return;
        }
        Assert.Equal(copy, view.ToPacket().ToBytes());
        Assert.True(view.Addresses.ToList(100).Count <= 100);
        for (int i = 0; i < view.Odr.PrefixCount; i++) _ = view.Odr.TryGetPrefix(i, out IpPrefix _);
        Assert.NotNull(view.DeviceId + view.PortId + view.Platform + view.SoftwareVersion + view.VtpDomain + view.Capabilities + view.Duplex + view.Odr.Gateway);
    }
}
