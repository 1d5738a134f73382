using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Ipsec;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;
using static Dmvpn.Dataplane.Tests.Packets;

namespace Dmvpn.Dataplane.Tests.Protected;

/// <summary>The <see cref="Rig"/> with <c>tunnel protection</c>: ports for IKE and ESP, and peers that have SAs with it.</summary>
internal sealed class SecureRig : IDisposable
{
    public const int Protection = 1;

    private readonly List<FarEnd> _ends = [];
    private uint _lastSpi = 0x1000;

    public SecureRig(Func<TunnelForwarding, TunnelForwarding>? change = null)
    {
        Rig = new Rig(c => (change ?? (same => same))(c with { Protection = Protection }));
        IpAddress local = Rig.Underlay.LocalAddress;
        (Esp, Ike, Nat, EspControl, IkeControl, NatControl) =
            (new FakePort(local), new FakePort(local), new FakePort(local), new FakePort(local), new FakePort(local), new FakePort(local));
        Rig.Underlay.Security = new SecurityPorts([Esp], Ike, [Nat], EspControl, IkeControl, NatControl);
    }

    public static EspSuite Gcm { get; } = new(EncryptionId.AesGcm16, 128, IntegrityId.None, Esn: false);

    public static EspSuite Cbc { get; } = new(EncryptionId.AesCbc, 256, IntegrityId.HmacSha256, Esn: false);

    public Rig Rig { get; }

    public FakePort Esp { get; }

    public FakePort Ike { get; }

    public FakePort Nat { get; }

    public FakePort EspControl { get; }

    public FakePort IkeControl { get; }

    public FakePort NatControl { get; }

    public SecurityTable Security => Rig.Table.Security;

    public Instant Now
    {
        get => Rig.Now;
        set => Rig.Now = value;
    }

    /// <summary>Everything that GRE in clear text could leave by.</summary>
    public int SentInClear => Rig.Port.Sent.Count + Rig.ControlPort.Sent.Count;

    /// <summary>IKE has agreed on a pair of SAs with somebody; packets to it do not leave by them before <see cref="Use"/>.</summary>
    public FarEnd Agree(
        NbmaPeer peer, EspSuite? suite = null, ushort udp = 0, bool tunnelMode = false, int protection = Protection, long softBytes = 0, long hardBytes = 0)
    {
        var end = new FarEnd(++_lastSpi, suite ?? Gcm, Rig.Underlay.LocalAddress, peer, udp, tunnelMode, protection, softBytes, hardBytes);
        _ends.Add(end);
        Assert.True(Security.Add(end.Ours));
        return end;
    }

    /// <summary>Packets to the peer leave by this pair: by its association, and by its address.</summary>
    public void Use(FarEnd end)
    {
        Security.SetOutbound(end.Ours.Protection, end.Peer, end.FromUs);
        Security.SetOutbound(end.Ours.Protection, new NbmaPeer(end.Peer.Address), end.FromUs);
    }

    /// <summary>They leave by none.</summary>
    public void UseNone(FarEnd end)
    {
        Security.SetOutbound(end.Ours.Protection, end.Peer, null);
        Security.SetOutbound(end.Ours.Protection, new NbmaPeer(end.Peer.Address), null);
    }

    /// <summary>A pair of SAs with 192.0.2.2, association 2, in use.</summary>
    public FarEnd Peer2(EspSuite? suite = null, ushort udp = 0, bool tunnelMode = false, long softBytes = 0, long hardBytes = 0)
    {
        FarEnd end = Agree(new NbmaPeer(Rig.Peer2.Address, 2), suite, udp, tunnelMode, softBytes: softBytes, hardBytes: hardBytes);
        Use(end);
        return end;
    }

    /// <summary>A multicast peer at 198.51.100.<paramref name="number"/>, with a pair of SAs in use.</summary>
    public FarEnd AddMulticastPeer(int number)
    {
        FarEnd end = Agree(new NbmaPeer(Ip($"198.51.100.{number}"), 100 + number));
        Rig.Table.AddMulticast(Rig.Tunnel0, end.Peer);
        Use(end);
        return end;
    }

    /// <summary>The kernel sends; returns what left by the raw ESP port.</summary>
    public List<Datagram> Out(params byte[][] packets)
    {
        Esp.Sent.Clear();
        Nat.Sent.Clear();
        Rig.Out(packets);
        return Esp.Sent;
    }

    /// <summary>ESP comes by protocol 50, or by UDP 4500 from <paramref name="udp"/>; returns what the kernel got.</summary>
    public List<byte[]> In(IpAddress from, byte[] esp, ushort udp = 0, byte trafficClass = 0)
    {
        Rig.Tun.Written.Clear();
        (udp == 0 ? Esp : Nat).Waiting.Enqueue(new Datagram(from, esp, trafficClass, Port: udp));
        Rig.Run();
        return Rig.Tun.Written;
    }

