using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Management.Config;
using Dmvpn.Nhrp;
using Dmvpn.Odr;

namespace Dmvpn.Daemon.Tunnels;

/// <summary>
/// One <c>interface TunnelN</c> that lives: its configuration, its TUN device, the source it sends from now, and why its line is
/// down. What the engines must know of it is computed here, from these facts alone. Control thread only.
/// </summary>
internal sealed class TunnelInterface(TunnelConfig config, ITunnelDevice device)
{
    public TunnelId Id => Config.Id;

    public TunnelConfig Config { get; set; } = config;

    public ITunnelDevice Device { get; } = device;

    /// <summary>The source in use; None while there is none.</summary>
    public IpAddress Source { get; set; }

    /// <summary>Since when the source has been missing while the line is still called up; Never when it is there.</summary>
    public Instant SourceLostAt { get; set; } = Instant.Never;

    /// <summary>When the source is tried again whose ports could not be opened.</summary>
    public Instant SourceRetryAt { get; set; } = Instant.Never;

    /// <summary>
    /// Why it says goodbye, from then on until its new configuration is there or it is gone; null otherwise. Meanwhile nothing that
    /// happens brings its line up again.
    /// </summary>
    public string? Leaving { get; set; }

    /// <summary>The sockets of the source; null while there is none.</summary>
    public (UnderlayKey Key, Underlay Underlay)? Underlay { get; set; }

    /// <summary>Why the line protocol is down, in a few words; null when it is up.</summary>
    public string? DownReason { get; set; } = "not started";

    public bool LineUp => DownReason is null;

    /// <summary>What <c>tunnel relay bypass-kernel</c> may relay: what the kernel would forward from this device, IPv4 and IPv6. False without the command.</summary>
    public (bool IPv4, bool IPv6) Relays { get; set; }

    /// <summary>GRE keepalives of a point-to-point tunnel; null without.</summary>
    public KeepaliveProbe? Keepalive { get; set; }

    public InterfaceRates Rates { get; } = new();

    /// <summary>The device's MTU: what both families may have.</summary>
    public int Mtu => Config.Ipv6Addresses.Count == 0 ? Config.IpMtu
        : Config.Ipv4Addresses.Count == 0 ? Config.Ipv6Mtu
        : Math.Min(Config.IpMtu, Config.Ipv6Mtu);

    public IEnumerable<InterfaceAddress> Addresses => Config.Ipv4Addresses.Concat(Config.Ipv6Addresses);

    /// <summary>For the data path.</summary>
    /// <param name="protection">The number of the protected source; null for a tunnel in clear text.</param>
    public TunnelForwarding Forwarding(int? protection) => new()
    {
        Protection = protection,
        Tunnel = Id,
        Destination = Config.IsMultipoint ? IpAddress.None : Config.Destination,
        Key = Config.Key,
        Checksum = Config.Checksum,
        SequenceNumbers = Config.SequenceDatagrams,
        HopLimit = Config.Ttl,
        TrafficClass = Config.Tos,
        Mtu = Mtu,
        MssIPv4 = (ushort?)Config.IpAdjustMss,
        MssIPv6 = (ushort?)Config.Ipv6AdjustMss,
        PathMtuDiscovery = Config.PathMtuDiscovery is not null,
        NetworkId = Config.IpNhrp.NetworkId ?? Config.Ipv6Nhrp.NetworkId,
        Redirect = Config.IpNhrp.Redirect || Config.Ipv6Nhrp.Redirect,
        RedirectInterval = Config.IpNhrp.Redirect ? Config.IpNhrp.RedirectTimeout : Config.Ipv6Nhrp.RedirectTimeout,
        Sender = Device.Sender,
        CertifiedIPv4 = Config.IpNhrp.Authorization == NhrpAuthorization.Certificate,
        CertifiedIPv6 = Config.Ipv6Nhrp.Authorization == NhrpAuthorization.Certificate,
        ReversePathIPv4 = Config.ReversePathIPv4,
        ReversePathIPv6 = Config.ReversePathIPv6,
        RelayIPv4 = Relays.IPv4,
        RelayIPv6 = Relays.IPv6,
        Addresses = [.. Addresses.Select(static a => a.Address), .. Config.Ipv6Addresses.Where(static a => a.Length < 127).Select(static a => a.Subnet.Address)],
        Broadcasts = [.. Config.Ipv4Addresses.Where(static a => a.Length < 31).Select(static a => a.Subnet.Last)],
    };

    /// <summary>For NHRP of one family.</summary>
    public NhrpInterfaceFacts NhrpFacts(bool ipv6, IpAddress responder, int protection)
    {
        var addresses = new List<NhrpInterfaceAddress>();
        foreach (InterfaceAddress address in ipv6 ? Config.Ipv6Addresses.OrderBy(static a => a.Address.IsLinkLocal) : Config.Ipv4Addresses.AsEnumerable())
            addresses.Add(new NhrpInterfaceAddress(address.Address, address.Length));
        return new NhrpInterfaceFacts
        {
            Key = new NhrpInterfaceKey(Id, ipv6),
            Up = LineUpForNhrp,
            Addresses = [.. addresses],
            NbmaSource = Source,
            Mtu = Mtu,
            Responder = responder,
            Protection = protection,
        };
    }

    /// <summary>
    /// With <c>if-state nhrp</c> the line is down because no NHS answers; NHRP itself must go on trying.
    /// </summary>
    public bool LineUpForNhrp => DownReason is null or NoServerReason;

    public const string NoServerReason = "no NHS responds (if-state nhrp)";

    /// <summary>For CDP.</summary>
    public CdpTunnelConfig Cdp() => new()
    {
        Tunnel = Id,
        Enabled = Config.CdpEnabled,
        IsMultipoint = Config.IsMultipoint,
        Addresses = [.. Config.Ipv4Addresses.Select(static a => a.Address)],
    };
}
