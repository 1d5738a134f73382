using Dmvpn.Core;
using Dmvpn.Wire.Capture;
using Dmvpn.Wire.Cdp;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Nhrp;
using Dmvpn.Wire.Rip;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Wire.Tests;

/// <summary>Every decoder of Wire with a packet that it decodes, for the properties that all of them must have.</summary>
internal static class Views
{
    public static readonly IpAddress A4 = IpAddress.Parse("192.0.2.1"), B4 = IpAddress.Parse("198.51.100.2");
    public static readonly IpAddress A6 = IpAddress.Parse("2001:db8::1"), B6 = IpAddress.Parse("2001:db8:5::2");

    /// <summary>A decoder that also touches every member; false with the reason.</summary>
    public delegate bool Decode(ReadOnlySpan<byte> bytes, out Malformed why);

    public static readonly (string Name, byte[] Good, Decode Decode, bool EveryTruncationFails)[] All =
    [
        (nameof(GreView), Gre(), DecodeGre, true),
        (nameof(Ipv4View), Ipv4(), DecodeIpv4, true),
        (nameof(Ipv6View), Ipv6(), DecodeIpv6, true),
        (nameof(IpView), Ipv6(), DecodeIp, true),
        (nameof(UdpView), Udp(), DecodeUdp, true),
        (nameof(NhrpView), Nhrp.NhrpGolden.RegistrationRequest, DecodeNhrp, true),
        (nameof(CdpView), Cdp(), DecodeCdp, true),
        (nameof(RipView), Rip.RipPacketTests.Signed, DecodeRip, false),
        (nameof(RipngView), Rip.RipPacketTests.RipngResponse, DecodeRipng, false),
        (nameof(IkeView), Ike.IkeGolden.SaInitRequest, DecodeIke, true),
        (nameof(IkePayloadChain), Ike.IkeGolden.InnerChain, DecodeInner, true),
        (nameof(IkeProposal), Convert.FromHexString(Ike.IkeGolden.ChildProposals), DecodeProposals, true),
        (nameof(TrafficSelector), Convert.FromHexString(Ike.IkeGolden.Selectors), DecodeSelectors, true),
        (nameof(IkeIdentityView), Convert.FromHexString("0b00000061"), DecodeIdentity, false),
        (nameof(IkeDeleteView), Convert.FromHexString("030400020000010000000101"), DecodeDelete, true),
        (nameof(IkeNotifyView), Convert.FromHexString("0304400901020304"), DecodeNotify, true),
        (nameof(EspView), Convert.FromHexString("c1c2c3c4000000070102"), DecodeEsp, true),
        (nameof(CaptureReader), Pcap(), DecodeCapture, false),
    ];

    public static byte[] Gre()
    {
        byte[] packet = new byte[16 + 21];
        packet.AsSpan(16).Fill(0x77);
        new GreHeader(GreProtocol.Ipv4, 7, 8, true).Write(packet);
        return packet;
    }

    public static byte[] Ipv4()
    {
        byte[] packet = new byte[33];
        new Ipv4Header(0xC0, 255, IpProtocol.Gre, A4, B4).Write(packet);
        return packet;
    }

    /// <summary>Hop-by-hop, a first fragment, AH, then UDP.</summary>
    public static byte[] Ipv6()
    {
        byte[] packet = new byte[40 + 8 + 8 + 16 + 10];
        new Ipv6Header(0, 64, IpProtocol.HopByHop, A6, B6).Write(packet);
        (packet[40], packet[41]) = ((byte)IpProtocol.Fragment, 0);
        (packet[48], packet[51]) = ((byte)IpProtocol.Ah, 1);
        (packet[56], packet[57]) = ((byte)IpProtocol.Udp, 2);
        return packet;
    }

    public static byte[] Udp()
    {
        byte[] datagram = new byte[15];
        new UdpHeader(500, 4500).Write(datagram, A4, B4);
        return datagram;
    }

    private static byte[] Cdp() => new CdpPacket { TimeToLive = 180, Tlvs = [CdpTlv.Text(CdpTlvType.DeviceId, "R1"), CdpTlv.Addresses([A4])] }.ToBytes();

    private static byte[] Pcap()
    {
        byte[] ip = Ipv4(), file = new byte[PcapFormat.FileHeaderLength + PcapFormat.RecordHeaderLength + ip.Length];
        PcapFormat.WriteFileHeader(file, LinkType.Raw);
        PcapFormat.WriteRecordHeader(file.AsSpan(PcapFormat.FileHeaderLength), 1_000_000_001, ip.Length, ip.Length);
        ip.CopyTo(file, PcapFormat.FileHeaderLength + PcapFormat.RecordHeaderLength);
        return file;
    }

