using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Protection;

/// <summary>Sends IKE messages and NAT keepalives by the ports of their source, those of one port together. Control thread only.</summary>
internal sealed unsafe class IkeTransport(UnderlaySet underlays) : IDisposable
{
    // IOS's mark for control traffic, internetwork control.
    private const byte TrafficClass = 0xC0;
    private const byte HopLimit = 255;

    private const int Together = 32;
    private const int Room = 2 * (IkeSpec.NonEspMarkerLength + ushort.MaxValue);

    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(Room);
    private readonly OutgoingPacket[] _packets = new OutgoingPacket[Together];
    private IDatagramPort? _port;
    private int _count;
    private int _used;

    /// <summary>Messages that the kernel did not take.</summary>
    public long Refused { get; private set; }

    /// <summary>Told where a message goes, before it is sent: from which address, to which.</summary>
    public Action<IpAddress, IpAddress> Expect { get; set; } = static (_, _) => { };

    /// <summary>Takes a message, on port 4500 behind the marker of RFC 3948 2.2, to be sent by <see cref="Flush"/> at the latest.</summary>
    public void Send(in IkePath path, ReadOnlySpan<byte> message, bool dontFragment = false) =>
        Take(path, path.Local.Port == IkeSpec.NatPort ? IkeSpec.NonEspMarkerLength : 0, message, dontFragment);

    /// <summary>Keeps a NAT's mapping open (RFC 3948 2.3).</summary>
    public void SendKeepalive(in IkePath path) => Take(path, 0, [EspSpec.NatKeepalive]);

    /// <summary>Sends what was taken.</summary>
    public void Flush()
    {
        if (_count > 0)
        {
            Span<OutgoingPacket> packets = _packets.AsSpan(0, _count);
            _port!.Send(packets);
            foreach (ref readonly OutgoingPacket packet in packets)
            {
                if (packet.Outcome != SendOutcome.Sent) Refused++;
            }
        }
        (_port, _count, _used) = (null, 0, 0);
    }

    public void Dispose() => NativeMemory.Free(_buffer);

    private void Take(in IkePath path, int marker, ReadOnlySpan<byte> message, bool dontFragment = false)
    {
        if (underlays.Security(new UnderlayKey(path.Namespace, path.Local.Address)) is not { } ports)
        {
            Refused++;
            return;
        }
        if (path.Namespace is null) Expect(path.Local.Address, path.Remote.Address);
        IDatagramPort port = path.Local.Port == IkeSpec.NatPort ? ports.NatControl : ports.IkeControl;
        int length = marker + message.Length;
        if (_count == Together || _used + length > Room || !ReferenceEquals(port, _port)) Flush();
        _port = port;
        byte* at = _buffer + _used;
        new Span<byte>(at, marker).Clear();
        message.CopyTo(new Span<byte>(at + marker, message.Length));
        _used += length;
        _packets[_count++] = new OutgoingPacket
        {
            Data = at,
            Length = length,
            Destination = path.Remote.Address,
            Port = path.Remote.Port,
            TrafficClass = TrafficClass,
            HopLimit = HopLimit,
            IsAlone = true,
            DontFragment = dontFragment,
        };
    }
}
