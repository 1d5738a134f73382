using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>The device of one tunnel, as the rest of the router sees it.</summary>
internal interface ITunnelDevice
{
    /// <summary>The interface's name.</summary>
    string Name { get; }

    /// <summary>The interface's index.</summary>
    int LinkIndex { get; }

    /// <summary>True when all workers take packets of the kernel.</summary>
    bool IsSpread { get; }

    /// <summary>The only worker that takes packets of the kernel; null when all do.</summary>
    int? Sender { get; }

    /// <summary>For the data path, by worker.</summary>
    ValueList<ITunDevice> ForForwarding { get; }
}

/// <summary>
/// The devices of all tunnels. The real ones are <see cref="DeviceSet"/>'s TUN devices; tests have some in memory. Control thread only.
/// </summary>
internal interface ITunnelDevices
{
    /// <summary>Makes the device of a tunnel, down and without addresses.</summary>
    /// <exception cref="LinuxException">No permission, or the name is taken.</exception>
    ITunnelDevice Create(TunnelId tunnel);

    /// <summary>Gives the device what its configuration says; what is right already is not touched.</summary>
    void Configure(TunnelInterface tunnel);

    /// <summary>Has the workers read from it.</summary>
    void Start(ITunnelDevice device);

    /// <summary>Shows the line state as the device's carrier.</summary>
    void SetCarrier(TunnelInterface tunnel, bool up);

    /// <summary>Whether all workers take the tunnel's packets from the kernel, or one alone. True when that is new.</summary>
    bool Spread(TunnelInterface tunnel, bool spread);

    /// <summary>The device goes; it is closed when the workers have moved on from <paramref name="version"/> of the snapshot.</summary>
    void Retire(ITunnelDevice device, long version);

    /// <summary>A device that was made and never used.</summary>
    void Discard(ITunnelDevice device);
}
