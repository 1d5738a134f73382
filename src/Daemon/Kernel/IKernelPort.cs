using Dmvpn.Core;
using Dmvpn.Rib;

namespace Dmvpn.Daemon.Kernel;

/// <summary>
/// What the composition wants of the kernel's links and routes. The real one is <see cref="KernelSync"/>; tests have one in memory.
/// Control thread only.
/// </summary>
internal interface IKernelPort
{
    /// <summary>Links and addresses of the daemon's own namespace.</summary>
    LinkTable Links { get; }

    /// <summary>A device of ours exists now.</summary>
    void AddTunnel(TunnelId tunnel, int index);

    /// <summary>A device of ours is about to go.</summary>
    void RemoveTunnel(int index);

    /// <summary>The line of a tunnel changed: routes by it are to be compared with the kernel's again.</summary>
    void OnLineChanged();

    /// <summary>Does to the kernel what the RIB wants, and empties the outbox.</summary>
    void Apply(Outbox<RibEffect> outbox);
}
