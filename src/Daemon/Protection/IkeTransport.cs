using System.Runtime.InteropServices;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Protection;

/// <summary>Sends IKE messages and NAT keepalives by the ports of their source. Control thread only.</summary>
internal sealed unsafe class IkeTransport(UnderlaySet underlays) : IDisposable
{
    // IOS's mark for control traffic, internetwork control.
    private const byte TrafficClass = 0xC0;
    private const byte HopLimit = 255;

    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(IkeSpec.NonEspMarkerLength + ushort.MaxValue);
    private readonly OutgoingPacket[] _packet = new OutgoingPacket[1];

    /// <summary>Messages that the kernel did not take.</summary>
    public long Refused { get; private set; }

    /// <summary>Sends a message, on port 4500 behind the marker of RFC 3948 2.2.</summary>
    public void Send(in IkePath path, ReadOnlySpan<byte> message)
    {
        int marker = path.Local.Port == IkeSpec.NatPort ? IkeSpec.NonEspMarkerLength : 0;
        new Span<byte>(_buffer, marker).Clear();
        message.CopyTo(new Span<byte>(_buffer + marker, ushort.MaxValue));
        Send(path, marker + message.Length);
    }

    /// <summary>Keeps a NAT's mapping open (RFC 3948 2.3).</summary>
    public void SendKeepalive(in IkePath path)
    {
        *_buffer = EspSpec.NatKeepalive;
        Send(path, 1);
    }

    public void Dispose() => NativeMemory.Free(_buffer);

    private void Send(in IkePath path, int length)
    {
        if (underlays.Security(new UnderlayKey(path.Vrf, path.Local.Address)) is not { } ports)
        {
            Refused++;
            return;
        }
        _packet[0] = new OutgoingPacket
        {
            Data = _buffer,
            Length = length,
            Destination = path.Remote.Address,
            Port = path.Remote.Port,
            TrafficClass = TrafficClass,
            HopLimit = HopLimit,
        };
        (path.Local.Port == IkeSpec.NatPort ? ports.NatControl : ports.IkeControl).Send(_packet);
        if (_packet[0].Outcome != SendOutcome.Sent) Refused++;
    }
}
