using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Wire.Tests.Ike;

/// <summary>What OpenIKED, strongSwan and others sent, and what fuzzers made of it to break other decoders.</summary>
public sealed class IkeCaptureTests
{
    [Theory]
    [InlineData("ikev2four.pcap", 8)]
    [InlineData("ikev2pI2.pcap", 2)]
    [InlineData("10-ipsec-gcm.pcap", 12)]
    [InlineData("12-ipsec-nat.pcap", 12)]
    [InlineData("12-ipsec-nat-inside.pcap", 4)]
    public void Capture_EveryMessage_IsReproducedByteForByte(string name, int least)
    {
        int messages = 0;
        foreach (byte[] bytes in Messages(name))
        {
            messages++;
            Assert.True(IkeView.TryParse(bytes, out IkeView view, out Malformed why), $"message {messages}: {why}");
            Assert.Equal(2, view.MajorVersion);
            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(IkeRecoder.Recode(view)));
        }
        Assert.True(messages >= least, $"{messages} messages");
    }

    [Theory]
    [InlineData("ikev2-id-normal.pcap", 9, Malformed.BadAddressLength)]
    [InlineData("ikev2-id-short.pcap", 5, Malformed.Truncated)]
    public void IdentityTooShort_AndBytesBehindThePayloads_AreRefused(string name, int length, Malformed expected)
    {
        // An IKE_AUTH in the clear, made for a decoder that read past the only payload's end.
        byte[] bytes = Assert.Single(Messages(name));
        Assert.False(IkeView.TryParse(bytes, out _, out Malformed why));
        Assert.Equal(Malformed.LengthTooSmall, why);
        Assert.False(IkeIdentityView.TryParse(bytes.AsSpan(IkeSpec.HeaderLength, length)[IkeSpec.PayloadHeaderLength..], out _, out why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void Captures_OfIkeVersion1_ShowTheirVersion()
    {
        int messages = 0;
        foreach (byte[] bytes in Messages("ISAKMP_sa_setup.pcap").Concat(Messages("isakmp4500.pcap")))
        {
            if (!IkeView.TryParse(bytes, out IkeView view, out Malformed why)) Assert.Fail(why.ToString());
            Assert.Equal(1, view.MajorVersion);
            messages++;
        }
        Assert.True(messages > 10, $"{messages} messages");
    }

    [Theory]
    [InlineData("ikev2pI2-segfault.pcapng")]
    [InlineData("isakmp-3948-oobr-2.pcap")]
    [InlineData("isakmp-delete-segfault.pcap")]
    [InlineData("isakmp-identification-segfault.pcap")]
    [InlineData("isakmp-ikev1_n_print-oobr.pcap")]
    [InlineData("isakmp-no-none-np.pcapng")]
    [InlineData("isakmp-pointer-loop.pcap")]
    [InlineData("isakmp-rfc3948-oobr.pcap")]
    [InlineData("isakmp-various-oobr.pcap")]
    [InlineData("isakmpv1-attr-oobr.pcap")]
    public void Crasher_OfAnotherDecoder_IsRefusedOrReadWithoutException(string name)
    {
        foreach (byte[] packet in Recorded.IpPackets(Recorded.File(name)))
        {
            // From every place where a message could be taken to begin, not only where the broken headers say.
            for (int at = 0; at < Math.Min(packet.Length, 64); at++)
            {
                if (!IkeView.TryParse(packet.AsSpan(at), out IkeView view, out Malformed why))
                {
                    Assert.NotEqual(Malformed.None, why);
                    continue;
                }
                if (view.MajorVersion == 2) Assert.NotEmpty(IkeRecoder.Recode(view));
            }
        }
    }

    private static IEnumerable<byte[]> Messages(string name)
    {
        foreach (byte[] packet in Recorded.IpPackets(Recorded.File(name)))
        {
            if (Message(packet) is { } message) yield return message;
        }
    }

    private static byte[]? Message(byte[] packet)
    {
        if (!IpView.TryParse(packet, out IpView ip, out _) || ip.Protocol != IpProtocol.Udp || ip.IsFragment) return null;
        if (!UdpView.TryParse(ip.Payload, out UdpView udp, out _)) return null;
        bool isNat = udp.SourcePort == IkeSpec.NatPort || udp.DestinationPort == IkeSpec.NatPort;
        if (!isNat) return udp.Payload.ToArray();
        return udp.Payload.Length > 4 && udp.Payload[..4].IndexOfAnyExcept((byte)0) < 0 ? udp.Payload[4..].ToArray() : null;
    }
}
