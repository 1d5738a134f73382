using System.Runtime.CompilerServices;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ipsec;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>
/// Two routers with an SA from the one to the other and a cable between them that copies bytes and makes no objects: for measuring. The second one may relay by another SA.
/// </summary>
internal sealed unsafe class ProtectedPair : IDisposable
{
    private readonly Rig _from;
    private readonly Rig _to;
    private readonly EndlessDevice _kernel = new(default, default, []);
    private readonly OutboundSa _outbound;
    private readonly InboundSa _inbound;
    private readonly OutboundSa? _onward;
    private readonly EndlessDevice _wire = new(Ip("192.0.2.2"), default, []) { Silent = true };

    public ProtectedPair(EspSuite suite, bool tunnelMode, bool udp, byte[][] packets, EspSuite? relay = null)
    {
        IpAddress near = Ip("192.0.2.1"), far = Ip("192.0.2.2");
        byte[] key = Pattern(EspCipher.KeyMaterialLength(suite));
        ushort port = udp ? (ushort)4500 : (ushort)0;
        IpAddress inner(IpAddress address) => tunnelMode ? address : IpAddress.None;
        _outbound = new OutboundSa(4096, suite, new SecretBytes(key), new EspPath(near, far, port, udp), 1) { InboundSpi = 1, TunnelLocal = inner(near), TunnelRemote = inner(far) };
        _inbound = new InboundSa(4096, suite, key, new EspPath(far, near, port, udp), 1024) { Association = 5, Protection = 1, TunnelLocal = inner(far), TunnelRemote = inner(near) };

        var cable = new Cable(near, port) { AsViews = relay is not null };
        var silent = new EndlessDevice(near, default, []) { Silent = true };
        _from = new Rig(c => c with { Protection = 1, PathMtuDiscovery = true }, "192.0.2.1");
        _from.Table.SetTunnel(_from.Config, UnderlayOf(near, silent, new Cable.End(cable), udp), [new EndlessDevice(default, default, packets)]);
        _from.Table.AddMulticast(Rig.Tunnel0, Rig.Peer2);
        _from.Table.Security.SetOutbound(1, Rig.Peer2, _outbound);
        _from.Table.Publish();

        _to = new Rig(c => c with { Protection = 1, SequenceNumbers = false, RelayIPv4 = relay is not null }, "192.0.2.2");
        _kernel.Silent = true;
        _to.Table.SetTunnel(_to.Config, UnderlayOf(far, _wire, cable, udp), [_kernel]);
        if (relay is { } other)
        {
            // By the other carriage, so that it does not come back by the cable.
            _onward = new OutboundSa(8192, other, new SecretBytes(Pattern(EspCipher.KeyMaterialLength(other))), new EspPath(far, near, (ushort)(4500 - port), !udp), 1);
            _to.Table.Security.SetOutbound(1, Rig.Peer2, _onward);
            foreach (string prefix in new[] { "10.1.0.0/16", "10.2.0.0/16" }) _to.Table.SetBestRoute(Prefix(prefix), Rig.Tunnel0);
        }
        _to.Table.Security.Add(_inbound);
        _to.Table.Publish();
    }

    public long Delivered => _kernel.Taken;

    public long Relayed => _wire.Taken;

    public long Drops => _from.Counters.Drops.Total + _to.Counters.Drops.Total + _to.Tunnel.Underlay!.Drops.Total;

    public string DropNames => string.Join(' ', _from.Counters.Drops.NonZero().Concat(_to.Counters.Drops.NonZero()));

    public void Round()
    {
        _from.Worker.Round(_from.Now);
        _to.Worker.Round(_to.Now);
        _from.Now = _to.Now += TimeSpan.FromMilliseconds(1);
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
        _outbound.Dispose();
        _inbound.Dispose();
        _onward?.Dispose();
    }

    private static Underlay UnderlayOf(IpAddress local, IDatagramPort silent, IDatagramPort cable, bool udp) =>
        new(local, [silent], silent) { Security = new SecurityPorts([udp ? silent : cable], silent, [udp ? cable : silent], silent, silent, silent) };

    /// <summary>What one worker sends in a round, the other receives.</summary>
    private sealed class Cable(IpAddress from, ushort port) : IDatagramPort
    {
        private readonly byte[][] _bytes = [.. Enumerable.Range(0, 4 * DataplaneLimits.BatchSize).Select(static _ => GC.AllocateArray<byte>(2048, pinned: true))];
        private readonly int[] _lengths = new int[4 * DataplaneLimits.BatchSize];
        private int _count;

        public bool AsViews { get; init; }

        public IpAddress LocalAddress => from;

        public int Receive(PacketBatch batch)
        {
            int count = Math.Min(_count, batch.Capacity);
            for (int i = 0; i < count; i++)
            {
                FakeTun.Fill(ref batch[i], AsViews ? default : _bytes[i].AsSpan(0, _lengths[i]));
                if (AsViews) batch[i].View((byte*)Unsafe.AsPointer(ref _bytes[i][0]), _lengths[i]);
                (batch[i].Peer, batch[i].Port) = (from, port);
            }
            _count = 0;
            return batch.Count = count;
        }

        public void Send(Span<OutgoingPacket> packets)
        {
            foreach (ref OutgoingPacket packet in packets)
            {
                new ReadOnlySpan<byte>(packet.Data, packet.Length).CopyTo(_bytes[_count]);
                _lengths[_count++] = packet.Length;
                packet.Outcome = SendOutcome.Sent;
            }
        }

        /// <summary>The sender's: it must not receive what it sent.</summary>
        public sealed class End(Cable cable) : IDatagramPort
        {
            public IpAddress LocalAddress => cable.LocalAddress;

            public int Receive(PacketBatch batch) => batch.Count = 0;

            public void Send(Span<OutgoingPacket> packets) => cable.Send(packets);
        }
    }
}
