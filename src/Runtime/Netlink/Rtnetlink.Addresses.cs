using System.Runtime.InteropServices;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

public sealed partial class Rtnetlink
{
    /// <summary>The addresses of one link, or of all for 0.</summary>
    /// <exception cref="LinuxException">The kernel did not answer.</exception>
    public List<LinuxAddress> Addresses(int linkIndex = 0)
    {
        var addresses = new List<LinuxAddress>();
        var sink = new AddressSink(addresses);
        NetlinkWriter writer = Begin(GetAddress, FlagDump, out uint sequence);
        MemoryMarshal.Write(writer.Fixed(AddressMessageSize)[4..], linkIndex);
        LinuxError error = Send(ref writer, sequence, ref sink, out _);
        if (error.Number != Errno.NoDevice) error.ThrowIfAny("list addresses");
        return addresses;
    }

    /// <summary>
    /// Adds an address; <see cref="Errno.Exists"/> when the link has it. The first of a subnet is the primary one: the kernel
    /// prefers it as source, and removing it removes its secondaries (unless net.ipv4.conf.LINK.promote_secondaries).
    /// </summary>
    public LinuxError AddAddress(LinuxAddress address)
    {
        NetlinkWriter writer = Begin(NewAddress, FlagAcknowledge | FlagCreate | FlagExclusive, out uint sequence);
        address.Write(ref writer);
        return Send(ref writer, sequence);
    }

    /// <summary>Removes an address; <see cref="Errno.AddressNotAvailable"/> when the link does not have it.</summary>
    public LinuxError RemoveAddress(LinuxAddress address)
    {
        NetlinkWriter writer = Begin(DeleteAddress, FlagAcknowledge, out uint sequence);
        address.Write(ref writer);
        return Send(ref writer, sequence);
    }
}
