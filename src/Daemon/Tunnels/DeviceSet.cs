using Dmvpn.Core;
using Dmvpn.Dataplane.Offload;
using Dmvpn.Management.Config;
using Dmvpn.Runtime;
using Dmvpn.Runtime.Netlink;
using Microsoft.Extensions.Logging;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// The TUN devices: made, given addresses and MTU, watched by the workers, and closed when no worker can touch them any
/// more. Control thread only.
/// </summary>
internal sealed class DeviceSet(WorkerPool workers, Rtnetlink netlink, ILogger logger) : ITunnelDevices, IDisposable
{
    // For comparison, and for a kernel whose offloads are not to be trusted: packets one by one, as in the beginning.
    private const string OffloadVariable = "DMVPN_TUN_OFFLOADS";

    private static readonly TunOffloads WantedOffloads = Environment.GetEnvironmentVariable(OffloadVariable) switch
    {
        "none" => TunOffloads.None,
        "tcp" => TunOffloads.Tcp,
        _ => TunOffloads.Tcp | TunOffloads.Udp,
    };

    private readonly List<TunnelDevice> _open = [];
    private readonly RetireList<TunnelDevice> _retired = new();

    /// <inheritdoc/>
    public ITunnelDevice Create(TunnelId tunnel)
    {
        TunnelDevice device = TunnelDevice.Open(tunnel.ToString(), workers.Count, WantedOffloads);
        _open.Add(device);
        if (device.Offloads != WantedOffloads) DaemonLog.OffloadsRefused(logger, tunnel, device.Offloads);
        KernelSettings.DisableRedirects(device.Name);
        return device;
    }

    /// <inheritdoc/>
    public void Configure(TunnelInterface tunnel)
    {
        int index = tunnel.Device.LinkIndex;
        bool up = !tunnel.Config.Shutdown;
        LinuxLink? link = netlink.FindLink(index);
        if (link?.Mtu != tunnel.Mtu) Report(tunnel, $"set MTU {tunnel.Mtu}", netlink.SetLink(index, new LinkChange { Mtu = tunnel.Mtu }));
        if (link?.IsUp != up) Report(tunnel, up ? "bring up" : "bring down", netlink.SetLink(index, new LinkChange { Up = up }));

        List<LinuxAddress> present = netlink.Addresses(index);
        var wanted = new List<InterfaceAddress>(tunnel.Addresses);
        foreach (LinuxAddress address in present)
        {
            // The kernel makes a link-local address of its own; it goes with the device.
            bool keep = wanted.Exists(w => w.Address == address.Address && w.Length == address.PrefixLength)
                || address.Address.IsIPv6 && address.Address.IsLinkLocal;
            if (!keep) Report(tunnel, $"remove address {address.Address}", netlink.RemoveAddress(address));
        }
        if (!up) return;
        foreach (InterfaceAddress address in wanted)
        {
            if (present.Exists(p => p.Address == address.Address && p.PrefixLength == address.Length)) continue;
            var added = new LinuxAddress(index, address.Address, address.Length)
            {
                Flags = address.Address.IsIPv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None,
            };
            LinuxError error = netlink.AddAddress(added);
            if (error.Number != Errno.Exists) Report(tunnel, $"add address {address.Address}/{address.Length}", error);
        }
    }

    /// <inheritdoc/>
    public void Start(ITunnelDevice device)
    {
        for (int i = 0; i < workers.Count; i++) workers.Watch(i, Own(device).Queues[i]);
    }

    /// <inheritdoc/>
    public void SetCarrier(TunnelInterface tunnel, bool up) =>
        Report(tunnel, up ? "raise carrier" : "drop carrier", Own(tunnel.Device).SetCarrier(up));

    /// <inheritdoc/>
    /// <remarks>Where one takes them alone, that is another one for each tunnel.</remarks>
    public bool Spread(TunnelInterface tunnel, bool spread)
    {
        if (spread == tunnel.Device.IsSpread) return false;
        Report(tunnel, "share out flows", Own(tunnel.Device).Spread(spread, tunnel.Id.Number % workers.Count));
        return true;
    }

    /// <inheritdoc/>
    public void Retire(ITunnelDevice device, long version)
    {
        TunnelDevice own = Own(device);
        for (int i = 0; i < workers.Count; i++) workers.Unwatch(i, own.Queues[i].Descriptor);
        _open.Remove(own);
        _retired.Add(own, version);
    }

    /// <inheritdoc/>
    public void Discard(ITunnelDevice device)
    {
        _open.Remove(Own(device));
        Own(device).Dispose();
    }

    /// <summary>True while something waits for <see cref="CloseRetired"/>.</summary>
    public bool HasRetired => _retired.IsWaiting;

    /// <summary>Closes what no worker can touch any more.</summary>
    public void CloseRetired(long seenByAllWorkers) => _retired.Free(seenByAllWorkers);

    /// <summary>Closes all of them; the kernel removes the interfaces. After the workers have ended.</summary>
    public void Dispose()
    {
        foreach (TunnelDevice device in _open) device.Dispose();
        _open.Clear();
        _retired.Dispose();
    }

    // All of them were made by Create.
    private static TunnelDevice Own(ITunnelDevice device) => (TunnelDevice)device;

    private void Report(TunnelInterface tunnel, string operation, LinuxError error)
    {
        if (!error.IsNone) DaemonLog.KernelRefused(logger, $"{tunnel.Id}: {operation}", error.ToString());
    }
}
