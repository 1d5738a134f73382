using System.Runtime.InteropServices;
using Dmvpn.Core;

namespace Dmvpn.Runtime.Native;

/// <summary>struct sockaddr_in and sockaddr_in6 in raw memory of at least <see cref="Size"/> bytes.</summary>
internal static unsafe class SocketAddress
{
    /// <summary>Room for either.</summary>
    public const int Size = 32;

    // struct in_pktinfo and in6_pktinfo.
    private const int PacketInformationIPv4 = 12, PacketInformationIPv6 = 20;

    /// <summary>Writes all fields and returns the length.</summary>
    /// <param name="port">In host order; 0 for raw sockets.</param>
    /// <param name="scope">Index of the link, for IPv6 link-local addresses.</param>
    public static uint Write(byte* at, IpAddress address, ushort port, int scope)
    {
        at[2] = (byte)(port >> 8);
        at[3] = (byte)port;
        if (address.IsIPv4)
        {
            *(ushort*)at = LibcSpec.FamilyIPv4;
            address.Write(new Span<byte>(at + 4, 4));
            *(ulong*)(at + 8) = 0;
            return IpSocketSpec.SocketAddressIPv4;
        }
        *(ushort*)at = LibcSpec.FamilyIPv6;
        *(uint*)(at + 4) = 0;
        address.Write(new Span<byte>(at + 8, 16));
        *(int*)(at + 24) = address.IsLinkLocal ? scope : 0;
        return IpSocketSpec.SocketAddressIPv6;
    }

    /// <summary>The port in it, in host order.</summary>
    public static ushort ReadPort(byte* at) => (ushort)(at[2] << 8 | at[3]);

    /// <summary>The address in it; <see cref="IpAddress.None"/> for another family.</summary>
    public static IpAddress Read(byte* at) => *(ushort*)at switch
    {
        LibcSpec.FamilyIPv4 => IpAddress.FromBytes(new ReadOnlySpan<byte>(at + 4, 4)),
        LibcSpec.FamilyIPv6 => IpAddress.FromBytes(new ReadOnlySpan<byte>(at + 8, 16)),
        _ => IpAddress.None,
    };

    /// <summary>
    /// Writes a control message that says from which address and by which link a packet leaves (IP_PKTINFO, IPV6_PKTINFO). The
    /// kernel then looks only at routes by that link; of IPv6 it prefers them. Returns its length with padding.
    /// </summary>
    public static int WritePacketInformation(byte* to, IpAddress local, int link)
    {
        bool ipv4 = local.IsIPv4;
        int size = ipv4 ? PacketInformationIPv4 : PacketInformationIPv6;
        var header = (ControlHeader*)to;
        *header = new ControlHeader
        {
            Length = (nuint)(ControlHeader.Size + size),
            Level = ipv4 ? IpSocketSpec.LevelIPv4 : IpSocketSpec.LevelIPv6,
            Type = ipv4 ? IpSocketSpec.IPv4PacketInformation : IpSocketSpec.IPv6PacketInformation,
        };
        var value = new Span<byte>(to + ControlHeader.Size, size + 7 & ~7);
        value.Clear();
        if (ipv4)
        {
            // struct in_pktinfo: link, source address, an address that only reception has.
            MemoryMarshal.Write(value, link);
            local.Write(value[sizeof(int)..]);
        }
        else
        {
            local.Write(value);
            MemoryMarshal.Write(value[16..], link);
        }
        return ControlHeader.Size + value.Length;
    }
}
