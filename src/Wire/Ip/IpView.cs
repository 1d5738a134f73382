using Dmvpn.Core;

namespace Dmvpn.Wire.Ip;

/// <summary>
/// A packet of either IP version, with what both have in common: all that forwarding needs. Made by value, so that
/// the data path decodes a header once.
/// </summary>
public readonly ref struct IpView : IWireView<IpView>
{
    private IpView(scoped in Ipv4View ip)
    {
        Bytes = ip.Bytes;
        IsIPv4 = true;
        TrafficClass = ip.TrafficClass;
        HopLimit = ip.Ttl;
        Protocol = ip.Protocol;
        HeaderLength = ip.HeaderLength;
        TotalLength = ip.TotalLength;
        DontFragment = ip.DontFragment;
        IsFragment = ip.IsFragment;
        FragmentOffset = ip.FragmentOffset;
        Source = ip.Source;
        Destination = ip.Destination;
    }

    private IpView(scoped in Ipv6View ip)
    {
        Bytes = ip.Bytes;
        TrafficClass = ip.TrafficClass;
        HopLimit = ip.HopLimit;
        Protocol = ip.Protocol;
        HeaderLength = ip.HeaderLength;
        TotalLength = ip.TotalLength;
        DontFragment = true;
        IsFragment = ip.IsFragment;
        FragmentOffset = ip.FragmentOffset;
        Source = ip.Source;
        Destination = ip.Destination;
    }

    /// <summary>A whole packet: <see cref="Ipv4View.TryParse"/> or <see cref="Ipv6View.TryParse"/> by its version field.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IpView view, out Malformed why)
    {
        view = default;
        if (IsVersion6(bytes))
        {
            if (!Ipv6View.TryParse(bytes, out Ipv6View ip6, out why)) return false;
            view = new IpView(ip6);
            return true;
        }
        if (!Ipv4View.TryParse(bytes, out Ipv4View ip4, out why)) return false;
        view = new IpView(ip4);
        return true;
    }

    /// <summary>The start of a packet, as error messages and NHRP Traffic Indications quote it.</summary>
    public static bool TryParseHeader(ReadOnlySpan<byte> bytes, out IpView view, out Malformed why)
    {
        view = default;
        if (IsVersion6(bytes))
        {
            if (!Ipv6View.TryParseHeader(bytes, out Ipv6View ip6, out why)) return false;
            view = new IpView(ip6);
            return true;
        }
        if (!Ipv4View.TryParseHeader(bytes, out Ipv4View ip4, out why)) return false;
        view = new IpView(ip4);
        return true;
    }

    /// <summary>The packet from its first byte to its last that is there.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>True for version 4, false for version 6.</summary>
    public bool IsIPv4 { get; }

    /// <summary>ToS or traffic class: DSCP and ECN.</summary>
    public byte TrafficClass { get; }

    /// <summary>TTL or hop limit.</summary>
    public byte HopLimit { get; }

    /// <summary>The upper layer, behind options or extension headers.</summary>
    public IpProtocol Protocol { get; }

    /// <summary>Header with options or extension headers.</summary>
    public int HeaderLength { get; }

    /// <summary>Header and payload, as the header says.</summary>
    public int TotalLength { get; }

    /// <summary>DF; always true for IPv6, which routers never fragment.</summary>
    public bool DontFragment { get; }

    /// <summary>True when this is only a part of a packet.</summary>
    public bool IsFragment { get; }

    /// <summary>Where this fragment's payload belongs, in bytes; above 0 there is no upper-layer header in it.</summary>
    public int FragmentOffset { get; }

    /// <summary>Where it comes from.</summary>
    public IpAddress Source { get; }

    /// <summary>Where it goes.</summary>
    public IpAddress Destination { get; }

    /// <summary>What is behind the headers, as much as is there.</summary>
    public ReadOnlySpan<byte> Payload => Bytes[HeaderLength..];

    private static bool IsVersion6(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && bytes[0] >> 4 == 6;
}
