using BenchmarkDotNet.Attributes;
using Dmvpn.Core;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Tcp;

namespace Dmvpn.Bench;

/// <summary>What the data path does to every packet.</summary>
[MemoryDiagnoser]
public class HeaderBenchmarks
{
    private readonly byte[] _packet = new byte[1400];
    private readonly byte[] _gre = new byte[1400];
    private readonly byte[] _greChecksum = new byte[1400];
    private readonly byte[] _syn = new byte[60];

    [GlobalSetup]
    public void Setup()
    {
        new Ipv4Header(0, 64, IpProtocol.Udp, IpAddress.FromIPv4(1), IpAddress.FromIPv4(2)).Write(_packet);
        new GreHeader(GreProtocol.Ipv4, Key: 7).Write(_gre);
        new GreHeader(GreProtocol.Ipv4, Key: 7, Checksum: true).Write(_greChecksum);
        new Ipv4Header(0, 64, IpProtocol.Tcp, IpAddress.FromIPv4(1), IpAddress.FromIPv4(2)).Write(_syn);
        (_syn[32], _syn[33], _syn[40], _syn[41], _syn[42]) = (0xA0, 2, 2, 4, 0x05);
    }

    [Benchmark]
    public IpAddress IpParse() => IpView.TryParse(_packet, out IpView ip, out _) ? ip.Destination : default;

    [Benchmark]
    public uint? GreParse() => GreView.TryParse(_gre, out GreView gre, out _) ? gre.Key : null;

    [Benchmark]
    public uint? GreParseWithChecksum() => GreView.TryParse(_greChecksum, out GreView gre, out _) ? gre.Key : null;

    [Benchmark]
    public void GreWrite() => new GreHeader(GreProtocol.Ipv4, Key: 7).Write(_gre);

    [Benchmark]
    public void Ipv4Write() => new Ipv4Header(0, 64, IpProtocol.Gre, IpAddress.FromIPv4(1), IpAddress.FromIPv4(2)).Write(_gre);

    [Benchmark]
    public bool MssClampOfASynThatNeedsNone() => TcpMss.Clamp(_syn, 1460);
}
