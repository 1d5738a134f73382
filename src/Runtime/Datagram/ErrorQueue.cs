using Dmvpn.Core;
using Dmvpn.Runtime.Native;

namespace Dmvpn.Runtime;

/// <summary>
/// The error queue of a socket (IP_RECVERR): what ICMP and the kernel itself said about packets sent. Only "too big" is of
/// use; the rest is taken off the queue, which otherwise keeps the socket ready for ever.
/// </summary>
internal static unsafe class ErrorQueue
{
    private const byte OriginLocal = 1, OriginIcmp = 2, OriginIcmpV6 = 3;

    public static bool TryReadPathMtu(int descriptor, out PathMtu pathMtu)
    {
        const int ControlRoom = 256;
        byte* name = stackalloc byte[SocketAddress.Size];
        byte* control = stackalloc byte[ControlRoom];
        while (true)
        {
            *(ulong*)name = 0;
            var message = new MessageHeader { Name = name, NameLength = SocketAddress.Size, Control = control, ControlLength = ControlRoom };
            if (Libc.ReceiveMessage(descriptor, &message, LibcSpec.MessageErrorQueue | LibcSpec.MessageDontWait) < 0)
            {
                if (LinuxError.Last.Number == Errno.Interrupted) continue;
                pathMtu = default;
                return false;
            }
            if (TryFind(message, out uint mtu))
            {
                pathMtu = new PathMtu(SocketAddress.Read(name), (int)Math.Min(mtu, int.MaxValue));
                return true;
            }
        }
    }

    // struct sock_extended_err: number (4), origin, type, code, padding, information (4): the MTU.
    private static bool TryFind(in MessageHeader message, out uint mtu)
    {
        mtu = 0;
        byte* error = MessageVector.FindControl(message, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveError, IpSocketSpec.ExtendedErrorSize);
        if (error == null) error = MessageVector.FindControl(message, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveError, IpSocketSpec.ExtendedErrorSize);
        if (error == null) return false;
        mtu = *(uint*)(error + 8);
        return *(uint*)error == (uint)Errno.MessageTooLong && mtu > 0 && error[4] is OriginLocal or OriginIcmp or OriginIcmpV6;
    }
}

/// <summary>What the path to a destination takes, as ICMP or the kernel's own tables said.</summary>
/// <param name="Destination">The outer destination.</param>
/// <param name="Mtu">
/// Largest outer IP packet, in bytes. From ICMP it is a claim of anybody who saw or guessed a packet: the reader sets a
/// floor (RFC 1191 10; the kernel's own is 552) and lets it age.
/// </param>
public readonly record struct PathMtu(IpAddress Destination, int Mtu);
