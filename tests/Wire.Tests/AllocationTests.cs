using Dmvpn.Wire.Ecn;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Icmp;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Tcp;
using Dmvpn.Wire.Udp;

namespace Dmvpn.Wire.Tests;

public sealed class AllocationTests
{
    [Fact]
    public void DataPath_TenThousandRounds_AllocatesNothing()
    {
        byte[] buffer = new byte[2048], error = new byte[IcmpError.MaximumLength];
        Round(buffer, error);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) Round(buffer, error);
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void IkeAndEsp_TenThousandRounds_AllocatesNothing()
    {
        byte[] message = Ike.IkeGolden.SaInitRequest, esp = new byte[64];
        Look(message, esp);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) Look(message, esp);
        Dmvpn.Tests.Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Look(ReadOnlySpan<byte> message, ReadOnlySpan<byte> esp)
    {
        bool good = IkeView.TryParse(message, out IkeView view, out _) & view.Payloads.TryFindNotify(IkeNotifyType.FragmentationSupported, out _)
            & !view.Payloads.TryFindNotify(IkeNotifyType.Cookie, out _) & EspView.TryParse(esp, out EspView packet, out _);
        if (!good || packet.Protected.IsEmpty) throw new InvalidOperationException("What is looked at is not there");
    }

    private static void Round(Span<byte> buffer, Span<byte> error)
    {
        Span<byte> packet = buffer[..1400], inner = packet[36..];
        new Ipv4Header(0xB9, 63, IpProtocol.Tcp, Views.A4, Views.B4).Write(inner);
        new GreHeader(GreProtocol.Ipv4, 7, 9, true).Write(packet[20..]);
        new Ipv4Header(EcnTunnel.OuterTrafficClass(0xB9, 0xB9, EcnMode.Normal), 255, IpProtocol.Gre, Views.A4, Views.B4).Write(packet);
        bool good = IpView.TryParse(packet, out IpView outer, out _) & GreView.TryParse(outer.Payload, out GreView gre, out _)
            & IpView.TryParse(gre.Payload, out IpView carried, out _) & EcnTunnel.TryDecapsulate(inner, outer.TrafficClass);
        Ipv4Header.SetTtl(inner, 9);
        TcpMss.Clamp(inner, 1360);
        good &= IcmpError.Write(error, IcmpErrorKind.PacketTooBig, carried.Bytes, Views.B4, 1300) > 0;
        new UdpHeader(4500, 4500).Write(packet[20..], Views.A4, Views.B4);
        good &= UdpView.TryParse(packet[20..], out UdpView udp, out _) && UdpHeader.IsChecksumValid(udp, Views.A4, Views.B4);
        if (!good) throw new InvalidOperationException("The round trip itself fails");
    }
}
