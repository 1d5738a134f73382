using Dmvpn.Core;
using Dmvpn.Dataplane;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>Data packets: the kernel's route, then the daemon's adjacency, then the NHS; at hubs the redirect.</summary>
internal sealed partial class SimRouter
{
    /// <summary>A packet of the LAN or of this router (<paramref name="from"/> null), or one that came over the tunnel.</summary>
    public void Forward(DataPacket packet, NbmaPeer? from, Instant now)
    {
        packet.Path?.Add(Plan.Name);
        IpAddress destination = packet.Conversation.Destination;
        if (destination == Plan.Address || Plan.Lan is { } lan && lan.Contains(destination))
        {
            net.Delivered(packet, this);
            return;
        }
        if (packet.TimeToLive-- <= 0)
        {
            net.Lost(packet, "time to live");
            return;
        }
        ForwardingSnapshot snapshot = Forwarding.Current;
        if (!snapshot.TryGet(Tunnel, out TunnelSnapshot? tunnel) || !snapshot.BestRoutes.TryMatch(destination, out TunnelId? exit) || exit is null)
        {
            net.Lost(packet, $"{Plan.Name} has no route");
            return;
        }
        ReachKind reach = tunnel.Reach(destination, out IpAddress nextHop, out _, out Adjacency? adjacency);
        if (reach is ReachKind.ByNhs or ReachKind.NoMapping)
        {
            Nhrp.OnNextHopUnresolved(Key, nextHop, now, _nhrpOut);
            CarryOut(now);
        }
        if (adjacency is null)
        {
            net.Lost(packet, $"{Plan.Name} has no mapping of {nextHop}");
            return;
        }
        if (from is { } peer && Plan.IsHub && (reach != ReachKind.Resolved || adjacency.Peer != peer)) Redirect(packet, peer, now);
        if (_used.Add(adjacency.NextHop.Address) && _used.Count == 1) net.ScheduleUse(this);
        net.Send(this, adjacency.Peer, packet);
    }

    private void Redirect(DataPacket packet, NbmaPeer to, Instant now)
    {
        Span<byte> head = stackalloc byte[40];
        head.Clear();
        head[0] = 0x45;
        packet.Conversation.Source.Write(head[12..]);
        packet.Conversation.Destination.Write(head[16..]);
        Nhrp.OnTrafficTurnedAround(Key, to, head, now, _nhrpOut);
        CarryOut(now);
    }
}
