using Dmvpn.Core;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Ipsec;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmvpn.Daemon.Protection;

/// <summary>One child SA as the data path has it: both directions.</summary>
internal sealed class InstalledChild(ChildSaInstall child, InboundSa inbound, OutboundSa outbound, Instant since)
{
    public ChildSaInstall Child { get; } = child;

    public InboundSa Inbound { get; } = inbound;

    public OutboundSa Outbound { get; } = outbound;

    public Instant Since { get; } = since;
}

/// <summary>
/// The child SAs, by our SPI: makes the data path's objects from what IKE negotiated, and takes them out again; says which carried traffic. Control thread only.
/// </summary>
internal sealed class ChildSaSet(ForwardingTable forwarding, int senders, Action wakeWorkers) : IChildActivity
{
    private readonly Dictionary<uint, InstalledChild> _children = [];
    private readonly Dictionary<int, List<uint>> _byAssociation = [];

    /// <summary>Where <c>debug crypto ipsec</c> looks.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    public int Count => _children.Count;

    public IEnumerable<InstalledChild> All => _children.Values;

    public InstalledChild? Find(uint inboundSpi) => _children.GetValueOrDefault(inboundSpi);

    /// <summary>Starts receiving with the SA; sending is for <see cref="SetSending"/>. The keys are used up.</summary>
    public void Install(ChildSaInstall child, Instant now)
    {
        EspPath path = PathOf(child.Path, child.UdpEncapsulation);
        var inbound = new InboundSa(child.InboundSpi, child.Suite, child.InboundKey.Span, path, child.ReplayWindow)
        {
            Association = child.Peer.Association,
            Protection = child.Protection.Number,
            TunnelLocal = child.TunnelMode ? child.TunnelLocal : IpAddress.None,
            TunnelRemote = child.TunnelMode ? child.TunnelRemote : IpAddress.None,
            SoftBytes = child.SoftBytes,
            HardBytes = child.HardBytes,
        };
        child.InboundKey.Dispose();
        var outbound = new OutboundSa(child.OutboundSpi, child.Suite, child.OutboundKey, path, senders)
        {
            InboundSpi = child.InboundSpi,
            TunnelLocal = inbound.TunnelLocal,
            TunnelRemote = inbound.TunnelRemote,
            SoftBytes = child.SoftBytes,
            HardBytes = child.HardBytes,
        };
        Remove(child.InboundSpi);
        forwarding.Security.Add(inbound);
        _children.Add(child.InboundSpi, new InstalledChild(child, inbound, outbound, now));
        if (!_byAssociation.TryGetValue(child.Peer.Association, out List<uint>? spis)) _byAssociation.Add(child.Peer.Association, spis = new(1));
        spis.Add(child.InboundSpi);
        IpsecLog.EspInstalled(Logger, child.Peer, inbound, outbound);
    }

    /// <summary>Whether all SAs of a protected source bear packets that are late by so many.</summary>
    public bool HaveWindow(ProtectionId protection, int packets)
    {
        foreach (InstalledChild child in _children.Values)
        {
            if (child.Child.Protection == protection && child.Child.ReplayWindow != 0 && child.Child.ReplayWindow < packets) return false;
        }
        return true;
    }

    /// <summary>Takes the SA out. Nobody may be sending by it any more.</summary>
    public void Remove(uint inboundSpi)
    {
        if (!_children.Remove(inboundSpi, out InstalledChild? child)) return;
        IpsecLog.EspRemoved(
            Logger, child.Child.Peer, inboundSpi, child.Outbound.Spi, child.Inbound.Packets, child.Outbound.Packets, child.Inbound.Replays, child.Inbound.Forgeries);
        long version = forwarding.Current.Version;
        forwarding.Security.Remove(inboundSpi, version);
        forwarding.Security.Retire(child.Outbound, version);
        forwarding.Touch();
        int association = child.Child.Peer.Association;
        if (!_byAssociation.TryGetValue(association, out List<uint>? spis)) return;
        spis.Remove(inboundSpi);
        if (spis.Count == 0) _byAssociation.Remove(association);
    }

    /// <summary>Packets to the peer leave by this SA (0: by none) from now on; what waited for it goes.</summary>
    public void SetSending(ProtectionId protection, NbmaPeer peer, uint inboundSpi)
    {
        OutboundSa? outbound = inboundSpi == 0 ? null : Find(inboundSpi)?.Outbound;
        forwarding.Security.SetOutbound(protection.Number, peer, outbound);
        if (outbound is not null) IpsecLog.EspSending(Logger, peer, inboundSpi, outbound.Spi);
        else IpsecLog.EspNone(Logger, peer);
        if (inboundSpi != 0) wakeWorkers();
    }

    /// <summary>All SAs of a peer have other ends now.</summary>
    public void Move(int association, IkePath to, bool udp)
    {
        if (!_byAssociation.TryGetValue(association, out List<uint>? spis)) return;
        IpsecLog.EspMoved(Logger, association, to.Remote.Address, udp);
        foreach (uint spi in spis)
        {
            InstalledChild child = _children[spi];
            EspPath path = PathOf(to, udp);
            child.Inbound.Path = path;
            child.Outbound.Path = path;
        }
    }

    /// <summary>No packet that leaves by the SA is longer from now on.</summary>
    public void SetPathMtu(uint inboundSpi, int mtu)
    {
        if (Find(inboundSpi) is { } child) child.Outbound.PathMtu = mtu;
    }

    public Instant LastReceived(uint inboundSpi) => Find(inboundSpi)?.Inbound.LastUsed ?? Instant.Zero;

    public Instant LastSent(uint inboundSpi) => Find(inboundSpi)?.Outbound.LastUsed ?? Instant.Zero;

    private static EspPath PathOf(in IkePath path, bool udp) =>
        new(path.Local.Address, path.Remote.Address, udp ? path.Remote.Port : (ushort)0, udp);
}
