using System.Buffers.Binary;
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
    private const int SpiLength = 4;

    public static bool TryReadPathMtu(int descriptor, SocketTraits traits, out PathMtu pathMtu)
    {
        const int ControlRoom = 256;
        byte* name = stackalloc byte[SocketAddress.Size];
        byte* control = stackalloc byte[ControlRoom];
        byte* quote = stackalloc byte[SpiLength];
        var vector = new IoVector { Base = quote, Length = SpiLength };
        while (true)
        {
            *(ulong*)name = 0;
            var message = new MessageHeader
            {
                Name = name,
                NameLength = SocketAddress.Size,
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlRoom,
            };
            int quoted = (int)Libc.ReceiveMessage(descriptor, &message, LibcSpec.MessageErrorQueue | LibcSpec.MessageDontWait);
            if (quoted < 0)
            {
                if (LinuxError.Last.Number == Errno.Interrupted) continue;
                pathMtu = default;
                return false;
            }
            if (!TryFind(message, out uint mtu, out bool ours)) continue;
            pathMtu = new PathMtu(SocketAddress.Read(name), (int)Math.Min(mtu, int.MaxValue));
            if ((traits & SocketTraits.SendsEsp) == 0) return true;
            if (ours)
            {
                // It is about a packet that did not leave; IPv4 does not even say its port.
                pathMtu = pathMtu with { IsEsp = true, IsKernels = true };
                return true;
            }
            uint? spi = quoted == SpiLength ? BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(quote, SpiLength)) : null;
            // Four zeros are IKE, whose packets may be fragmented: nobody says that of one.
            if (spi == 0) continue;
            pathMtu = pathMtu with { IsEsp = true, Port = SocketAddress.ReadPort(name), Spi = spi };
            return true;
        }
    }

    // struct sock_extended_err: number (4), origin, type, code, padding, information (4): the MTU.
    private static bool TryFind(in MessageHeader message, out uint mtu, out bool ours)
    {
        mtu = 0;
        ours = false;
        byte* error = MessageVector.FindControl(message, IpSocketSpec.LevelIPv4, IpSocketSpec.IPv4ReceiveError, IpSocketSpec.ExtendedErrorSize);
        if (error == null) error = MessageVector.FindControl(message, IpSocketSpec.LevelIPv6, IpSocketSpec.IPv6ReceiveError, IpSocketSpec.ExtendedErrorSize);
        if (error == null) return false;
        mtu = *(uint*)(error + 8);
        ours = error[4] == OriginLocal;
        return *(uint*)error == (uint)Errno.MessageTooLong && mtu > 0 && error[4] is OriginLocal or OriginIcmp or OriginIcmpV6;
    }
}

/// <summary>What the path to a destination takes, as ICMP or the kernel's own tables said.</summary>
/// <param name="Destination">The outer destination.</param>
/// <param name="Mtu">
/// Largest outer IP packet, in bytes. From ICMP it is a claim of anybody who saw or guessed a packet: the reader sets a
/// floor (RFC 1191 10; the kernel's own is 552), checks the SPI of ESP, and lets it age.
/// </param>
public readonly record struct PathMtu(IpAddress Destination, int Mtu)
{
    /// <summary>It is about ESP, raw or in UDP.</summary>
    public bool IsEsp { get; init; }

    /// <summary>The UDP port of the destination; 0 for raw ESP.</summary>
    public ushort Port { get; init; }

    /// <summary>The SPI that the ICMP error quotes; null when it quotes too little (RFC 792 asks for 8 octets, which are UDP's header).</summary>
    public uint? Spi { get; init; }

    /// <summary>The kernel's own word about its link or route, which nobody can forge: there is no port and no SPI.</summary>
    public bool IsKernels { get; init; }
}
