using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Odr;

namespace Dmvpn.Management.Config;

/// <summary>
/// A whole configuration: what <c>dmvpn run FILE</c> read. Immutable, compared by value: a reload computes
/// <see cref="ConfigDiff"/> between the running one and the new one and touches only what differs.
/// The properties' initial values are IOS's defaults, which <c>show running-config</c> hides.
/// </summary>
public sealed record RouterConfig
{
    /// <summary><c>hostname</c>: also the name in CDP and in the shell's prompt.</summary>
    public string Hostname { get; init; } = "Router";

    /// <summary><c>platform workers N</c>, 1-64: threads that forward packets; null: as many as <see cref="WorkersInForce"/> says.</summary>
    public int? Workers { get; init; }

    /// <summary>How many threads forward packets: as configured, or one for each core that the process may use, and no more than eight, for a second socket and queue each costs something also while idle.</summary>
    public int WorkersInForce => Workers ?? Math.Min(Environment.ProcessorCount, MostWorkersByDefault);

    private const int MostWorkersByDefault = 8;

    /// <summary><c>interface TunnelN</c>, by rising number.</summary>
    public ValueList<TunnelConfig> Tunnels { get; init; } = [];

    /// <summary><c>ip route</c> and <c>ipv6 route</c> towards tunnels, in the order of the file.</summary>
    public ValueList<StaticRouteConfig> StaticRoutes { get; init; } = [];

    /// <summary><c>router odr</c>: learn prefixes from CDP; null when the file has no such block.</summary>
    public RouterOdrConfig? Odr { get; init; }

    /// <summary>The lines of the access lists and prefix lists that <see cref="Odr"/>'s filters name, as they are printed.</summary>
    public ValueList<string> OdrLists { get; init; } = [];

    /// <summary><c>cdp run</c>, <c>cdp timer</c>, <c>cdp holdtime</c>; who we say we are is set by <see cref="ForOdr"/>.</summary>
    public CdpConfig Cdp { get; init; } = new();

    /// <summary><c>crypto …</c>.</summary>
    public IkeConfig Crypto { get; init; } = new();

    /// <summary><c>logging …</c>.</summary>
    public LoggingConfig Logging { get; init; } = new();

    /// <summary>
    /// <c>interface</c> stanzas of interfaces that Linux owns, in the order of the file. Read so that checks and routes can
    /// refer to them; never changed.
    /// </summary>
    public ValueList<LinuxInterfaceConfig> LinuxInterfaces { get; init; } = [];

    /// <summary>What the ODR engine needs of all this.</summary>
    /// <param name="softwareVersion">For CDP's version field: the first lines of <c>show version</c>.</param>
    public OdrConfig ForOdr(string softwareVersion) => new()
    {
        Cdp = Cdp with { DeviceId = Hostname, SoftwareVersion = softwareVersion },
        Router = Odr,
        Tunnels = [.. Tunnels.Select(t => new CdpTunnelConfig
        {
            Tunnel = t.Id,
            Enabled = t.CdpEnabled,
            IsMultipoint = t.IsMultipoint,
            Addresses = [.. t.Ipv4Addresses.Concat(t.Ipv6Addresses).Select(a => a.Address)],
        })],
    };

    /// <summary>The tunnel with this number, or null.</summary>
    public TunnelConfig? Tunnel(TunnelId id)
    {
        foreach (TunnelConfig tunnel in Tunnels)
            if (tunnel.Id == id) return tunnel;
        return null;
    }
}

/// <summary><c>ip route</c> or <c>ipv6 route</c> by way of a tunnel.</summary>
public sealed record StaticRouteConfig
{
    /// <summary>The destination.</summary>
    public required IpPrefix Prefix { get; init; }

    /// <summary>The tunnel it was written with, or the one whose subnet holds the next hop: always known after loading, but for <see cref="Discards"/>.</summary>
    public required TunnelId Tunnel { get; init; }

    /// <summary><c>Null0</c>: packets are dropped, and <see cref="Tunnel"/> means nothing.</summary>
    public bool Discards { get; init; }

    /// <summary>True when the file names the tunnel; false when it was found by the next hop.</summary>
    public bool TunnelIsNamed { get; init; }

    /// <summary>The next hop; <see cref="IpAddress.None"/> when only the tunnel was given.</summary>
    public IpAddress NextHop { get; init; }

    /// <summary>Administrative distance, 1-255; 255 is never used.</summary>
    public byte Distance { get; init; } = 1;

    /// <summary><c>tag</c> 1-4294967295; 0 is none.</summary>
    public uint Tag { get; init; }

    /// <summary><c>name</c>: a remark for the reader.</summary>
    public string? Name { get; init; }
}

/// <summary>An <c>interface</c> stanza that is not a tunnel's: Linux owns the interface, we only read what the file says of it.</summary>
public sealed record LinuxInterfaceConfig
{
    /// <summary>The name as written; a Linux name or an alternative name (<c>ip link property add … altname</c>).</summary>
    public required string Name { get; init; }

    /// <summary><c>description</c>.</summary>
    public string? Description { get; init; }

    /// <summary><c>ip address</c> and <c>ipv6 address</c>, as the file has them; Linux may say otherwise.</summary>
    public ValueList<InterfaceAddress> Addresses { get; init; } = [];
}
