using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>
/// All that the workers forward by, at one moment. Immutable; a worker takes one reference for a round, so a batch is treated by one state
/// of the world. Made by <see cref="ForwardingTable"/>.
/// </summary>
public sealed class ForwardingSnapshot
{
    /// <summary>No tunnels.</summary>
    public static readonly ForwardingSnapshot Empty = new(0, [], [], [], PrefixTrie<TunnelId?>.Empty);

    private readonly TunnelSnapshot[] _tunnels;
    private readonly Underlay[] _underlays;
    private readonly GreDemux[] _demuxes;

    internal ForwardingSnapshot(
        long version, TunnelSnapshot[] tunnels, Underlay[] underlays, GreDemux[] demuxes, PrefixTrie<TunnelId?> bestRoutes)
    {
        Version = version;
        _tunnels = tunnels;
        _underlays = underlays;
        _demuxes = demuxes;
        BestRoutes = bestRoutes;
    }

    /// <summary>Rises with every publication.</summary>
    public long Version { get; }

    /// <summary>The tunnels, by number.</summary>
    public ReadOnlySpan<TunnelSnapshot> Tunnels => _tunnels;

    /// <summary>The sources that the tunnels use, each once.</summary>
    public ReadOnlySpan<Underlay> Underlays => _underlays;

    /// <summary>
    /// Where the kernel would send a packet: the tunnel it leaves by, or null for any other way (another interface, this machine). Tells
    /// traffic that turns round from traffic that arrived.
    /// </summary>
    public PrefixTrie<TunnelId?> BestRoutes { get; }

    /// <summary>A tunnel by its number.</summary>
    public bool TryGet(TunnelId id, [MaybeNullWhen(false)] out TunnelSnapshot tunnel)
    {
        foreach (TunnelSnapshot candidate in _tunnels)
        {
            if (candidate.Config.Tunnel != id) continue;
            tunnel = candidate;
            return true;
        }
        tunnel = null;
        return false;
    }

    internal GreDemux? Demux(Underlay underlay)
    {
        int index = Array.IndexOf(_underlays, underlay);
        return index < 0 ? null : _demuxes[index];
    }

    /// <summary>This snapshot with other contents of the same tunnels: configuration and sources are unchanged, so the demultiplexers stay.</summary>
    internal ForwardingSnapshot With(long version, TunnelSnapshot[] tunnels, PrefixTrie<TunnelId?> bestRoutes) =>
        new(version, tunnels, _underlays, _demuxes, bestRoutes);
}
