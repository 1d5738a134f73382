using Dmvpn.Core;

namespace Dmvpn.Rib;

/// <summary>
/// An output interface: one of our tunnels by its number, any other by its Linux name. The default value is "not said":
/// the route's next hop is looked up in the table to find it.
/// </summary>
public readonly record struct RibInterface
{
    private RibInterface(TunnelId? tunnel, string? name) => (Tunnel, Name) = (tunnel, name);

    /// <summary>The tunnel, when it is one of ours.</summary>
    public TunnelId? Tunnel { get; }

    /// <summary>Linux name of an interface that is not ours; null for a tunnel and for "not said".</summary>
    public string? Name { get; }

    /// <summary>No interface was said.</summary>
    public bool IsNone => Tunnel is null && Name is null;

    /// <summary>Packets are dropped: <c>Null0</c>, a blackhole route in the kernel.</summary>
    public bool IsNull => Name == "Null0";

    /// <summary><c>Null0</c>.</summary>
    public static RibInterface Null => new(null, "Null0");

    /// <summary>A tunnel of ours.</summary>
    public static RibInterface Of(TunnelId tunnel) => new(tunnel, null);

    /// <summary>An interface that Linux owns.</summary>
    public static RibInterface Of(string name) => new(null, name);

    /// <summary>"Tunnel7", "eth0", "Null0", or nothing.</summary>
    public override string ToString() => Tunnel is { } tunnel ? tunnel.ToString() : Name ?? "";
}

/// <summary>
/// Where a route sends packets. In effects and in kernel routes the interface is always said. A gateway by a tunnel needs no
/// connected subnet around it (a TUN device has no neighbours): the kernel is told so with RTNH_F_ONLINK.
/// </summary>
/// <param name="Address">The gateway; <see cref="IpAddress.None"/> when the destinations are on the interface itself.</param>
/// <param name="Interface">The output interface; none for a next hop that is to be looked up.</param>
public readonly record struct RibNextHop(IpAddress Address, RibInterface Interface) : IComparable<RibNextHop>
{
    /// <summary>By address, then interface: next hops of one route are kept in this order.</summary>
    public int CompareTo(RibNextHop other)
    {
        int byAddress = Address.CompareTo(other.Address);
        if (byAddress != 0) return byAddress;
        int byTunnel = (Interface.Tunnel?.Number ?? -1).CompareTo(other.Interface.Tunnel?.Number ?? -1);
        return byTunnel != 0 ? byTunnel : string.CompareOrdinal(Interface.Name, other.Interface.Name);
    }

    /// <inheritdoc/>
    public override string ToString() => Address.IsNone ? Interface.ToString() : Interface.IsNone ? Address.ToString() : $"{Address} {Interface}";
}
