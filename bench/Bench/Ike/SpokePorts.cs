using System.Runtime.InteropServices;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Core;
using Dmvpn.Runtime;
using Dmvpn.Runtime.Native;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Bench.Ike;

/// <summary>Takes a datagram: which spoke's address it came to, and by which port of the two.</summary>
internal delegate void SpokeDatagram(IpAddress spoke, bool nat, ReadOnlySpan<byte> datagram);

/// <summary>UDP ports 500 and 4500 of all spokes: two sockets, on which each datagram has the address of its spoke (IP_PKTINFO).</summary>
internal sealed unsafe class SpokePorts : IDisposable
{
    private const int Batch = 64;
    private const int Room = 4096;
    private const int SocketBuffer = 64 << 20;
    private const int PacketInformation = 8;
    private const int PacketInformationSize = 12;

    private readonly int[] _sockets;
    private readonly MessageVector[] _out = [new(Batch), new(Batch)];
    private readonly int[] _filled = new int[2];
    private readonly MessageVector _in = new(Batch);
    private readonly byte* _room = (byte*)NativeMemory.Alloc(3 * Batch * Room);
    private readonly Poller _poller = new();

    public SpokePorts(string networkNamespace)
    {
        _sockets = NetworkNamespace.Run(networkNamespace, static () => new[] { Open(IkeSpec.Port), Open(IkeSpec.NatPort) });
        for (int s = 0; s < 2; s++)
        {
            _poller.Add(_sockets[s], (ulong)s + 1);
            for (int i = 0; i < Batch; i++)
            {
                MessageVector to = _out[s];
                to.Vectors[i].Base = _room + (s * Batch + i) * Room;
                ref MessageHeader header = ref to.Headers[i].Header;
                header.Name = to.Name(i);
                header.NameLength = SocketAddress.Write(to.Name(i), BenchNetwork.HubUnderlay, s == 0 ? IkeSpec.Port : IkeSpec.NatPort, 0);
                header.Control = to.Control(i);
                header.ControlLength = ControlHeader.Size + PacketInformationSize + 4;
                *(ControlHeader*)header.Control = new ControlHeader { Length = ControlHeader.Size + PacketInformationSize, Level = 0, Type = PacketInformation };
            }
        }
        for (int i = 0; i < Batch; i++)
        {
            _in.Vectors[i].Base = _room + (2 * Batch + i) * Room;
            _in.Headers[i].Header.Name = _in.Name(i);
            _in.Headers[i].Header.Control = _in.Control(i);
        }
    }

    /// <summary>Queues a datagram for <see cref="Flush()"/>. On 4500 an IKE message gets its marker.</summary>
    public void Send(IpAddress spoke, bool nat, bool marker, ReadOnlySpan<byte> message)
    {
        int s = nat ? 1 : 0, at = marker ? IkeSpec.NonEspMarkerLength : 0;
        if (_filled[s] == Batch) Flush(s);
        int i = _filled[s]++;
        var to = new Span<byte>(_out[s].Vectors[i].Base, Room);
        to[..at].Clear();
        message.CopyTo(to[at..]);
        _out[s].Vectors[i].Length = (nuint)(at + message.Length);
        // struct in_pktinfo: interface 0, the source address, and one that is not used.
        byte* information = _out[s].Control(i) + ControlHeader.Size;
        new Span<byte>(information, PacketInformationSize).Clear();
        spoke.Write(new Span<byte>(information + 4, 4));
    }

    public void Flush()
    {
        Flush(0);
        Flush(1);
    }

    /// <summary>Takes what has come; how many that were.</summary>
    public int Receive(SpokeDatagram take)
    {
        int total = 0;
        for (int s = 0; s < 2; s++)
        {
            for (int i = 0; i < Batch; i++)
            {
                _in.Vectors[i].Length = Room;
                _in.Headers[i].Header.NameLength = SocketAddress.Size;
                _in.Headers[i].Header.ControlLength = MessageVector.ControlSize;
            }
            int count = Libc.ReceiveMessages(_sockets[s], _in.Headers, Batch, LibcSpec.MessageDontWait, null);
            for (int i = 0; i < count; i++)
            {
                byte* information = MessageVector.FindControl(_in.Headers[i].Header, 0, PacketInformation, PacketInformationSize);
                if (information == null) continue;
                take(IpAddress.FromBytes(new ReadOnlySpan<byte>(information + 8, 4)), s == 1, new ReadOnlySpan<byte>(_in.Vectors[i].Base, (int)_in.Headers[i].Length));
            }
            total += Math.Max(count, 0);
        }
        return total;
    }

    public void Wait(TimeSpan most) => _poller.Wait(MonotonicClock.Now + most);

    public void Dispose()
    {
        foreach (int socket in _sockets) Libc.Close(socket);
        _poller.Dispose();
        foreach (MessageVector messages in _out) messages.Dispose();
        _in.Dispose();
        NativeMemory.Free(_room);
    }

    private static int Open(ushort port)
    {
        int descriptor = Libc.Socket(LibcSpec.FamilyIPv4, LibcSpec.SocketDatagram | LibcSpec.SocketNonBlocking | LibcSpec.SocketCloseOnExec, 0);
        if (descriptor < 0) LinuxException.ThrowLast($"open UDP port {port}");
        byte* name = stackalloc byte[SocketAddress.Size];
        int length = (int)SocketAddress.Write(name, IpAddress.Parse("0.0.0.0"), port, 0);
        if (Libc.Bind(descriptor, name, length) != 0) LinuxException.ThrowLast($"bind UDP port {port}");
        Libc.SetOption(descriptor, 0, PacketInformation, 1, "set IP_PKTINFO");
        Libc.SetOption(descriptor, LibcSpec.LevelSocket, LibcSpec.OptionReceiveBufferForce, SocketBuffer, "set SO_RCVBUFFORCE");
        Libc.SetOption(descriptor, LibcSpec.LevelSocket, LibcSpec.OptionSendBufferForce, SocketBuffer, "set SO_SNDBUFFORCE");
        return descriptor;
    }

    private void Flush(int s)
    {
        int start = 0;
        while (start < _filled[s])
        {
            int sent = Libc.SendMessages(_sockets[s], _out[s].Headers + start, (uint)(_filled[s] - start), 0);
            // A refusal may be of an earlier datagram (udp(7)): what is lost is sent again like anything else that is lost.
            start += Math.Max(sent, 1);
        }
        _filled[s] = 0;
    }
}
