using CsCheck;
using Dmvpn.Wire.Nhrp;
using static Dmvpn.Wire.Tests.Nhrp.NhrpGolden;

namespace Dmvpn.Wire.Tests.Nhrp;

public sealed class NhrpPacketTests
{
    public static TheoryData<string, byte[]> Golden => new()
    {
        { nameof(RegistrationRequest), RegistrationRequest },
        { nameof(OldRegistrationRequest), OldRegistrationRequest },
        { nameof(TrafficIndication), TrafficIndication },
        { nameof(ResolutionReply), ResolutionReply },
    };

    [Fact]
    public void RegistrationRequest_OfIos_DecodesToItsValue() => AssertDecodes(RegistrationRequest, RegistrationRequestValue);

    [Fact]
    public void TrafficIndication_OfIos_DecodesToItsValue() => AssertDecodes(TrafficIndication, TrafficIndicationValue);

    [Theory]
    [MemberData(nameof(Golden))]
    public void Packet_OfIos_IsReproducedByteForByte(string name, byte[] bytes)
    {
        Assert.True(NhrpPacket.TryParse(bytes, out NhrpPacket? packet, out Malformed why), $"{name}: {why}");
        byte[] buffer = new byte[bytes.Length + 7];
        Array.Fill(buffer, (byte)0xA5);
        Assert.True(packet.TryWrite(buffer, out int length));
        Assert.Equal(bytes, buffer[..length]);
        Assert.All(buffer[length..], value => Assert.Equal(0xA5, value));
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void Packet_CutAtAnyByte_IsRefused(string name, byte[] bytes)
    {
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(NhrpView.TryParse(bytes.AsSpan(0, length), out _, out Malformed why), name);
            Assert.NotEqual(Malformed.None, why);
        }
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void Packet_CutAtAnyByteWithSizeAndChecksumMended_NeverThrowsAndReproducesWhatItAccepts(string name, byte[] bytes)
    {
        for (int length = NhrpSpec.MinimumLength; length < bytes.Length; length++)
        {
            byte[] cut = Mend(bytes[..length]);
            if (NhrpPacket.TryParse(cut, out NhrpPacket? packet, out _)) Assert.True(packet.Write().AsSpan().SequenceEqual(cut), name);
        }
    }

    [Fact]
    public void AnyMutation_WithMendedChecksum_NeverThrowsAndReproducesWhatItAccepts() =>
        Gen.Select(Gen.Int[0, 3], Gen.Select(Gen.Int[0, 200], Gen.Byte).Array[1, 8]).Sample((which, changes) =>
        {
            byte[] bytes = (byte[])new[] { RegistrationRequest, OldRegistrationRequest, TrafficIndication, ResolutionReply }[which].Clone();
            foreach ((int at, byte value) in changes) bytes[at % bytes.Length] = value;
            bytes = Mend(bytes);
            if (!NhrpView.TryParse(bytes, out NhrpView view, out _)) return;
            NhrpPacket packet = NhrpPacket.From(view);
            Assert.NotEmpty(NhrpText.Format(view));
            Assert.Equal(bytes, packet.Write());
        }, iter: 20_000);

    [Fact]
    public void AnyBytes_NeverThrow() =>
        Gen.Byte.Array[0, 200].Sample(bytes => NhrpView.TryParse(bytes, out _, out Malformed why) == (why == Malformed.None), iter: 5_000);

    [Fact]
    public void Checksum_OfOddLength_PadsWithZero()
    {
        Assert.Equal(81, OldRegistrationRequest.Length);
        Assert.True(NhrpView.TryParse(OldRegistrationRequest, out _, out _));
        byte[] wrong = (byte[])OldRegistrationRequest.Clone();
        wrong[13] ^= 1;
        Assert.False(NhrpView.TryParse(wrong, out _, out Malformed why));
        Assert.Equal(Malformed.BadChecksum, why);
    }

    [Fact]
    public void MissingEnd_IsAcceptedAndReproduced()
    {
        NhrpPacket packet = RegistrationRequestValue with { Extensions = [new(0x8003, [])] };
        byte[] bytes = packet.Write();
        Assert.True(NhrpPacket.TryParse(bytes, out NhrpPacket? again, out _));
        Assert.Equal(packet, again);
    }

    [Fact]
    public void ExtensionAfterEnd_IsRefused()
    {
        byte[] bytes = (RegistrationRequestValue with { Extensions = [new(0x8000, []), new(0x8003, [])] }).Write();
        Assert.False(NhrpView.TryParse(bytes, out _, out Malformed why));
        Assert.Equal(Malformed.ExtensionEndMissing, why);
    }

    [Fact]
    public void IPv6_InEitherPlace_IsReproduced()
    {
        foreach ((string nbma, string protocol) in new[] { ("2001:db8::1", "10.0.0.1"), ("192.0.2.1", "2001:db8:1::1"), ("2001:db8::1", "::ffff:1.2.3.4") })
        {
            var packet = new NhrpPacket
            {
                Header = new NhrpHeader
                {
                    AddressFamily = nbma.Contains(':') ? NhrpSpec.AfnIPv6 : NhrpSpec.AfnIPv4,
                    ProtocolType = protocol.Contains(':') ? NhrpSpec.ProtocolIPv6 : NhrpSpec.ProtocolIPv4,
                    Type = NhrpPacketType.ResolutionRequest,
                    SourceNbma = Address(nbma),
                    SourceProtocol = Address(protocol),
                    DestinationProtocol = Address(protocol),
                },
                Cies = [new NhrpCie { Nbma = Address(nbma), Protocol = Address(protocol), PrefixLength = 64 }],
            };
            byte[] bytes = packet.Write();
            Assert.True(NhrpPacket.TryParse(bytes, out NhrpPacket? again, out _));
            Assert.Equal(packet, again);
        }
    }

    [Fact]
    public void MappedIPv6InSixteenBytes_StaysSixteenBytes()
    {
        byte[] bytes = new NhrpPacket { Header = new NhrpHeader { Type = NhrpPacketType.PurgeRequest, SourceProtocol = Address("2001:db8::1") } }.Write();
        Convert.FromHexString("00000000000000000000FFFF01020304").CopyTo(bytes, 28);
        bytes = Mend(bytes);
        Assert.True(NhrpPacket.TryParse(bytes, out NhrpPacket? packet, out _));
        Assert.Equal(bytes, packet.Write());
    }

    [Fact]
    public void View_OfReply_ReadsEverything()
    {
        Assert.True(NhrpView.TryParse(ResolutionReply, out NhrpView view, out _));
        Assert.Equal(NhrpPacketType.ResolutionReply, view.Type);
        Assert.Equal(5u, view.RequestId);
        Assert.Equal(Address("192.168.200.3"), view.SourceNbma);
        Assert.Equal(Address("10.255.255.3"), view.SourceProtocol);
        Assert.Equal(Address("10.255.255.2"), view.DestinationProtocol);
        Assert.Equal(1, view.Cies.Count);
        Assert.True(view.TryGetExtension(NhrpExtensionType.ForwardTransitNhs, out NhrpExtensionView transit));
        Assert.True(transit.TryGetCies(out NhrpCieList records));
        Assert.True(records.MoveNext());
        Assert.Equal(Address("10.255.255.1"), records.Current.ToCie().Protocol.Ip);
        Assert.False(records.MoveNext());
        Assert.True(view.TryGetExtension(NhrpExtensionType.Authentication, out NhrpExtensionView authentication));
        Assert.True(authentication.TryGetCleartext(out ReadOnlySpan<byte> text));
        Assert.Equal("secret"u8, text);
        Assert.False(view.TryGetExtension(NhrpExtensionType.VendorPrivate, out _));
    }

    [Fact]
    public void Writer_OutOfRoomAtAnyPoint_SaysSoAndWritesNothingBeyond()
    {
        for (int room = 0; room < RegistrationRequest.Length; room++)
        {
            byte[] buffer = new byte[room + 4];
            Array.Fill(buffer, (byte)0xA5);
            Assert.False(RegistrationRequestValue.TryWrite(buffer.AsSpan(0, room), out _));
            Assert.All(buffer[room..], value => Assert.Equal(0xA5, value));
        }
    }

    [Fact]
    public void Text_HasTheLayoutOfIosAndHidesTheAuthenticationString()
    {
        Assert.True(NhrpView.TryParse(RegistrationRequest, out NhrpView view, out _));
        Assert.Equal(
            """
             (F) afn: AF_IP(1), type: IP(800), hop: 255, ver: 1
                 shtl: 4(NSAP), sstl: 0(NSAP)
                 pktsz: 108 extoff: 52
             (M) flags: "unique nat ", reqid: 1
                 src NBMA: 169.254.100.1
                 src protocol: 155.1.0.1, dst protocol: 155.1.0.5
             (C-1) code: no error(0), flags: none
                   prefix: 32, mtu: 17912, hd_time: 7200
                   addr_len: 0(NSAP), subaddr_len: 0(NSAP), proto_len: 0, pref: 0
             Responder Address Extension(3):
             Forward Transit NHS Record Extension(4):
             Reverse Transit NHS Record Extension(5):
             Authentication Extension(7):
               type:Cleartext(1), data:********
             NAT address Extension(9):
             (C-1) code: no error(0)
                   prefix: 32, mtu: 17912, hd_time: 0
                   addr_len: 4(NSAP), subaddr_len: 0(NSAP), proto_len: 4, pref: 0
                   client NBMA: 169.254.100.5
                   client protocol: 155.1.0.5
            """.ReplaceLineEndings("\n"), NhrpText.Format(view));
    }

    [Fact]
    public void Text_OfErrorIndication_DoesNotShowTheOffendersAuthenticationString()
    {
        byte[] error = new NhrpPacket
        {
            Header = new NhrpHeader { Type = NhrpPacketType.ErrorIndication, ErrorCode = NhrpErrorCode.AuthenticationFailure, ErrorOffset = 64 },
            CarriedPacket = [.. RegistrationRequest],
        }.Write();
        Assert.True(NhrpView.TryParse(error, out NhrpView view, out _));
        string text = NhrpText.Format(view);
        Assert.Contains("error code: authentication failure(11), offset: 64", text);
        Assert.DoesNotContain("4E 48 52 50", text);
    }

    private static void AssertDecodes(byte[] bytes, NhrpPacket value)
    {
        Assert.True(NhrpPacket.TryParse(bytes, out NhrpPacket? packet, out Malformed why), why.ToString());
        Assert.Equal(value, packet);
        Assert.Equal(bytes, value.Write());
    }

    /// <summary>Sets packet size and checksum right, so that what is behind these checks is reached.</summary>
    private static byte[] Mend(byte[] bytes)
    {
        bytes[10] = (byte)(bytes.Length >> 8);
        bytes[11] = (byte)bytes.Length;
        bytes[12] = bytes[13] = 0;
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++) sum += i % 2 == 0 ? (uint)bytes[i] << 8 : bytes[i];
        while (sum > 0xFFFF) sum = (sum >> 16) + (sum & 0xFFFF);
        bytes[12] = (byte)(~sum >> 8);
        bytes[13] = (byte)~sum;
        return bytes;
    }
}
