using System.Runtime.InteropServices;
using Dmvpn.Core;
using Dmvpn.Runtime.Native;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

public sealed partial class Rtnetlink
{
    /// <summary>The routes that pass the filter, IPv4 first.</summary>
    /// <exception cref="LinuxException">The kernel did not answer.</exception>
    public List<LinuxRoute> Routes(LinuxRouteFilter filter = default)
    {
        var routes = new List<LinuxRoute>();
        if (filter.IPv4 is null or true) Dump(LibcSpec.FamilyIPv4, filter, routes);
        if (filter.IPv4 is null or false) Dump(LibcSpec.FamilyIPv6, filter, routes);
        return routes;
    }

    /// <summary>Changes one route.</summary>
    public LinuxError Apply(RouteCommand command)
    {
        LinuxError result = default;
        Apply(new ReadOnlySpan<RouteCommand>(in command), new Span<LinuxError>(ref result));
        return result;
    }

    /// <summary>
    /// Changes many routes in order, many with each system call. A refused one does not stop those behind it.
    /// </summary>
    /// <param name="results">At the place of each command how it ended; as long as <paramref name="commands"/>.</param>
    public void Apply(ReadOnlySpan<RouteCommand> commands, Span<LinuxError> results)
    {
        results[..commands.Length].Clear();
        while (!commands.IsEmpty)
        {
            int sent = ApplyBatch(commands, results);
            commands = commands[sent..];
            results = results[sent..];
        }
    }

    /// <summary>
    /// The route that the kernel takes for a packet (policy rules included). <see cref="LinuxRoute.PreferredSource"/> is the source
    /// address it would have, <see cref="LinuxRoute.Mtu"/> the path MTU if one is known. <see cref="Errno.NetworkUnreachable"/> without one.
    /// </summary>
    /// <param name="destination">Where to.</param>
    /// <param name="source">From one of this machine's addresses; <see cref="IpAddress.None"/> for any.</param>
    public LinuxError LookUpRoute(IpAddress destination, IpAddress source, out LinuxRoute? route)
    {
        route = null;
        var routes = new List<LinuxRoute>(1);
        var sink = new RouteSink(routes, clones: true, changes: null);
        NetlinkWriter writer = Begin(GetRoute, FlagAcknowledge, out uint sequence);
        Span<byte> head = writer.Fixed(RouteMessageSize);
        head[0] = Family.Of(destination);
        head[1] = (byte)destination.BitCount;
        // Which table it came from. IPv6 says so anyway and refuses the flag.
        if (destination.IsIPv4) MemoryMarshal.Write(head[8..], RouteFlagLookupTable);
        if (!source.IsNone) head[2] = (byte)source.BitCount;
        writer.Attribute(RouteDestination, destination);
        if (!source.IsNone) writer.Attribute(RouteSource, source);
        LinuxError error = Send(ref writer, sequence, ref sink, out _);
        if (error.IsNone && routes.Count > 0) route = routes[0];
        return error;
    }

    /// <summary>
    /// The kernel marks an IPv4 dump that was interrupted by changes. An IPv6 one it does not mark, though it goes on by counting and
    /// then has some routes twice and others not: so the notifications are listened to meanwhile. When the table never
    /// rests, all attempts together are the answer. What is too much in that was removed in the meantime, and a
    /// <see cref="NetlinkMonitor"/> made before the dump has the notification of it.
    /// </summary>
    private void Dump(byte family, LinuxRouteFilter filter, List<LinuxRoute> routes)
    {
        bool ipv6 = family == LibcSpec.FamilyIPv6;
        int first = routes.Count;
        var sink = new RouteSink(routes, clones: false, ipv6 ? _changes : null);
        if (ipv6) _changes.SetMembership(GroupIPv6Route, member: true);
        LinuxError error = Dump(family, filter, ref sink, out bool interrupted);
        if (ipv6)
        {
            _changes.SetMembership(GroupIPv6Route, member: false);
            _changes.Drain();
        }
        if (interrupted) RemoveRepetitions(routes, first);
        else routes.RemoveRange(first, sink.Start - first);
        // ENOENT: no such table yet. ENODEV: no such link. EOPNOTSUPP and EAFNOSUPPORT: no IPv6.
        if (error.Number is Errno.NoEntry or Errno.NoDevice or Errno.NotSupported or Errno.AddressFamilyNotSupported) return;
        error.ThrowIfAny("list routes");
    }