    /// <summary>The far end sends GRE, by its SA and from where it is.</summary>
    public List<byte[]> In(FarEnd end, byte[] gre, byte trafficClass = 0) =>
        In(end.Peer.Address, end.Seal(gre), end.FromUs.Path.RemotePort, trafficClass);

    public long Drops(DataplaneDrop why) => Rig.Drops(why);

    public void Dispose()
    {
        Rig.Dispose();
        foreach (FarEnd end in _ends) end.Dispose();
    }
}

/// <summary>A pair of SAs, with both ends of each.</summary>
internal sealed unsafe class FarEnd : IDisposable
{
    private readonly byte[] _key;

    public FarEnd(uint spi, EspSuite suite, IpAddress local, NbmaPeer peer, ushort udp, bool tunnelMode, int protection, long softBytes, long hardBytes)
    {
        (Peer, Suite, _key) = (peer, suite, Pattern(EspCipher.KeyMaterialLength(suite)));
        var path = new EspPath(local, peer.Address, udp, udp != 0);
        IpAddress ours = tunnelMode ? local : IpAddress.None, theirs = tunnelMode ? peer.Address : IpAddress.None;
        Ours = new InboundSa(spi, suite, _key, path, 64)
        {
            Association = peer.Association,
            Protection = protection,
            TunnelLocal = ours,
            TunnelRemote = theirs,
            SoftBytes = softBytes,
            HardBytes = hardBytes,
        };
        FromUs = new OutboundSa(spi | 0x8000_0000, suite, new SecretBytes(_key), path, 2)
        {
            InboundSpi = spi,
            TunnelLocal = ours,
            TunnelRemote = theirs,
            SoftBytes = softBytes,
            HardBytes = hardBytes,
        };
        Theirs = new InboundSa(FromUs.Spi, suite, _key, path, 64) { TunnelLocal = theirs, TunnelRemote = ours };
        FromThem = new OutboundSa(spi, suite, new SecretBytes(_key), path, 1) { TunnelLocal = theirs, TunnelRemote = ours };
    }

    public NbmaPeer Peer { get; }

    public EspSuite Suite { get; }

    /// <summary>What we receive by.</summary>
    public InboundSa Ours { get; }

    /// <summary>What we send by.</summary>
    public OutboundSa FromUs { get; }

    private InboundSa Theirs { get; }

    private OutboundSa FromThem { get; }

    /// <summary>What it sends.</summary>
    public byte[] Seal(byte[] gre, byte trafficClass = 0)
    {
        byte[] room = new byte[EspPacket.Headroom + gre.Length + EspPacket.Tailroom];
        gre.CopyTo(room, EspPacket.Headroom);
        int length = gre.Length;
        fixed (byte* start = room)
        {
            Assert.Equal(EspResult.Good, EspPacket.Seal(FromThem, 0, start + EspPacket.Headroom, ref length, trafficClass, Instant.Zero, out int before));
            return room[(EspPacket.Headroom - before)..(EspPacket.Headroom - before + length)];
        }
    }

    /// <summary>A packet with a right ICV around anything: <paramref name="text"/> has its padding and trailer.</summary>
    public byte[] Craft(byte[] text, uint sequence)
    {
        using EspCipher cipher = EspCipher.CreateSealer(Suite, _key);
        byte[] packet = new byte[EspSpec.HeaderLength + cipher.IvLength + text.Length + cipher.IcvLength];
        BinaryPrimitives.WriteUInt32BigEndian(packet, Ours.Spi);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), sequence);
        text.CopyTo(packet, EspSpec.HeaderLength + cipher.IvLength);
        fixed (byte* start = packet) cipher.Seal(start, text.Length, sequence);
        return packet;
    }

    /// <summary>What it makes of a packet of ours: the GRE packet, or null.</summary>
    public byte[]? Open(byte[] esp)
    {
        byte[] packet = [.. esp];
        byte trafficClass = 0;
        fixed (byte* start = packet)
        {
            EspResult result = EspPacket.Open(Theirs, start, packet.Length, ref trafficClass, Instant.Zero, out int offset, out int length, out _);
            TrafficClass = trafficClass;
            return result == EspResult.Good ? packet[offset..(offset + length)] : null;
        }
    }

    /// <summary>Of the inner header of tunnel mode in the last packet that was opened.</summary>
    public byte TrafficClass { get; private set; }

    public void Dispose()
    {
        Ours.Dispose();
        FromUs.Dispose();
        Theirs.Dispose();
        FromThem.Dispose();
    }
}
