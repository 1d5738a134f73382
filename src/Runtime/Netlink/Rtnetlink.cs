using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

/// <summary>
/// The kernel's links, addresses and routes: asked and changed, in the network namespace of the thread that made the
/// object (<see cref="NetworkNamespace.Run{T}(Func{T})"/>). Calls block for as long as the kernel works. One thread at a time.
/// What the kernel refuses is returned, with its text; CAP_NET_ADMIN is needed to change anything.
/// </summary>
public sealed partial class Rtnetlink : IDisposable
{
    private readonly NetlinkSocket _socket;
    private readonly NetlinkSocket _changes;
    private readonly byte[] _request = new byte[RuntimeLimits.NetlinkSendBatch];

    /// <summary>Opens a socket.</summary>
    /// <exception cref="LinuxException">Out of descriptors.</exception>
    public Rtnetlink()
    {
        _socket = new NetlinkSocket([], blocking: true);
        _changes = new NetlinkSocket([], blocking: false);
    }

    /// <summary>Closes it.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _changes.Dispose();
    }

    private NetlinkWriter Begin(ushort type, ushort flags, out uint sequence)
    {
        sequence = _socket.NextSequence();
        var writer = new NetlinkWriter(_request);
        writer.BeginMessage(type, (ushort)(flags | FlagRequest), sequence);
        return writer;
    }

    private LinuxError Send(ref NetlinkWriter writer, uint sequence)
    {
        writer.EndMessage();
        return writer.Overflowed ? new LinuxError(Errno.MessageTooLong) : _socket.Request(writer.Written, sequence);
    }

    private LinuxError Send<TSink>(ref NetlinkWriter writer, uint sequence, ref TSink sink, out bool interrupted)
        where TSink : IAnswerSink, allows ref struct
    {
        writer.EndMessage();
        interrupted = false;
        return writer.Overflowed ? new LinuxError(Errno.MessageTooLong) : _socket.Request(writer.Written, sequence, ref sink, out interrupted);
    }

    private readonly struct LinkSink(List<LinuxLink> links) : IAnswerSink
    {
        public void Begin() => links.Clear();

        public void Take(in NetlinkMessage message)
        {
            if (message.Type == NewLink && LinuxLink.Parse(message) is { } link) links.Add(link);
        }

        public bool WasDisturbed() => false;
    }

    private readonly struct AddressSink(List<LinuxAddress> addresses) : IAnswerSink
    {
        public void Begin() => addresses.Clear();

        public void Take(in NetlinkMessage message)
        {
            if (message.Type == NewAddress && LinuxAddress.TryParse(message, out LinuxAddress address)) addresses.Add(address);
        }

        public bool WasDisturbed() => false;
    }

    // Keeps what earlier, interrupted attempts found: see Dump.
    private struct RouteSink(List<LinuxRoute> routes, bool clones, NetlinkSocket? changes) : IAnswerSink
    {
        /// <summary>Where the last attempt begins.</summary>
        public int Start { get; private set; }

        public void Begin() => Start = routes.Count;

        public readonly void Take(in NetlinkMessage message)
        {
            if (message.Type == NewRoute && LinuxRoute.Parse(message, clones) is { } route) routes.Add(route);
        }

        public readonly bool WasDisturbed() => changes is not null && changes.Drain();
    }
}
