using System.Buffers.Binary;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Dataplane.Queueing;

/// <summary>Which flow a packet is of.</summary>
/// <param name="Hash">Of addresses, protocol and ports; fragments of one packet have the same, without ports.</param>
/// <param name="Band">By its DSCP.</param>
internal readonly record struct FlowKey(uint Hash, TrafficBand Band)
{
    // Of the protocols that have two ports in their first four bytes.
    private const int PortBytes = 4;

    /// <summary>The flow of an IP packet; what is none goes with the flow 0, and is counted when its turn comes.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="seed">Secret, so that nobody can choose flows that meet others.</param>
    public static FlowKey Of(ReadOnlySpan<byte> packet, ulong seed)
    {
        if (!IpView.TryParse(packet, out IpView ip, out _)) return new FlowKey(0, TrafficBand.Normal);
        ulong hash = FlowHash.Of(ip.Source, ip.Destination) ^ seed;
        ulong rest = (byte)ip.Protocol;
        bool hasPorts = ip.Protocol is IpProtocol.Tcp or IpProtocol.Udp && !ip.IsFragment && ip.Payload.Length >= PortBytes;
        if (hasPorts) rest |= (ulong)BinaryPrimitives.ReadUInt32BigEndian(ip.Payload) << 8;
        return new FlowKey((uint)(FlowHash.Mix(hash ^ FlowHash.Mix(rest + seed)) >> 32), TrafficBands.Of(ip.TrafficClass));
    }
}
