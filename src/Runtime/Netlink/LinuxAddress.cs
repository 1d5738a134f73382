using System.Runtime.InteropServices;
using Dmvpn.Core;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

/// <summary>An address of a link.</summary>
/// <param name="LinkIndex">Of which link.</param>
/// <param name="Address">The address of this machine.</param>
/// <param name="PrefixLength">How much of it (of the peer's address, when there is one) is the subnet.</param>
public readonly record struct LinuxAddress(int LinkIndex, IpAddress Address, int PrefixLength)
{
    /// <summary>The other end's address on a point-to-point link; <see cref="IpAddress.None"/> when not given.</summary>
    public IpAddress Peer { get; init; }

    /// <summary>IFA_F_*.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>How far it is valid; the kernel chooses for IPv6.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>The subnet that the kernel has a connected route for.</summary>
    public IpPrefix Subnet => new(Peer.IsNone ? Address : Peer, PrefixLength);

    internal static bool TryParse(in NetlinkMessage message, out LinuxAddress address)
    {
        address = default;
        ReadOnlySpan<byte> payload = message.Payload;
        if (payload.Length < AddressMessageSize) return false;
        IpAddress local = IpAddress.None, peer = IpAddress.None;
        var flags = (AddressFlags)payload[2];
        var attributes = new AttributeReader(payload[AddressMessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case AddressPeer: peer = IpAddress.FromBytes(attributes.Value); break;
                case AddressLocal: local = IpAddress.FromBytes(attributes.Value); break;
                case RtnetlinkSpec.AddressFlags: flags = (AddressFlags)attributes.UInt32; break;
                default: break;
            }
        }
        // IPv6 without a peer gives IFA_ADDRESS only; IPv4 without one gives both, equal.
        if (local.IsNone) local = peer;
        if (local.IsNone) return false;
        if (payload[1] > local.BitCount) return false;
        address = new LinuxAddress(MemoryMarshal.Read<int>(payload[4..]), local, payload[1])
        {
            Peer = peer == local ? IpAddress.None : peer,
            Flags = flags,
            Scope = (RouteScope)payload[3],
        };
        return true;
    }

    internal void Write(ref NetlinkWriter writer)
    {
        Span<byte> head = writer.Fixed(AddressMessageSize);
        if (head.IsEmpty) return;
        head[0] = Family.Of(Address);
        head[1] = (byte)PrefixLength;
        head[2] = (byte)Flags;
        head[3] = (byte)Scope;
        MemoryMarshal.Write(head[4..], LinkIndex);
        writer.Attribute(AddressLocal, Address);
        writer.Attribute(AddressPeer, Peer.IsNone ? Address : Peer);
        if (((uint)Flags & ~0xFFu) != 0) writer.Attribute(RtnetlinkSpec.AddressFlags, (uint)Flags);
    }
}

/// <summary>Flags of an address (IFA_F_*).</summary>
[Flags]
public enum AddressFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Not the first of its subnet (IPv4); set by the kernel.</summary>
    Secondary = 0x01,

    /// <summary>Without duplicate address detection (IPv6): usable at once. Right for a tunnel, where nobody else hears it.</summary>
    NoDuplicateDetection = 0x02,

    /// <summary>Somebody else has it.</summary>
    DuplicateFound = 0x08,

    /// <summary>Not to be used for new connections.</summary>
    Deprecated = 0x20,

    /// <summary>Duplicate address detection goes on; cannot be bound to yet.</summary>
    Tentative = 0x40,

    /// <summary>Without a lifetime.</summary>
    Permanent = 0x80,

    /// <summary>Without a connected route.</summary>
    NoPrefixRoute = 0x200,
}

/// <summary>The kernel's number for an address family.</summary>
internal static class Family
{
    public static byte Of(IpAddress address) => address.IsIPv4 ? (byte)Native.LibcSpec.FamilyIPv4 : (byte)Native.LibcSpec.FamilyIPv6;
}
