using Dmvpn.Core;

namespace Dmvpn.Runtime.Native;

/// <summary>struct sockaddr_in and sockaddr_in6 in raw memory of at least <see cref="Size"/> bytes.</summary>
internal static unsafe class SocketAddress
{
    /// <summary>Room for either.</summary>
    public const int Size = 32;

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
}