    private static bool DecodeGre(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!GreView.TryParse(bytes, out GreView view, out why)) return false;
        _ = (view.Header, view.Payload.Length, view.Bytes.Length);
        return true;
    }

    private static bool DecodeIpv4(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (Ipv4View.TryParseHeader(bytes, out Ipv4View quoted, out why)) _ = (quoted.Options.Length, quoted.Payload.Length, quoted.Source);
        if (!Ipv4View.TryParse(bytes, out Ipv4View view, out why)) return false;
        _ = (view.IsHeaderChecksumValid, view.Options.Length, view.Payload.Length, view.FragmentOffset, view.Source, view.Destination);
        return true;
    }

    private static bool DecodeIpv6(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (Ipv6View.TryParseHeader(bytes, out Ipv6View quoted, out why)) _ = (quoted.Payload.Length, quoted.FragmentOffset, quoted.IsFragment);
        if (!Ipv6View.TryParse(bytes, out Ipv6View view, out why)) return false;
        _ = (view.Payload.Length, view.FragmentOffset, view.IsFragment, view.MoreFragments, view.FlowLabel, view.Source, view.Destination);
        return true;
    }

    private static bool DecodeIp(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (IpView.TryParseHeader(bytes, out IpView quoted, out why)) _ = quoted.Payload.Length;
        if (!IpView.TryParse(bytes, out IpView view, out why)) return false;
        _ = view.Payload.Length;
        return true;
    }

    private static bool DecodeUdp(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!UdpView.TryParse(bytes, out UdpView view, out why)) return false;
        _ = (view.Payload.Length, view.SourcePort, view.DestinationPort, view.Checksum);
        return true;
    }

    private static bool DecodeNhrp(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!NhrpView.TryParse(bytes, out NhrpView view, out why)) return false;
        _ = NhrpText.Format(view);
        return view.Bytes.SequenceEqual(NhrpPacket.From(view).Write());
    }

    private static bool DecodeRip(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!RipView.TryParse(bytes, out RipView view, out why)) return false;
        for (int i = 0; i < view.Count; i++) view[i].TryGetPrefix(out _);
        RipAuthentication authentication = view.Authentication;
        if (authentication.IsDigest) _ = authentication.SignedLength + authentication.KeyId + authentication.DigestLength + authentication.Digest.Length + authentication.Sequence;
        Assert.Equal(bytes, view.ToPacket().ToBytes());
        return true;
    }

    private static bool DecodeRipng(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!RipngView.TryParse(bytes, out RipngView view, out why)) return false;
        for (int i = 0; i < view.Count; i++) view[i].TryGetPrefix(out _);
        Assert.Equal(bytes, view.ToPacket().ToBytes());
        return true;
    }

    private static bool DecodeCdp(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!CdpView.TryParse(bytes, out CdpView view, out why)) return false;
        _ = (view.DeviceId, view.PortId, view.Addresses.ToList(16), view.Odr.PrefixCount, view.Capabilities);
        return bytes.SequenceEqual(view.ToPacket().ToBytes());
    }

    private static bool DecodeIke(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!IkeView.TryParse(bytes, out IkeView view, out why)) return false;
        return view.MajorVersion != 2 || Ike.IkeRecoder.Recode(view).Length > 0;
    }

    private static bool DecodeInner(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!IkePayloadChain.TryParse(IkePayloadType.IdInitiator, bytes, out IkePayloadChain chain, out why)) return false;
        return Ike.IkeRecoder.Recode(chain).Length > 0;
    }

    private static bool DecodeProposals(ReadOnlySpan<byte> bytes, out Malformed why) => IkeProposal.TryParseAll(bytes, out _, out why);

    private static bool DecodeSelectors(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        bool decoded = TrafficSelector.TryParseAll(bytes, out ValueList<TrafficSelector> selectors, out why);
        foreach (TrafficSelector selector in selectors) _ = selector.ToString();
        return decoded;
    }

    private static bool DecodeIdentity(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!IkeIdentityView.TryParse(bytes, out IkeIdentityView view, out why)) return false;
        IkeIdentity identity = new(view.Type, view.Data);
        return identity.Normalized().GetHashCode() != identity.ToString().Length || view.Body.Length > 0;
    }

    private static bool DecodeDelete(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!IkeDeleteView.TryParse(bytes, out IkeDeleteView view, out why)) return false;
        for (int i = 0; i < view.Count; i++) _ = view.Spi(i);
        return true;
    }

    private static bool DecodeNotify(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!IkeNotifyView.TryParse(bytes, out IkeNotifyView view, out why)) return false;
        _ = (view.Protocol, view.Type, view.IsError, view.Spi.Length, view.Data.Length);
        return true;
    }

    private static bool DecodeEsp(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!EspView.TryParse(bytes, out EspView view, out why)) return false;
        _ = (view.Spi, view.Sequence, view.Protected.Length);
        return true;
    }

    private static bool DecodeCapture(ReadOnlySpan<byte> bytes, out Malformed why)
    {
        if (!CaptureReader.TryOpen(bytes, out CaptureReader reader, out why)) return false;
        while (reader.TryRead(out CapturedFrame frame)) LinkLayer.TryGetIp(frame.Link, frame.Bytes, out _, out _);
        why = reader.Failure;
        return why == Malformed.None;
    }
}
