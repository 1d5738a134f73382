using System.Runtime.InteropServices;
using Dmvpn.Runtime.Native;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

/// <summary>
/// Hears of every change of links, addresses, routes and forwarding, in the network namespace of the thread that made it. The caller polls
/// <see cref="Descriptor"/>, reads when it is readable, and begins with a full dump after making the monitor: the
/// notifications then only repeat or correct what the dump said. One thread at a time.
/// <para>
/// The kernel does not tell everything. When a link goes down (or an address goes) it drops IPv4 routes without a word, and when a
/// link comes back it revives next hops the same way. The monitor knows these occasions and calls
/// <see cref="INetlinkObserver.OnResync"/>, as it does when notifications were lost.
/// </para>
/// </summary>
public sealed class NetlinkMonitor : IDisposable
{
    private readonly NetlinkSocket _socket;
    private readonly Dictionary<int, bool> _up = [];

    /// <summary>Begins to listen.</summary>
    /// <exception cref="LinuxException">Out of descriptors.</exception>
    public NetlinkMonitor()
        : this(RuntimeLimits.NetlinkReceiveBuffer)
    {
    }

    internal NetlinkMonitor(int receiveBuffer)
    {
        // IPv6 groups exist even where the kernel has no IPv6.
        _socket = new NetlinkSocket([GroupLink, GroupIPv4Address, GroupIPv6Address, GroupIPv4Route, GroupIPv6Route, GroupIPv4Settings, GroupIPv6Settings], blocking: false);
        if (receiveBuffer == RuntimeLimits.NetlinkReceiveBuffer) return;
        _ = Libc.TrySetOption(_socket.Descriptor, LibcSpec.LevelSocket, LibcSpec.OptionReceiveBufferForce, receiveBuffer);
    }

    /// <summary>Readable when there is something to read.</summary>
    public int Descriptor => _socket.Descriptor;

    /// <summary>Gives what has come to <paramref name="observer"/>, in order, without blocking.</summary>
    /// <param name="maximum">Stops after about this many changes, so that a storm does not starve the caller's other work; more is left to read then.</param>
    /// <returns>How many changes there were; less than <paramref name="maximum"/> means that nothing waits.</returns>
    public int Read(INetlinkObserver observer, int maximum = 1024)
    {
        int count = 0;
        while (count < maximum)
        {
            LinuxError error = _socket.Receive(out ReadOnlySpan<byte> bytes);
            if (error.Number == Errno.NoBufferSpace)
            {
                observer.OnResync(ResyncReason.Overrun);
                count++;
                continue;
            }
            if (error.Number == Errno.Again) break;
            error.ThrowIfAny("read netlink notifications");
            var reader = new NetlinkReader(bytes);
            while (reader.TryNext(out NetlinkMessage message))
            {
                count++;
                Deliver(message, observer);
            }
        }
        return count;
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _socket.Dispose();

    private void Deliver(in NetlinkMessage message, INetlinkObserver observer)
    {
        switch (message.Type)
        {
            case NewLink:
            case DeleteLink:
                DeliverLink(message, observer);
                break;
            case NewAddress when LinuxAddress.TryParse(message, out LinuxAddress address):
                observer.OnAddress(address, removed: false);
                break;
            case DeleteAddress when LinuxAddress.TryParse(message, out LinuxAddress address):
                observer.OnAddress(address, removed: true);
                // Routes with this preferred source went with it.
                observer.OnResync(ResyncReason.AddressRemoved);
                break;
            case NewRoute when LinuxRoute.Parse(message) is { } route:
                observer.OnRoute(route, ChangeOf(message, route));
                break;
            case DeleteRoute when LinuxRoute.Parse(message) is { } route:
                observer.OnRoute(route, LinuxRouteChange.Removed);
                break;
            case NewSettings:
                observer.OnSettings();
                break;
            default:
                break;
        }
    }

    private void DeliverLink(in NetlinkMessage message, INetlinkObserver observer)
    {
        // Bridges send their own port messages to this group, in the family AF_BRIDGE; a DELLINK of those is no deletion.
        if (message.Payload.Length < LinkMessageSize || message.Payload[0] != LibcSpec.FamilyUnspecified) return;
        if (LinuxLink.Parse(message) is not { } link) return;
        bool removed = message.Type == DeleteLink;
        ref bool up = ref CollectionsMarshal.GetValueRefOrAddDefault(_up, link.Index, out bool known);
        bool flipped = removed || !known || up != link.IsUp;
        up = link.IsUp;
        if (removed) _up.Remove(link.Index);
        observer.OnLink(link, removed);
        if (flipped) observer.OnResync(ResyncReason.LinkState);
    }

    private static LinuxRouteChange ChangeOf(in NetlinkMessage message, LinuxRoute route)
    {
        // IPv6 tells a multipath route whole whenever one of its next hops is added.
        bool whole = !route.Prefix.IsIPv4 && route.NextHops.Count > 1;
        return whole || (message.Flags & FlagReplace) != 0 ? LinuxRouteChange.Replaced : LinuxRouteChange.Added;
    }
}

/// <summary>What a <see cref="NetlinkMonitor"/> reports to.</summary>
public interface INetlinkObserver
{
    /// <summary>A link is new or changed, or gone (then the kernel tells neither of its addresses nor all of its routes).</summary>
    void OnLink(LinuxLink link, bool removed);

    /// <summary>An address is new or changed, or gone.</summary>
    void OnAddress(in LinuxAddress address, bool removed);

    /// <summary>
    /// A route of any table changed. Of an IPv6 multipath route a removal may name only the next hops that went: the others stay.
    /// </summary>
    void OnRoute(LinuxRoute route, LinuxRouteChange change);

    /// <summary>Settings of some link changed, or of all: whether it forwards, its reverse path filter and others (<see cref="KernelSettings"/>).</summary>
    void OnSettings()
    {
    }

    /// <summary>
    /// The picture is not complete: dump again (after an overrun all, else the routes) once this read is done. Several of these
    /// in a row are answered by one dump.
    /// </summary>
    void OnResync(ResyncReason reason);
}

/// <summary>What happened to a route.</summary>
public enum LinuxRouteChange : byte
{
    /// <summary>It is there now, beside any others of its prefix.</summary>
    Added,

    /// <summary>It is there now, in the place of the one with the same prefix, table and metric.</summary>
    Replaced,

    /// <summary>It is gone.</summary>
    Removed,
}

/// <summary>Why a dump is needed.</summary>
public enum ResyncReason : byte
{
    /// <summary>Notifications were lost (ENOBUFS): links, addresses and routes may all have changed.</summary>
    Overrun,

    /// <summary>A link went up, down or away; its routes changed with it, and not all of that is told.</summary>
    LinkState,

    /// <summary>An address is gone, and the routes that used it as source.</summary>
    AddressRemoved,
}