    private LinuxError Dump(byte family, LinuxRouteFilter filter, ref RouteSink sink, out bool interrupted)
    {
        NetlinkWriter writer = Begin(GetRoute, FlagDump, out uint sequence);
        Span<byte> head = writer.Fixed(RouteMessageSize);
        head[0] = family;
        head[4] = filter.Table <= 255 ? (byte)filter.Table : (byte)0;
        head[5] = filter.Protocol;
        if (filter.Table > 255) writer.Attribute(RouteTable, filter.Table);
        if (filter.LinkIndex != 0) writer.Attribute(RouteLink, (uint)filter.LinkIndex);
        return Send(ref writer, sequence, ref sink, out interrupted);
    }

    private static void RemoveRepetitions(List<LinuxRoute> routes, int first)
    {
        var seen = new HashSet<LinuxRoute>(routes.Count - first);
        int kept = first;
        for (int i = first; i < routes.Count; i++)
        {
            if (seen.Add(routes[i])) routes[kept++] = routes[i];
        }
        routes.RemoveRange(kept, routes.Count - kept);
    }

    /// <summary>
    /// As many messages as fit go out with one call. Only the last asks for an acknowledgement: the kernel works in order and
    /// answers errors unasked, so when that one has come all is known.
    /// </summary>
    private int ApplyBatch(ReadOnlySpan<RouteCommand> commands, Span<LinuxError> results)
    {
        var writer = new NetlinkWriter(_request);
        uint first = _socket.NextSequence(), last = first;
        int count = 0, lastStart = 0;
        while (count < commands.Length)
        {
            uint sequence = count == 0 ? first : _socket.NextSequence();
            int start = writer.Length;
            Write(ref writer, commands[count], sequence);
            if (writer.Overflowed)
            {
                writer.DropMessage();
                break;
            }
            (last, lastStart) = (sequence, start);
            count++;
        }
        if (count == 0)
        {
            results[0] = new LinuxError(Errno.MessageTooLong);
            return 1;
        }
        AskForAcknowledgement(_request.AsSpan(lastStart));
        LinuxError error = _socket.Send(writer.Written);
        if (error.IsNone) error = ReceiveResults(first, last, results);
        if (!error.IsNone) results[..count].Fill(error);
        return count;
    }

    private static void Write(ref NetlinkWriter writer, RouteCommand command, uint sequence)
    {
        bool deletion = command.Kind == RouteCommandKind.Delete;
        ushort flags = command.Kind switch
        {
            RouteCommandKind.Add => FlagCreate | FlagExclusive,
            RouteCommandKind.Replace => FlagCreate | FlagReplace,
            _ => 0,
        };
        writer.BeginMessage(deletion ? DeleteRoute : NewRoute, (ushort)(FlagRequest | flags), sequence);
        command.Route.Write(ref writer, deletion);
        writer.EndMessage();
    }

    private static void AskForAcknowledgement(Span<byte> message)
    {
        ushort flags = MemoryMarshal.Read<ushort>(message[6..]);
        MemoryMarshal.Write(message[6..], (ushort)(flags | FlagAcknowledge));
    }

    private LinuxError ReceiveResults(uint first, uint last, Span<LinuxError> results)
    {
        while (true)
        {
            LinuxError error = _socket.Receive(out ReadOnlySpan<byte> bytes);
            if (!error.IsNone) return error.Number == Errno.Again ? new LinuxError(Errno.TimedOut) : error;
            var reader = new NetlinkReader(bytes);
            while (reader.TryNext(out NetlinkMessage message))
            {
                uint place = message.Sequence - first;
                if (message.Type != MessageError || place > last - first) continue;
                results[(int)place] = NetlinkSocket.ErrorOf(message);
                if (message.Sequence == last) return LinuxError.None;
            }
        }
    }
}
