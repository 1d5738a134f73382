using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Ip;
using static Dmvpn.Wire.Ecn.EcnCodepoint;

namespace Dmvpn.Wire.Tests.Ecn;

public sealed class EcnTunnelTests
{
    /// <summary>Figure 4 of RFC 6040 as it is printed: columns Not-ECT, ECT(0), ECT(1), CE. Null is a drop; a number of bangs.</summary>
    public static TheoryData<EcnCodepoint, EcnCodepoint, EcnCodepoint?, bool> Figure4 => new()
    {
        { NotEct, NotEct, NotEct, false }, { NotEct, Ect0, NotEct, true }, { NotEct, Ect1, NotEct, true }, { NotEct, Ce, null, true },
        { Ect0, NotEct, Ect0, false }, { Ect0, Ect0, Ect0, false }, { Ect0, Ect1, Ect1, false }, { Ect0, Ce, Ce, false },
        { Ect1, NotEct, Ect1, false }, { Ect1, Ect0, Ect1, true }, { Ect1, Ect1, Ect1, false }, { Ect1, Ce, Ce, false },
        { Ce, NotEct, Ce, false }, { Ce, Ect0, Ce, false }, { Ce, Ect1, Ce, true }, { Ce, Ce, Ce, false },
    };

    [Theory]
    [MemberData(nameof(Figure4))]
    public void Decapsulation_OfEachCombination_IsThatOfFigure4(EcnCodepoint inner, EcnCodepoint outer, EcnCodepoint? onward, bool unexpected)
    {
        Assert.Equal(onward.HasValue, EcnTunnel.TryDecapsulate(inner, outer, out EcnCodepoint result));
        if (onward.HasValue) Assert.Equal(onward.Value, result);
        Assert.Equal(unexpected, EcnTunnel.IsUnexpected(inner, outer));

        byte[] four = new byte[20], six = new byte[40];
        new Ipv4Header((byte)(0xB8 | (byte)inner), 64, IpProtocol.Udp, Views.A4, Views.B4).Write(four);
        new Ipv6Header((byte)(0xB8 | (byte)inner), 64, IpProtocol.Udp, Views.A6, Views.B6).Write(six);
        foreach (byte[] packet in (byte[][])[four, six])
        {
            Assert.Equal(onward.HasValue, EcnTunnel.TryDecapsulate(packet, (byte)(0x14 | (byte)outer)));
            Assert.True(IpView.TryParse(packet, out IpView ip, out _));
            Assert.Equal((byte)(0xB8 | (byte)(onward ?? inner)), ip.TrafficClass);
        }
        Assert.True(InternetChecksum.IsValid(four));
    }

    [Theory]
    [InlineData(NotEct)]
    [InlineData(Ect0)]
    [InlineData(Ect1)]
    [InlineData(Ce)]
    public void Encapsulation_OfEachCodepoint_IsThatOfFigure3(EcnCodepoint inner)
    {
        Assert.Equal(inner, EcnTunnel.Encapsulate(inner, EcnMode.Normal));
        Assert.Equal(NotEct, EcnTunnel.Encapsulate(inner, EcnMode.Compatibility));
        Assert.Equal((byte)(0x88 | (byte)inner), EcnTunnel.OuterTrafficClass((byte)(0x40 | (byte)inner), 0x8B, EcnMode.Normal));
    }
}
