using System.Diagnostics;
using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Management.Api;
using Dmvpn.Odr;
using CdpNeighborState = Dmvpn.Management.Api.CdpNeighborState;

namespace Dmvpn.Daemon.Screens;

/// <summary><c>show version</c> and <c>show cdp neighbors</c>. Control thread only.</summary>
internal static class SystemScreens
{
    public static VersionState Version(Router router, string configurationFile, Instant now)
    {
        using Process self = Process.GetCurrentProcess();
        return new VersionState
        {
            Version = ProductVersion.Number,
            HostName = router.Configuration.Running.Hostname,
            UptimeSeconds = NhrpScreens.Seconds(now.Since(router.Started)),
            StartedAt = DateTimeOffset.Now - now.Since(router.Started),
            ConfigurationFile = configurationFile,
            ConfigurationAgeSeconds = NhrpScreens.Seconds(now.Since(router.Configuration.LoadedAt)),
            OperatingSystem = $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}",
            Runtime = Runtime,
            ProcessId = Environment.ProcessId,
            Processors = Environment.ProcessorCount,
            ResidentBytes = self.WorkingSet64,
            Tunnels = router.Tunnels.All.Count(),
            CryptoLibrary = CryptoLibrary.Version,
            KeyLog = router.KeyLog?.Path,
        };
    }

    public static PlatformState Platform(Router router)
    {
        using Process self = Process.GetCurrentProcess();
        return new PlatformState
        {
            OperatingSystem = $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}",
            Runtime = Runtime,
            CryptoLibrary = CryptoLibrary.Version,
            CryptoAcceleration = CryptoLibrary.Acceleration,
            Processors = Environment.ProcessorCount,
            ForwardingThreads = router.WorkerPool.Count,
            Workers = PlatformScreens.Workers(router.WorkerPool),
            Ports = PlatformScreens.Ports(router.WorkerPool),
            CryptoThreads = Environment.ProcessorCount,
            ResidentBytes = self.WorkingSet64,
            ManagedBytes = GC.GetTotalMemory(forceFullCollection: false),
            // Not the precise figure: that would stop all threads.
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: false),
            Collections = [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(GC.CollectionCount)],
            CollectionPauseMicroseconds = GC.GetTotalPauseDuration().Ticks / TimeSpan.TicksPerMicrosecond,
            AvailableBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        };
    }

    private static string Runtime =>
        $"{RuntimeInformation.FrameworkDescription}{(File.Exists(Path.Combine(AppContext.BaseDirectory, "dmvpn.dll")) ? "" : ", NativeAOT")}";

    public static CdpNeighborState Neighbors(OdrInstance odr, ScreenQuery query, Instant now)
    {
        var neighbors = new List<CdpNeighbor>();
        foreach (Odr.CdpNeighborState state in odr.Neighbors(now))
        {
            if (!query.Matches(state.Tunnel)) continue;
            neighbors.Add(new CdpNeighbor
            {
                DeviceId = state.DeviceId,
                Tunnel = state.Tunnel,
                Addresses = state.Addresses,
                PortId = state.PortId,
                Platform = state.Platform,
                Capabilities = (uint)state.Capabilities,
                SoftwareVersion = state.SoftwareVersion,
                AdvertisementVersion = state.Version,
                HoldTimeSeconds = NhrpScreens.Seconds(state.HoldTime),
                OdrPrefixes = state.OdrPrefixes,
                OdrDefaultRoute = NhrpScreens.Some(state.OdrGateway),
            });
        }
        neighbors.Sort(static (a, b) => string.CompareOrdinal(a.DeviceId, b.DeviceId));
        return new CdpNeighborState { Neighbors = neighbors };
    }
}
