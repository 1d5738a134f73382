using System.Runtime.InteropServices;
using Dmvpn.Core;
using static Dmvpn.Runtime.Netlink.RtnetlinkSpec;

namespace Dmvpn.Runtime.Netlink;

/// <summary>A network interface of the kernel.</summary>
/// <param name="Index">Its number; unique within a network namespace and not used again soon.</param>
/// <param name="Name">Its present name.</param>
/// <param name="Flags">What it is and does.</param>
/// <param name="Mtu">Largest IP packet, in bytes.</param>
/// <param name="QueueLength">txqueuelen, in packets.</param>
/// <param name="State">RFC 2863 operational state; a TUN device says Unknown while it works.</param>
/// <param name="HardwareType">ARPHRD_*: 1 Ethernet, 772 loopback, 65534 none (TUN).</param>
/// <param name="Master">Index of the bridge, bond or VRF device it belongs to; 0 for none.</param>
/// <param name="Kind">"tun", "veth", "vrf" and so on; null for a physical one.</param>
public sealed record LinuxLink(
    int Index, string Name, LinkFlags Flags, int Mtu, int QueueLength, LinkState State, ushort HardwareType, int Master, string? Kind)
{
    /// <summary>Alternative names (<c>ip link property add … altname</c>): longer ones, as "GigabitEthernet2".</summary>
    public ValueList<string> AlternativeNames { get; init; } = [];

    /// <summary>True when this is its name or one of its alternative names; upper and lower case count as one, as on IOS.</summary>
    public bool IsNamed(string name)
    {
        if (string.Equals(Name, name, StringComparison.OrdinalIgnoreCase)) return true;
        foreach (string alternative in AlternativeNames)
        {
            if (string.Equals(alternative, name, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }

    /// <summary>True when the administrator set it up.</summary>
    public bool IsUp => (Flags & LinkFlags.Up) != 0;

    /// <summary>True when it is up and has a carrier.</summary>
    public bool IsRunning => (Flags & (LinkFlags.Up | LinkFlags.LowerUp)) == (LinkFlags.Up | LinkFlags.LowerUp);

    internal static LinuxLink? Parse(in NetlinkMessage message)
    {
        ReadOnlySpan<byte> payload = message.Payload;
        if (payload.Length < LinkMessageSize) return null;
        string name = "";
        string? kind = null;
        ValueList<string> alternatives = [];
        int mtu = 0, queue = 0, master = 0;
        var state = LinkState.Unknown;
        var attributes = new AttributeReader(payload[LinkMessageSize..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case LinkName: name = attributes.Text; break;
                case LinkMtu: mtu = (int)attributes.UInt32; break;
                case LinkQueueLength: queue = (int)attributes.UInt32; break;
                case LinkMaster: master = (int)attributes.UInt32; break;
                case LinkOperationalState: state = (LinkState)attributes.Byte; break;
                case LinkInformation: kind = KindOf(attributes.Value); break;
                case LinkPropertyList: alternatives = AlternativesOf(attributes.Value); break;
                default: break;
            }
        }
        return new LinuxLink(MemoryMarshal.Read<int>(payload[4..]), name, (LinkFlags)MemoryMarshal.Read<uint>(payload[8..]),
            mtu, queue, state, MemoryMarshal.Read<ushort>(payload[2..]), master, kind)
        {
            AlternativeNames = alternatives,
        };
    }

    private static ValueList<string> AlternativesOf(ReadOnlySpan<byte> properties)
    {
        List<string> names = [];
        var attributes = new AttributeReader(properties);
        while (attributes.MoveNext())
        {
            if (attributes.Type == LinkAlternativeName) names.Add(attributes.Text);
        }
        return [.. names];
    }

    private static string? KindOf(ReadOnlySpan<byte> information)
    {
        var attributes = new AttributeReader(information);
        while (attributes.MoveNext())
        {
            if (attributes.Type == LinkKind) return attributes.Text;
        }
        return null;
    }
}

/// <summary>Flags of a link (netdevice(7)).</summary>
[Flags]
public enum LinkFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>IFF_UP: set up by the administrator.</summary>
    Up = 0x1,

    /// <summary>IFF_BROADCAST.</summary>
    Broadcast = 0x2,

    /// <summary>IFF_LOOPBACK.</summary>
    Loopback = 0x8,

    /// <summary>IFF_POINTOPOINT.</summary>
    PointToPoint = 0x10,

    /// <summary>IFF_RUNNING.</summary>
    Running = 0x40,

    /// <summary>IFF_NOARP: no neighbour table.</summary>
    NoArp = 0x80,

    /// <summary>IFF_MULTICAST.</summary>
    Multicast = 0x1000,

    /// <summary>IFF_LOWER_UP: has a carrier.</summary>
    LowerUp = 0x10000,
}

/// <summary>Operational state of a link (RFC 2863, IF_OPER_*).</summary>
public enum LinkState : byte
{
    /// <summary>The driver does not say.</summary>
    Unknown = 0,

    /// <summary>Its hardware is absent.</summary>
    NotPresent = 1,

    /// <summary>Down.</summary>
    Down = 2,

    /// <summary>A link that it lies on is down.</summary>
    LowerLayerDown = 3,

    /// <summary>Being tested.</summary>
    Testing = 4,

    /// <summary>Waits for something else (802.1X).</summary>
    Dormant = 5,

    /// <summary>Up.</summary>
    Up = 6,
}

/// <summary>What to change of a link; null leaves a property as it is.</summary>
public readonly record struct LinkChange
{
    /// <summary>Up or down.</summary>
    public bool? Up { get; init; }

    /// <summary>Largest IP packet, in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>txqueuelen, in packets.</summary>
    public int? QueueLength { get; init; }

    /// <summary>A new name, at most 15 bytes.</summary>
    public string? Name { get; init; }
}
