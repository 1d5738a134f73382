using System.Text;
using Dmvpn.Core;
using Dmvpn.Wire.Nhrp;

namespace Dmvpn.Nhrp;

/// <summary>One tunnel interface (of one family): its configuration, what the shell said about it, and all that was learnt on it.</summary>
internal sealed class NhrpInterface
{
    private int _windowCount;
    private Instant _windowEnd;

    public NhrpInterface(NhrpCore core, NhrpInterfaceKey key)
    {
        Core = core;
        Key = key;
        Facts = new NhrpInterfaceFacts { Key = key };
        Cache = new NhrpCache(this);
        Answers = new NhrpAnswers(this);
        Statics = new NhrpStatics(this);
        Nhss = new NhsSet(this);
        Resolutions = new NhrpResolutions(this);
        Purges = new NhrpPurges(this);
        Redirects = new NhrpRedirects(this);
        Extent = new NhrpExtent(this);
    }

    public NhrpCore Core { get; }

    public NhrpInterfaceKey Key { get; }

    public NhrpConfig Config { get; private set; } = new();

    public NhrpInterfaceFacts Facts { get; set; }

    public NhrpCache Cache { get; }

    public NhrpAnswers Answers { get; }

    public NhrpStatics Statics { get; }

    public NhsSet Nhss { get; }

    public NhrpResolutions Resolutions { get; }

    public NhrpPurges Purges { get; }

    public NhrpRedirects Redirects { get; }

    public NhrpExtent Extent { get; }

    /// <summary>Sent and received packets by type; index 0 is the sum.</summary>
    public long[] Sent { get; } = new long[9];

    public long[] Received { get; } = new long[9];

    /// <summary>The authentication string's bytes; empty without authentication.</summary>
    public byte[] Authentication { get; private set; } = [];

    /// <summary>True while NHRP runs here.</summary>
    public bool Active { get; set; }

    /// <summary>True when it could run: configured, up, with addresses.</summary>
    public bool CanRun => Config.NetworkId is not null && Facts.Up && Facts.Addresses.Count > 0 && !Facts.NbmaSource.IsUnspecified;

    /// <summary>The primary protocol address.</summary>
    public IpAddress Address => Facts.Addresses[0].Address;

    /// <summary>The address for responder and transit records: always the same one (RFC 2332 5.3.1).</summary>
    public IpAddress RecordAddress => Facts.Responder.IsNone ? Address : Facts.Responder;

    public int Width => Key.IPv6 ? 128 : 32;

    public ushort HoldSeconds => (ushort)Math.Clamp(Config.HoldTime.TotalSeconds, 1, ushort.MaxValue);

    public ushort Mtu => (ushort)Math.Clamp(Facts.Mtu, 0, ushort.MaxValue);

    public byte WirePreference => Config.PathPreference == 255 ? (byte)0 : Config.PathPreference;

    public void Configure(NhrpConfig config)
    {
        Config = config;
        Authentication = config.Authentication is null ? [] : Encoding.UTF8.GetBytes(config.Authentication);
    }

    public bool IsOwn(IpAddress address)
    {
        foreach (NhrpInterfaceAddress own in Facts.Addresses.AsSpan())
        {
            if (own.Address == address) return true;
        }
        return false;
    }

    /// <summary>The own address that a peer at <paramref name="destination"/> should see: a link-local one for a link-local one.</summary>
    public IpAddress SourceFor(IpAddress destination)
    {
        if (!destination.IsIPv6 || !destination.IsLinkLocal) return Address;
        foreach (NhrpInterfaceAddress own in Facts.Addresses.AsSpan())
        {
            if (own.Address.IsLinkLocal) return own.Address;
        }
        return Address;
    }

    /// <summary>True when the address is in one of the subnets; a host prefix is none.</summary>
    public bool IsOnSubnet(IpAddress address)
    {
        foreach (NhrpInterfaceAddress own in Facts.Addresses.AsSpan())
        {
            if (own.PrefixLength < Width && own.Subnet.Contains(address)) return true;
        }
        return false;
    }

    /// <summary>True for the network address of one of the subnets (IPv6: the anycast address of its routers).</summary>
    public bool IsNetworkAddress(IpAddress address)
    {
        foreach (NhrpInterfaceAddress own in Facts.Addresses.AsSpan())
        {
            if (own.PrefixLength < Width - 1 && own.Subnet.Address == address) return true;
        }
        return false;
    }

    /// <summary>
    /// True for an address that a station on this tunnel may have: one of its subnets, or link-local for IPv6. With numbering by host
    /// prefixes (FRR's way) there is no subnet to tell, so it is whatever the routes do not lead to another place.
    /// </summary>
    public bool IsTunnelAddress(IpAddress address)
    {
        if (IsOnSubnet(address) || address.IsIPv6 && address.IsLinkLocal) return true;
        foreach (NhrpInterfaceAddress own in Facts.Addresses.AsSpan())
        {
            if (own.PrefixLength < Width && !own.Address.IsLinkLocal) return false;
        }
        return !Core.Routes.TryLookup(address, withShortcuts: false, out RouteView route)
            || route.Kind != RouteKind.Local && (route.Prefix.Length == 0 || route.Tunnel == Key.Tunnel);
    }

    /// <summary>True for 255.255.255.255 and the broadcast address of one of the subnets.</summary>
    public bool IsBroadcast(IpAddress address)
    {
        if (Key.IPv6) return false;
        foreach (NhrpInterfaceAddress own in Facts.Addresses.AsSpan())
        {
            if (own.PrefixLength < 31 && own.Subnet.Last == address) return true;
        }
        return address.IsLimitedBroadcast;
    }

    /// <summary>
    /// <c>max-send</c>: counts packets that start here (requests, purges, Traffic Indications). Registrations are counted and
    /// never held back; replies and forwarded packets are bounded by what comes in.
    /// </summary>
    public bool TakeSend(Instant now, bool mayHold)
    {
        if (now >= _windowEnd)
        {
            _windowEnd = now + Config.MaxSendInterval;
            _windowCount = 0;
        }
        if (mayHold && _windowCount >= Config.MaxSendPackets)
        {
            Core.Drops.Count(NhrpDrop.MaxSend);
            return false;
        }
        _windowCount++;
        return true;
    }

    public int UsagePercent => Config.MaxSendPackets <= 0 ? 0 : (int)Math.Min(100, (long)_windowCount * 100 / Config.MaxSendPackets);

    /// <summary>A record of this station for the responder and transit extensions.</summary>
    public NhrpCie Record(byte prefixLength) => new()
    {
        PrefixLength = prefixLength,
        Mtu = Mtu,
        HoldTime = HoldSeconds,
        Nbma = Facts.NbmaSource,
        Protocol = RecordAddress,
    };
}
