using Dmvpn.Wire.Esp;

namespace Dmvpn.Wire.Tests.Esp;

public sealed class EspTests
{
    [Fact]
    public void Packet_Read_HasSpiSequenceAndTheRest()
    {
        Assert.True(EspView.TryParse(Convert.FromHexString("c1c2c3c4" + "00000007" + "aabbccdd"), out EspView view, out Malformed why), why.ToString());
        Assert.Equal((0xC1C2C3C4u, 7u, "AABBCCDD"), (view.Spi, view.Sequence, Convert.ToHexString(view.Protected)));
    }

    [Fact]
    public void Packet_ShorterThanHeaderAndTrailer_IsRefused()
    {
        for (int length = 0; length < EspSpec.HeaderLength + EspSpec.TrailerLength; length++)
        {
            Assert.False(EspView.TryParse(new byte[length], out _, out Malformed why));
            Assert.Equal(Malformed.Truncated, why);
        }
        Assert.True(EspView.TryParse(new byte[EspSpec.HeaderLength + EspSpec.TrailerLength], out _, out _));
    }
}
