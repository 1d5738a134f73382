using BenchmarkDotNet.Attributes;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Bench;

/// <summary>A registration request as IOS sends it: what a hub decodes and encodes for every spoke, again and again.</summary>
[MemoryDiagnoser]
public class NhrpBenchmarks
{
    private static readonly byte[] Request = Convert.FromHexString(
        "000108000000000000ff006c197b003401030400" + "0404800200000001a9fe64019b0100019b010005" + "0020000045f81c2000000000"
        + "8003000080040000800500008007000c000000014e48525041555448" + "000900140020000045f8000004000400a9fe64059b01000580000000");

    private readonly byte[] _buffer = new byte[1500];
    private NhrpPacket _packet = null!;

    [GlobalSetup]
    public void Setup()
    {
        if (!NhrpPacket.TryParse(Request, out NhrpPacket? packet, out _)) throw new InvalidOperationException("The request does not decode");
        _packet = packet;
    }

    [Benchmark]
    public uint Parse() => NhrpView.TryParse(Request, out NhrpView view, out _) ? view.RequestId : 0;

    [Benchmark]
    public int ParseAndWalk()
    {
        if (!NhrpView.TryParse(Request, out NhrpView view, out _)) return 0;
        int seen = 0;
        foreach (NhrpCieView cie in view.Cies) seen += cie.ToCie().HoldTime;
        foreach (NhrpExtensionView extension in view.Extensions) seen += extension.Value.Length;
        return seen;
    }

    [Benchmark]
    public int WritePacket() => _packet.TryWrite(_buffer, out int length) ? length : 0;

    [Benchmark]
    public NhrpPacket DecodeToAValue() => NhrpPacket.TryParse(Request, out NhrpPacket? packet, out _) ? packet : throw new InvalidOperationException();
}
