using BenchmarkDotNet.Attributes;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Bench;

/// <summary>The Internet checksum over a small packet, a full one, and a super-packet.</summary>
public class ChecksumBenchmarks
{
    private readonly byte[] _packet = new byte[65535];

    [Params(64, 1400, 65535)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup() => new Random(1).NextBytes(_packet);

    [Benchmark]
    public ushort Checksum() => InternetChecksum.Compute(_packet.AsSpan(0, Length));
}
