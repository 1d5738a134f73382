using Dmvpn.Core;
using Dmvpn.Daemon.Protection;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Daemon.Tests.Protection;

/// <summary>IKE messages on their way out: by which port, and the marker in front (RFC 3948 2.2, RFC 7296 2).</summary>
public sealed class IkeTransportTests : IDisposable
{
    private static readonly IpAddress Local = IpAddress.Parse("192.0.2.1"), Remote = IpAddress.Parse("198.51.100.2");
    private static readonly byte[] Message = [1, 2, 3, 4, 5, 6, 7, 8];

    private readonly Factory _factory = new();
    private readonly UnderlaySet _underlays;
    private readonly IkeTransport _transport;

    public IkeTransportTests()
    {
        _underlays = new UnderlaySet(_factory);
        _transport = new IkeTransport(_underlays);
    }

    [Fact]
    public void FromPort4500_FourZerosAreInFront()
    {
        Secure();
        Send(Path(IkeSpec.NatPort, 31_000), Message);
        Sent sent = Assert.Single(_factory.Nat.All);
        Assert.Equal([0, 0, 0, 0, .. Message], sent.Bytes);
        Assert.Equal((Remote, (ushort)31_000, (byte)0xC0, (byte)255, false), (sent.To, sent.Port, sent.TrafficClass, sent.HopLimit, sent.DontFragment));
        Assert.Empty(_factory.Ike.All);
    }

    [Fact]
    public void FromPort500_TheMessageIsBare_AlsoAfterOneWithTheMarker()
    {
        Secure();
        Send(Path(IkeSpec.NatPort, 4500), Message);
        Send(Path(IkeSpec.Port, 500), Message);
        Sent sent = Assert.Single(_factory.Ike.All);
        Assert.Equal(Message, sent.Bytes);
        Assert.Equal((Remote, (ushort)500), (sent.To, sent.Port));
    }

    [Fact]
    public void Keepalive_IsOneOctet_WithoutMarker()
    {
        Secure();
        Send(Path(IkeSpec.NatPort, 4500), Message);
        _transport.SendKeepalive(Path(IkeSpec.NatPort, 4500));
        _transport.Flush();
        Assert.Equal([0xFF], _factory.Nat.All[1].Bytes);
        // The buffer's zeros are made anew.
        Send(Path(IkeSpec.NatPort, 4500), Message);
        Assert.Equal([0, 0, 0, 0, .. Message], _factory.Nat.All[2].Bytes);
    }

    [Fact]
    public void SourceGone_OrKernelRefuses_IsCounted()
    {
        Send(Path(IkeSpec.Port, 500), Message);
        Assert.Equal(1, _transport.Refused);
        _underlays.Acquire(new UnderlayKey(null, Local), secured: false);
        Send(Path(IkeSpec.Port, 500), Message);
        Assert.Equal(2, _transport.Refused);
        Secure();
        _factory.Ike.Outcome = SendOutcome.Unreachable;
        Send(Path(IkeSpec.Port, 500), Message);
        Assert.Equal(3, _transport.Refused);
    }

    public void Dispose()
    {
        _transport.Dispose();
        _underlays.Dispose();
    }

    private void Send(in IkePath path, byte[] message)
    {
        _transport.Send(path, message);
        _transport.Flush();
    }

    private static IkePath Path(ushort local, ushort remote) => new(null, new IkeEndpoint(Local, local), new IkeEndpoint(Remote, remote));

    private void Secure() => _underlays.Acquire(new UnderlayKey(null, Local), secured: true);

    private sealed record Sent(IpAddress To, ushort Port, byte TrafficClass, byte HopLimit, bool DontFragment, byte[] Bytes);

    private sealed class Factory : IUnderlayFactory
    {
        public FakePort Ike { get; } = new();

        public FakePort Nat { get; } = new();

        private FakePort Others { get; } = new();

        public OpenUnderlay Open(UnderlayKey key, int number) => new(new Underlay(key.Address, [Others], Others) { Number = number }, static () => { });

        public (SecurityPorts Ports, Action Close) OpenSecurity(UnderlayKey key) => (new SecurityPorts([Others], Others, [Others], Others, Ike, Nat), static () => { });
    }

    private sealed unsafe class FakePort : IDatagramPort
    {
        public List<Sent> All { get; } = [];

        public SendOutcome Outcome { get; set; }

        public IpAddress LocalAddress => Local;

        public int Receive(PacketBatch batch) => batch.Count = 0;

        public void Send(Span<OutgoingPacket> packets)
        {
            foreach (ref OutgoingPacket packet in packets)
            {
                packet.Outcome = Outcome;
                All.Add(new Sent(packet.Destination, packet.Port, packet.TrafficClass, packet.HopLimit, packet.DontFragment, new ReadOnlySpan<byte>(packet.Data, packet.Length).ToArray()));
            }
        }
    }
}
