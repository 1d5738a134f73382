using Dmvpn.Core;
using Dmvpn.Wire;

namespace Dmvpn.Ike;

/// <summary>
/// What a certificate lets a peer have, as octets of a ticket.
/// <code>
/// | role 1 | addresses 1 | length 1 | octets 1 | address | ... | networks 1 | length 1 | octets 1 | address | ... |
/// </code>
/// </summary>
internal static class RightsContent
{
    /// <summary>In place of a number of networks: the certificate does not speak of them.</summary>
    private const byte Unsaid = byte.MaxValue;

    /// <summary>False when there is too much of it.</summary>
    public static bool TryWrite(ref WireWriter writer, SiteRights rights)
    {
        if (rights.TunnelAddresses.Count >= Unsaid || rights.Networks?.Count >= Unsaid) return false;
        writer.WriteByte((byte)rights.Role);
        WritePrefixes(ref writer, rights.TunnelAddresses);
        if (rights.Networks is { } networks) WritePrefixes(ref writer, networks);
        else writer.WriteByte(Unsaid);
        return !writer.Failed;
    }

    /// <summary>False for what <see cref="TryWrite"/> cannot have written.</summary>
    public static bool TryRead(ref WireReader reader, out SiteRights rights)
    {
        rights = SiteRights.None;
        var role = (SiteRole)reader.ReadByte();
        if (role > SiteRole.Hub || !TryReadPrefixes(ref reader, out ValueList<IpPrefix>? addresses) || addresses is null) return false;
        if (!TryReadPrefixes(ref reader, out ValueList<IpPrefix>? networks)) return false;
        rights = new SiteRights(addresses, role, networks);
        return true;
    }

    private static void WritePrefixes(ref WireWriter writer, ValueList<IpPrefix> prefixes)
    {
        writer.WriteByte((byte)prefixes.Count);
        foreach (IpPrefix prefix in prefixes.AsSpan())
        {
            writer.WriteByte((byte)prefix.Length);
            byte[] octets = prefix.Address.ToBytes();
            writer.WriteByte((byte)octets.Length);
            writer.WriteBytes(octets);
        }
    }

    private static bool TryReadPrefixes(ref WireReader reader, out ValueList<IpPrefix>? prefixes)
    {
        int count = reader.ReadByte();
        prefixes = null;
        if (count == Unsaid) return true;
        var read = new List<IpPrefix>(count);
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            int length = reader.ReadByte();
            ReadOnlySpan<byte> octets = reader.ReadBytes(reader.ReadByte());
            if (octets.Length is not (4 or 16)) return false;
            IpAddress address = IpAddress.FromBytes(octets);
            if (length > address.BitCount) return false;
            read.Add(new IpPrefix(address, length));
        }
        prefixes = [.. read];
        return !reader.Failed;
    }
}
