using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Nhrp;
using Dmvpn.Odr;
using Dmvpn.Wire.Cdp;

namespace Dmvpn.Daemon;

/// <summary>What the workers have for the engines: control packets, and what the data path noticed. Control thread only.</summary>
internal sealed class MailReader(Engines engines, TunnelSet tunnels, EffectCarrier carrier, PeerTable peers, UnderlaySet underlays)
{
    /// <summary>Says whose GRE belongs to no tunnel.</summary>
    public RefusedGreLog Refused { get; } = new(tunnels, peers, underlays);

    // RFC 2332 5.2.1: the protocol type follows the 2-byte address family number.
    private const int ProtocolTypeOffset = 2;
    private const ushort ProtocolTypeIPv6 = 0x86DD;

    /// <summary>Reads up to <paramref name="maximum"/> messages.</summary>
    public void Read(ControlMailbox mailbox, int maximum, Instant now)
    {
        for (int i = 0; i < maximum && mailbox.TryPeek(out ControlMessage message); i++)
        {
            try
            {
                Handle(message, now);
            }
            finally
            {
                mailbox.Release();
            }
        }
    }

    /// <summary>Tells NHRP which next hops carried traffic since <paramref name="since"/>: their mappings are refreshed before they expire.</summary>
    public void ReportUse(Instant since, Instant now)
    {
        foreach (TunnelSnapshot tunnel in engines.Forwarding.Current.Tunnels)
        {
            foreach (KeyValuePair<IpPrefix, Adjacency> entry in tunnel.Adjacencies.Entries())
            {
                if (entry.Value.LastUsed > since)
                    engines.Nhrp.OnUsed(new NhrpInterfaceKey(tunnel.Config.Tunnel, !entry.Key.IsIPv4), entry.Key.Address, now);
            }
        }
    }

    private void Handle(in ControlMessage message, Instant now)
    {
        switch (message.Kind)
        {
            case ControlKind.Nhrp:
                bool ipv6 = message.Bytes.Length >= 4
                    && BinaryPrimitives.ReadUInt16BigEndian(message.Bytes[ProtocolTypeOffset..]) == ProtocolTypeIPv6;
                var arrival = new NhrpArrival(new NhrpInterfaceKey(message.Tunnel, ipv6), peers.Current(message.Peer), SourceOf(message.Tunnel));
                engines.Nhrp.HandlePacket(arrival, message.Bytes, now, engines.NhrpOut);
                break;
            case ControlKind.Cdp:
                engines.Odr.HandleCdp(ArrivalOf(message), message.Bytes, now, engines.OdrOut);
                break;
            case ControlKind.KeepaliveReturned:
                tunnels.OnKeepaliveReturned(message.Tunnel);
                break;
            case ControlKind.KeepaliveReceived:
                carrier.Reflect(message.Tunnel, peers.Current(message.Peer), message.Bytes, now);
                break;
            case ControlKind.NextHopUnresolved:
                engines.Nhrp.OnNextHopUnresolved(new NhrpInterfaceKey(message.Tunnel, message.Address.IsIPv6), message.Address, now, engines.NhrpOut);
                break;
            case ControlKind.TrafficTurnedAround when message.Bytes.Length > 0:
                var key = new NhrpInterfaceKey(message.Tunnel, message.Bytes[0] >> 4 == 6);
                engines.Nhrp.OnTrafficTurnedAround(key, peers.Current(message.Peer), message.Bytes, now, engines.NhrpOut);
                break;
            case ControlKind.GreRefused:
                Refused.OnRefused(message.Peer, message.Bytes, now);
                break;
            case ControlKind.Ike or ControlKind.UnknownSpi or ControlKind.EndpointChanged or ControlKind.SaSoftLimit or ControlKind.SaHardLimit:
                HandleSecurity(message, now);
                break;
            default:
                break;
        }
    }

    private void HandleSecurity(in ControlMessage message, Instant now)
    {
        SecurityEnvelope envelope = SecurityEnvelope.Read(message.Bytes);
        var remote = new IkeEndpoint(message.Peer.Address, envelope.RemotePort);
        switch (message.Kind)
        {
            case ControlKind.SaSoftLimit:
                engines.Ike.OnSoftLimit(envelope.Spi, now, engines.IkeOut);
                return;
            case ControlKind.SaHardLimit:
                engines.Ike.OnHardLimit(envelope.Spi, now, engines.IkeOut);
                return;
            case ControlKind.EndpointChanged:
                engines.Ike.OnEndpointChanged(envelope.Spi, remote, now, engines.IkeOut);
                return;
            default:
                break;
        }
        // A source that is gone meanwhile has no answer to give.
        if (underlays.Find(envelope.Underlay) is not { } source) return;
        var path = new IkePath(source.Namespace, new IkeEndpoint(source.Address, envelope.LocalPort), remote);
        if (message.Kind == ControlKind.UnknownSpi) engines.Ike.OnUnknownSpi(path, envelope.Spi, now, engines.IkeOut);
        else engines.Ike.HandlePacket(new IkeArrival(path), message.Bytes[SecurityEnvelope.Length..], now, engines.IkeOut);
    }

    private IpAddress SourceOf(TunnelId id) => tunnels.TryGet(id, out TunnelInterface? tunnel) ? tunnel.Source : IpAddress.None;

    // What the sender has proven: by its association who it is, by NHRP's cache its tunnel address.
    private OdrArrival ArrivalOf(in ControlMessage message)
    {
        IpAddress address = TunnelAddressOf(message);
        PeerIdentity? identity = peers.TryGet(message.Peer.Association, out ProtectedPeerEntry? entry) ? entry.Identity : null;
        bool isPointToPoint = tunnels.TryGet(message.Tunnel, out TunnelInterface? tunnel) && !tunnel.Config.IsMultipoint;
        return new OdrArrival(message.Tunnel, peers.Current(message.Peer), address)
        {
            Identity = identity?.Id.ToString(),
            Rights = identity?.Rights,
            IsServer = isPointToPoint || engines.Nhrp.IsServer(new NhrpInterfaceKey(message.Tunnel, false), address),
        };
    }

    // A neighbour's tunnel address is what it says, but only when NHRP knows that address to be at that peer: so a spoke cannot
    // draw another's traffic. A point-to-point tunnel has no mappings; there the packet is believed (None).
    private IpAddress TunnelAddressOf(in ControlMessage message)
    {
        if (!CdpView.TryParse(message.Bytes, out CdpView packet, out _)) return IpAddress.None;
        IpAddress claimed = packet.Addresses.FirstIPv4;
        return engines.Nhrp.TryFind(new NhrpInterfaceKey(message.Tunnel, false), claimed, out NhrpCacheEntryState? entry) && entry.Peer == message.Peer
            ? claimed
            : IpAddress.None;
    }
}
