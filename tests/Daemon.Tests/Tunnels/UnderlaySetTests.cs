using Dmvpn.Core;
using Dmvpn.Daemon.Tunnels;
using Dmvpn.Dataplane;
using Dmvpn.Runtime;

namespace Dmvpn.Daemon.Tests.Tunnels;

/// <summary>Sources that tunnels share, give back and take again. The UDP ports of one can be open only once.</summary>
public sealed class UnderlaySetTests : IDisposable
{
    private static readonly UnderlayKey Key = new(null, IpAddress.Parse("192.0.2.1")), Other = new(null, IpAddress.Parse("192.0.2.9"));

    private readonly Factory _factory = new();
    private readonly UnderlaySet _set;

    public UnderlaySetTests() => _set = new UnderlaySet(_factory);

    [Fact]
    public void TwoTunnels_OneSource_IsOpenedOnceAndClosedAfterTheLast()
    {
        Underlay first = _set.Acquire(Key, secured: false), second = _set.Acquire(Key, secured: true);
        Assert.Same(first, second);
        Assert.NotNull(first.Security);
        _set.Release(Key, 5);
        Assert.False(_set.HasRetired);
        _set.Release(Key, 7);
        Assert.Null(_set.Security(Key));
        _set.CloseRetired(7);
        Assert.Equal(["open 1", "secure"], _factory.Trace);
        _set.CloseRetired(8);
        Assert.Equal(["open 1", "secure", "close secure", "close 1"], _factory.Trace);
    }

    [Fact]
    public void ReleasedAndTakenAgain_WhileWorkersStillHaveIt_IsTheSameAndStaysOpen()
    {
        // A tunnel that is removed and another with its source that is added, in one reload: UDP 500 and 4500 are still open.
        Underlay first = _set.Acquire(Key, secured: true);
        _set.Release(Key, 5);
        Assert.Same(first, _set.Acquire(Key, secured: true));
        _set.CloseRetired(100);
        Assert.Equal(["open 1", "secure"], _factory.Trace);
        Assert.NotNull(_set.Security(Key));
        _set.Release(Key, 200);
        _set.CloseRetired(201);
        Assert.False(_set.HasRetired);
        Assert.NotSame(first, _set.Acquire(Key, secured: false));
        Assert.Equal(["open 1", "secure", "close secure", "close 1", "open 2"], _factory.Trace);
    }

    [Fact]
    public void PortsTaken_ByAnotherProgram_LeaveNothingBehind()
    {
        _factory.Fails = true;
        Assert.Throws<LinuxException>(() => _set.Acquire(Key, secured: true));
        Assert.Equal(["open 1", "close 1"], _factory.Trace);
        // One that is in use stays as it is, one that was given back is closed in its time.
        Underlay other = _set.Acquire(Other, secured: false);
        Assert.Throws<LinuxException>(() => _set.Acquire(Other, secured: true));
        Assert.Null(other.Security);
        _set.Release(Other, 5);
        Assert.Throws<LinuxException>(() => _set.Acquire(Other, secured: true));
        Assert.Empty(_set.Underlays);
        _set.CloseRetired(6);
        Assert.Equal(["open 1", "close 1", "open 2", "close 2"], _factory.Trace);
        _factory.Fails = false;
        Assert.NotNull(_set.Acquire(Key, secured: true).Security);
    }

    public void Dispose() => _set.Dispose();

    private sealed class Factory : IUnderlayFactory
    {
        private readonly IDatagramPort _port = new SilentPort();

        public List<string> Trace { get; } = [];

        public bool Fails { get; set; }

        public OpenUnderlay Open(UnderlayKey key, int number)
        {
            Trace.Add($"open {number}");
            return new OpenUnderlay(new Underlay(key.Address, [_port], _port) { Number = number }, () => Trace.Add($"close {number}"));
        }

        public (SecurityPorts Ports, Action Close) OpenSecurity(UnderlayKey key)
        {
            if (Fails) throw new LinuxException("bind", new LinuxError(Errno.AddressInUse));
            Trace.Add("secure");
            return (new SecurityPorts([_port], _port, [_port], _port, _port, _port), () => Trace.Add("close secure"));
        }
    }

    private sealed class SilentPort : IDatagramPort
    {
        public IpAddress LocalAddress => Key.Address;

        public int Receive(PacketBatch batch) => batch.Count = 0;

        public void Send(Span<OutgoingPacket> packets)
        {
        }
    }
}
