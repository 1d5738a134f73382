using System.Runtime.InteropServices;
using Dmvpn.Runtime.Native;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

public sealed partial class Rtnetlink
{
    /// <summary>All links.</summary>
    /// <exception cref="LinuxException">The kernel did not answer.</exception>
    public List<LinuxLink> Links()
    {
        var links = new List<LinuxLink>();
        var sink = new LinkSink(links);
        NetlinkWriter writer = Begin(GetLink, FlagDump, out uint sequence);
        writer.Fixed(LinkMessageSize);
        writer.Attribute(LinkExtensionMask, LinkSkipStatistics);
        Send(ref writer, sequence, ref sink, out _).ThrowIfAny("list links");
        return links;
    }

    /// <summary>The link of that name; null when there is none.</summary>
    public LinuxLink? FindLink(string name)
    {
        NetlinkWriter writer = Begin(GetLink, FlagAcknowledge, out uint sequence);
        writer.Fixed(LinkMessageSize);
        writer.Attribute(LinkName, name);
        return OneLink(ref writer, sequence);
    }

    /// <summary>The link with that index; null when there is none.</summary>
    public LinuxLink? FindLink(int index)
    {
        NetlinkWriter writer = Begin(GetLink, FlagAcknowledge, out uint sequence);
        MemoryMarshal.Write(writer.Fixed(LinkMessageSize)[4..], index);
        return OneLink(ref writer, sequence);
    }

    /// <summary>Changes a link.</summary>
    public LinuxError SetLink(int index, LinkChange change)
    {
        NetlinkWriter writer = Begin(NewLink, FlagAcknowledge, out uint sequence);
        Span<byte> head = writer.Fixed(LinkMessageSize);
        head[0] = LibcSpec.FamilyUnspecified;
        MemoryMarshal.Write(head[4..], index);
        if (change.Up is { } up)
        {
            MemoryMarshal.Write(head[8..], up ? LinkFlags.Up : LinkFlags.None);
            MemoryMarshal.Write(head[12..], LinkFlags.Up);
        }
        if (change.Mtu is { } mtu) writer.Attribute(LinkMtu, (uint)mtu);
        if (change.QueueLength is { } length) writer.Attribute(LinkQueueLength, (uint)length);
        if (change.Name is { } name) writer.Attribute(LinkName, name);
        return Send(ref writer, sequence);
    }

    /// <summary>Removes a link: a TUN device that a crashed daemon left persistent, for one.</summary>
    public LinuxError DeleteLink(int index)
    {
        NetlinkWriter writer = Begin(RtnetlinkSpec.DeleteLink, FlagAcknowledge, out uint sequence);
        MemoryMarshal.Write(writer.Fixed(LinkMessageSize)[4..], index);
        return Send(ref writer, sequence);
    }

    private LinuxLink? OneLink(ref NetlinkWriter writer, uint sequence)
    {
        var links = new List<LinuxLink>(1);
        var sink = new LinkSink(links);
        LinuxError error = Send(ref writer, sequence, ref sink, out _);
        if (error.Number is not (Errno.NoDevice or Errno.Range or Errno.Invalid)) error.ThrowIfAny("look a link up");
        return links.Count > 0 ? links[0] : null;
    }
}
