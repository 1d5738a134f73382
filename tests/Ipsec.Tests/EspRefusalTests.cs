using System.Buffers.Binary;
using CsCheck;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Ipsec.Tests;

/// <summary>What must not be opened, and what it must not change.</summary>
public sealed class EspRefusalTests
{
    private const byte Gre = 47;

    [Fact]
    public void Packet_AnyBitFlipped_IsNotOpenedAndMovesNothing()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using var rig = new EspRig(suite);
            byte[] packet = rig.Seal(EspRig.Pattern(21));
            // The SPI has chosen the SA.
            for (int bit = 32; bit < packet.Length * 8; bit++)
            {
                byte[] changed = [.. packet];
                changed[bit / 8] ^= (byte)(1 << bit % 8);
                Opened opened = rig.Open(changed);
                Assert.True(opened.Result is EspResult.Forged or EspResult.Replayed && !opened.IsLatest, $"{suite} bit {bit}: {opened.Result}");
            }
            Assert.Equal((0, Instant.Zero), (rig.Inbound.Packets, rig.Inbound.LastUsed));
            Assert.Equal(EspResult.Good, rig.Open(packet).Result);
        }
    }

    [Fact]
    public void Packet_AnySpiBitFlipped_IsNotOpened()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using var rig = new EspRig(suite);
            byte[] packet = rig.Seal([1, 2, 3]);
            for (int bit = 0; bit < 32; bit++)
            {
                byte[] changed = [.. packet];
                changed[bit / 8] ^= (byte)(1 << bit % 8);
                Assert.Equal(EspResult.Forged, rig.Open(changed).Result);
            }
        }
    }

    [Fact]
    public void Packet_CutAnywhereOrLonger_IsNotOpened()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using var rig = new EspRig(suite);
            byte[] packet = rig.Seal(EspRig.Pattern(50));
            for (int length = EspSpec.HeaderLength; length < packet.Length; length++)
            {
                EspResult result = rig.Open(packet[..length]).Result;
                Assert.True(result is EspResult.Malformed or EspResult.Forged, $"{suite} {length}: {result}");
            }
            for (int more = 1; more < 40; more++) Assert.True(rig.Open([.. packet, .. new byte[more]]).Result is EspResult.Malformed or EspResult.Forged);
            Assert.Equal(EspResult.Good, rig.Open(packet).Result);
        }
    }

    [Fact]
    public void Packet_TooShortForItsTrailerOrNotAligned_IsMalformedBeforeAnythingElse()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using var rig = new EspRig(suite);
            int around = EspSpec.HeaderLength + rig.Outbound.IvLength + rig.Outbound.IcvLength;
            for (int text = 0; text < 64; text++)
            {
                EspResult expected = text >= EspSpec.TrailerLength && text % rig.Outbound.Alignment == 0 ? EspResult.Replayed : EspResult.Malformed;
                // Sequence number 0.
                Assert.Equal(expected, rig.Open(new byte[around + text]).Result);
            }
        }
    }

    [Fact]
    public void Bytes_Random_AreNeverGood() => Gen.Select(Gen.Int[0, 10_000], Gen.Byte.Array[EspSpec.HeaderLength, 200]).Sample((which, bytes) =>
    {
        EspSuite[] suites = [.. EspRig.Suites()];
        using var rig = new EspRig(suites[which % suites.Length], (Mode)(which % 3));
        Assert.True(rig.Open(bytes).Result is EspResult.Malformed or EspResult.Forged or EspResult.Replayed);
        Assert.Equal(0ul, rig.Inbound.Window.Top);
    }, iter: 5000);

    [Fact]
    public void Packet_OfAnotherKeyOrOtherUseOfEsn_IsForged()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using var rig = new EspRig(suite);
            byte[] packet = rig.Seal([1, 2, 3]);
            byte[] key = rig.Key;
            key[^1] ^= 1;
            using var other = new InboundSa(EspRig.Spi, suite, key, EspRig.Path, 64);
            Assert.Equal(EspResult.Forged, Open(other, packet));
            if (suite.Esn) rig.Outbound.SetSequence(1ul << 32);
            byte[] later = rig.Seal([1, 2, 3]);
            using var fresh = new InboundSa(EspRig.Spi, suite with { Esn = false }, EspRig.KeyOf(suite), EspRig.Path, 64);
            Assert.Equal(suite.Esn ? EspResult.Forged : EspResult.Good, Open(fresh, later));
            Assert.Equal((0, suite.Esn ? 1 : 0), (fresh.Replays, fresh.Forgeries));
        }
    }

    [Fact]
    public void Padding_NotOneTwoThree_IsRefused()
    {
        foreach (EspSuite suite in EspRig.Suites())
        {
            using var rig = new EspRig(suite);
            byte[] good = rig.Text([1, 2, 3], Gre, extra: 1);
            int padding = good[^2];
            for (int i = 0; i < padding; i++)
            {
                byte[] text = [.. good];
                text[3 + i] ^= 0x40;
                Assert.Equal(EspResult.BadPadding, rig.Open(rig.Craft(text, (ulong)i + 1)).Result);
            }
            Assert.Equal(0, rig.Inbound.Packets);
            // Its number is taken all the same: the packet was authentic.
            Assert.Equal(EspResult.Replayed, rig.Open(rig.Craft(good, 1)).Result);
        }
    }

    [Fact]
    public void Padding_LongerThanThePacket_IsRefused()
    {
        using var rig = new EspRig(EspRig.Gcm());
        byte[] text = rig.Text([], Gre);
        for (int claimed = text.Length - EspSpec.TrailerLength + 1; claimed <= EspSpec.MaximumPadding; claimed++)
        {
            text[^2] = (byte)claimed;
            Assert.Equal(EspResult.BadPadding, rig.Open(rig.Craft(text, (ulong)claimed)).Result);
        }
    }

    [Theory]
    [InlineData(Mode.Transport)]
    [InlineData(Mode.TunnelIPv4)]
    [InlineData(Mode.TunnelIPv6)]
    public void NextHeader_OfADummyPacket_IsDroppedButShowsLife(Mode mode)
    {
        using var rig = new EspRig(EspRig.Gcm(), mode);
        Assert.Equal(EspResult.Dummy, rig.Open(rig.Craft(rig.Text(EspRig.Pattern(100), EspSpec.NoNextHeader), 1)).Result);
        Assert.Equal((0, rig.Now), (rig.Inbound.Packets, rig.Inbound.LastUsed));
    }

    [Fact]
    public void NextHeader_NotWhatTheModeCarries_IsRefused()
    {
        foreach (Mode mode in new[] { Mode.Transport, Mode.TunnelIPv4, Mode.TunnelIPv6 })
        {
            byte right = mode switch { Mode.Transport => Gre, Mode.TunnelIPv4 => 4, _ => 41 };
            using var rig = new EspRig(EspRig.Gcm(), mode);
            // What is right in the one mode must not pass in the other.
            byte[] payload = mode == Mode.TunnelIPv6 ? Inner4() : Inner6();
            for (int next = 0; next < 256; next++)
            {
                if (next == right || next == EspSpec.NoNextHeader) continue;
                Assert.Equal(EspResult.WrongSelector, rig.Open(rig.Craft(rig.Text(payload, (byte)next), (ulong)next + 1)).Result);
            }
        }
    }

    public static TheoryData<string> WrongInner => ["version", "protocol", "source", "destination", "first fragment", "later fragment", "longer than it is", "cut"];

    [Theory]
    [MemberData(nameof(WrongInner))]
    public void InnerHeaderIPv4_NotGreBetweenTheSelectors_IsRefused(string wrong)
    {
        using var rig = new EspRig(EspRig.Gcm(), Mode.TunnelIPv4);
        byte[] inner = Inner4();
        Assert.Equal(EspResult.Good, rig.Open(rig.Craft(rig.Text(inner, 4), 1)).Result);
        switch (wrong)
        {
            case "version": inner = Inner6(); break;
            case "protocol": inner[9] = 17; break;
            case "source": inner[15] ^= 1; break;
            case "destination": inner[19] ^= 1; break;
            case "first fragment": inner[6] = 0x20; break;
            case "later fragment": inner[7] = 1; break;
            case "longer than it is": inner[3]++; break;
            default: inner = inner[..19]; break;
        }
        if (wrong != "version" && inner.Length >= 20) Checksum(inner);
        Assert.Equal(EspResult.WrongSelector, rig.Open(rig.Craft(rig.Text(inner, 4), 2)).Result);
        Assert.Equal(1, rig.Inbound.Packets);
    }

    [Theory]
    [MemberData(nameof(WrongInner))]
    public void InnerHeaderIPv6_NotGreBetweenTheSelectors_IsRefused(string wrong)
    {
        using var rig = new EspRig(EspRig.Gcm(), Mode.TunnelIPv6);
        byte[] inner = Inner6();
        Assert.Equal(EspResult.Good, rig.Open(rig.Craft(rig.Text(inner, 41), 1)).Result);
        switch (wrong)
        {
            case "version": inner = Inner4(); break;
            case "protocol": inner[6] = 17; break;
            case "source": inner[23] ^= 1; break;
            case "destination": inner[39] ^= 1; break;
            case "first fragment": inner = Fragment(inner, 1); break;
            case "later fragment": inner = Fragment(inner, 8); break;
            case "longer than it is": inner[5]++; break;
            default: inner = inner[..39]; break;
        }
        Assert.Equal(EspResult.WrongSelector, rig.Open(rig.Craft(rig.Text(inner, 41), 2)).Result);
    }

    [Theory]
    [InlineData(Mode.TunnelIPv4)]
    [InlineData(Mode.TunnelIPv6)]
    public void InnerHeader_WithTrafficFlowPaddingBehindThePacket_IsCutToItsLength(Mode mode)
    {
        using var rig = new EspRig(EspRig.Gcm(), mode);
        byte[] inner = mode == Mode.TunnelIPv4 ? Inner4() : Inner6();
        // RFC 4303 2.7
        Opened opened = rig.Open(rig.Craft(rig.Text([.. inner, .. new byte[333]], mode == Mode.TunnelIPv4 ? (byte)4 : (byte)41), 1));
        Assert.Equal(EspResult.Good, opened.Result);
        Assert.Equal(EspRig.Pattern(30), opened.Payload);
    }

    private static byte[] Inner4()
    {
        byte[] packet = [.. new byte[20], .. EspRig.Pattern(30)];
        new Ipv4Header(0, 64, IpProtocol.Gre, IpAddress.Parse("10.1.1.1"), IpAddress.Parse("10.1.1.2")).Write(packet);
        return packet;
    }

    private static byte[] Inner6()
    {
        byte[] packet = [.. new byte[40], .. EspRig.Pattern(30)];
        new Ipv6Header(0, 64, IpProtocol.Gre, IpAddress.Parse("fd01::1"), IpAddress.Parse("fd01::2")).Write(packet);
        return packet;
    }

    private static byte[] Fragment(byte[] inner6, ushort offsetAndFlags)
    {
        byte[] header = [Gre, 0, 0, 0, 0, 0, 0, 9];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), offsetAndFlags);
        byte[] packet = [.. inner6[..40], .. header, .. inner6[40..]];
        packet[6] = 44;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        return packet;
    }

    private static void Checksum(byte[] inner)
    {
        inner[10] = inner[11] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(inner.AsSpan(10), InternetChecksum.Compute(inner.AsSpan(0, 20)));
    }

    private static unsafe EspResult Open(InboundSa sa, byte[] packet)
    {
        byte[] copy = [.. packet];
        byte trafficClass = 0;
        fixed (byte* start = copy) return EspPacket.Open(sa, start, copy.Length, ref trafficClass, default, out _, out _, out _);
    }
}
