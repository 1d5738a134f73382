using BenchmarkDotNet.Attributes;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Wire;
using Dmvpn.Wire.Gre;
using Dmvpn.Wire.Ip;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Bench.Micro;

/// <summary>Reading and writing of packets.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class WireFunctions : IDisposable
{
    private readonly byte[] _packet = new byte[1400];
    private readonly byte[] _gre = new byte[64];
    private readonly byte[] _room = new byte[1400];
    private readonly RequestSet _registration = RequestSet.Registrations([7]);
    private readonly GreHeader _header = new(GreProtocol.Nhrp, Key: 7);

    public WireFunctions()
    {
        new Random(1).NextBytes(_packet);
        _header.Write(_gre);
    }

    [Benchmark]
    public ushort ChecksumOf1400Bytes() => InternetChecksum.Compute(_packet);

    [Benchmark]
    public void GreWrite() => _header.Write(_gre);

    [Benchmark]
    public bool GreParse() => GreView.TryParse(_gre, out _, out _);

    [Benchmark]
    public bool NhrpParse() => NhrpView.TryParse(_registration.Nhrp(0), out _, out Malformed _);

    /// <summary>Head, entry and five extensions of a reply.</summary>
    [Benchmark]
    public bool NhrpWrite()
    {
        if (!NhrpView.TryParse(_registration.Nhrp(0), out NhrpView view, out _)) return false;
        var writer = new NhrpWriter(_room, view.Header with { Type = NhrpPacketType.RegistrationReply });
        foreach (NhrpCieView entry in view.Cies) writer.Cie(entry.ToCie());
        writer.BeginExtensions();
        foreach (NhrpExtensionView extension in view.Extensions) writer.Extension(extension.RawType, extension.Value);
        return writer.TryFinish(out _);
    }

    public void Dispose()
    {
        _registration.Dispose();
        GC.SuppressFinalize(this);
    }
}
