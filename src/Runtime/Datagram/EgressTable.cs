using Dmvpn.Core;

namespace Dmvpn.Runtime;

/// <summary>
/// By which link outer packets leave where the kernel's own choice would be a tunnel: by a default route that leads into the
/// tunnel, or by a prefix learnt over it that holds a peer. The kernel chooses in all other cases. Any thread reads; one writes.
/// </summary>
public sealed class EgressTable
{
    private volatile Dictionary<(IpAddress Local, IpAddress Remote), int>? _links;

    /// <summary>How many pairs of addresses have a link of their own.</summary>
    public int Count => _links?.Count ?? 0;

    /// <summary>The index of the link that packets from one address to the other leave by; 0: the kernel chooses.</summary>
    public int LinkFor(IpAddress local, IpAddress remote) =>
        _links is { } links && links.TryGetValue((local, remote), out int link) ? link : 0;

    /// <summary>Takes these pairs into use in place of all former ones. The dictionary is the table's from then on.</summary>
    public void Publish(Dictionary<(IpAddress Local, IpAddress Remote), int> links) => _links = links.Count == 0 ? null : links;
}
