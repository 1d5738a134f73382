using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dmvpn.Bench.Nhrp;
using Dmvpn.Crypto;
using Dmvpn.Ike;
using Dmvpn.Runtime;
using Dmvpn.Runtime.Native;
using Dmvpn.Wire.Ike;
using Dmvpn.Wire.Ip;

namespace Dmvpn.Bench.Ike;

/// <summary>IKE_SA_INITs that look like a spoke's, each with another SPI, nonce and source address of 198.18.0.0/15, from a raw socket.</summary>
internal sealed unsafe class SpoofedFlood : IDisposable
{
    /// <summary>Where nobody is: answers to it get as far as the generator's namespace.</summary>
    public const string Sources = "198.18.0.0/15";

    private const int Batch = 64;
    private const int RawOnly = 255;
    private const int IpHeader = 20;
    private const int UdpHeader = 8;
    private const uint FirstSource = 0xC612_0000;

    private readonly int _socket;
    private readonly MessageVector _messages = new(Batch);
    private readonly byte* _room;
    private readonly int _length;
    private readonly int _nonceAt;

    public SpoofedFlood(string networkNamespace, IkeCase way)
    {
        _socket = NetworkNamespace.Run(networkNamespace, static () => Libc.Socket(LibcSpec.FamilyIPv4, LibcSpec.SocketRaw | LibcSpec.SocketCloseOnExec, RawOnly));
        if (_socket < 0) LinuxException.ThrowLast("open raw socket");
        byte[] message = Message(way, out int nonceAt);
        (_length, _nonceAt) = (IpHeader + UdpHeader + message.Length, IpHeader + UdpHeader + nonceAt);
        _room = (byte*)NativeMemory.AllocZeroed((nuint)(Batch * _length));
        for (int i = 0; i < Batch; i++)
        {
            var packet = new Span<byte>(_room + i * _length, _length);
            // The kernel fills in length, identification and checksum (raw(7)); UDP over IPv4 need not have one.
            packet[0] = 0x45;
            packet[8] = 64;
            packet[9] = (byte)IpProtocol.Udp;
            BenchNetwork.HubUnderlay.Write(packet[16..]);
            BinaryPrimitives.WriteUInt16BigEndian(packet[IpHeader..], IkeSpec.Port);
            BinaryPrimitives.WriteUInt16BigEndian(packet[(IpHeader + 2)..], IkeSpec.Port);
            BinaryPrimitives.WriteUInt16BigEndian(packet[(IpHeader + 4)..], (ushort)(UdpHeader + message.Length));
            message.CopyTo(packet[(IpHeader + UdpHeader)..]);
            _messages.Vectors[i].Base = _room + i * _length;
            _messages.Vectors[i].Length = (nuint)_length;
            _messages.Headers[i].Header.Name = _messages.Name(i);
            _messages.Headers[i].Header.NameLength = SocketAddress.Write(_messages.Name(i), BenchNetwork.HubUnderlay, 0, 0);
        }
    }

    /// <summary>Sends so many, one batch every two milliseconds.</summary>
    public void Run(int count)
    {
        for (int sent = 0; sent < count;)
        {
            for (int i = 0; i < Batch; i++)
            {
                var packet = new Span<byte>(_room + i * _length, _length);
                BinaryPrimitives.WriteUInt32BigEndian(packet[12..], FirstSource + (uint)RandomNumberGenerator.GetInt32(1 << 17));
                RandomNumberGenerator.Fill(packet.Slice(IpHeader + UdpHeader, 8));
                RandomNumberGenerator.Fill(packet.Slice(_nonceAt, 32));
            }
            sent += Math.Max(Libc.SendMessages(_socket, _messages.Headers, Batch, 0), 0);
            Thread.Sleep(2);
        }
    }

    public void Dispose()
    {
        Libc.Close(_socket);
        _messages.Dispose();
        NativeMemory.Free(_room);
    }

    private static byte[] Message(IkeCase way, out int nonceAt)
    {
        using KeyExchange key = KeyExchange.Generate(way.Group);
        var writer = new IkePayloadWriter(new byte[1024]);
        writer.SecurityAssociation(way.Offer);
        writer.KeyExchange(way.Group, key.PublicValue);
        nonceAt = IkeSpec.HeaderLength + writer.Length + IkeSpec.PayloadHeaderLength;
        writer.Nonce(new byte[32]);
        return IkeSealing.Clear(new IkeHeader(1, 0, writer.First, IkeExchangeType.SaInit, IkeFlags.Initiator, 0), writer);
    }
}
