namespace Dmvpn.Management.Api;

/// <summary><c>show platform</c>: what the router runs on.</summary>
public sealed record PlatformState
{
    /// <summary>"Linux 6.1.0 x86_64".</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>".NET 10.0.1, NativeAOT".</summary>
    public string Runtime { get; init; } = "";

    /// <summary>"OpenSSL 3.0.17 1 Jul 2025": all cryptography comes from it.</summary>
    public string CryptoLibrary { get; init; } = "";

    /// <summary>"AES-NI, VAES": what of the processor it uses; "" when that is not known.</summary>
    public string CryptoAcceleration { get; init; } = "";

    /// <summary>Processors it may use.</summary>
    public int Processors { get; init; }

    /// <summary>Threads that forward packets.</summary>
    public int ForwardingThreads { get; init; }

    /// <summary>What those have done.</summary>
    public IReadOnlyList<PlatformWorker> Workers { get; init; } = [];

    /// <summary>The sockets of the tunnel sources.</summary>
    public IReadOnlyList<PlatformPort> Ports { get; init; } = [];

    /// <summary>Threads that compute for IKE.</summary>
    public int CryptoThreads { get; init; }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Of it what the garbage collector manages.</summary>
    public long ManagedBytes { get; init; }

    /// <summary>Bytes that the process has taken from the garbage collector since its start, in steps of some kilobytes for each thread.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>Garbage collections since its start, of generations 0, 1 and 2: one of a higher generation counts for the lower ones too.</summary>
    public IReadOnlyList<int> Collections { get; init; } = [];

    /// <summary>How long all threads stood still for these, in microseconds.</summary>
    public long CollectionPauseMicroseconds { get; init; }

    /// <summary>Memory of the machine in bytes, or what the process may have of it.</summary>
    public long AvailableBytes { get; init; }
}
