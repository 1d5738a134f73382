using Dmvpn.Core;

namespace Dmvpn.Dataplane;

/// <summary>Hashes of addresses for tables of the data path. Fast, not secret: the tables are fixed in size and a collision only costs time.</summary>
internal static class FlowHash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    public static uint Of(IpAddress address) => (uint)(Mix(address) >> 32);

    /// <summary>Of who is there: an association wherever it is, or the outer address of a peer that has none.</summary>
    public static uint Of(NbmaPeer peer) => peer.Association != 0 ? (uint)peer.Association : Of(peer.Address);

    public static ulong Of(IpAddress source, IpAddress destination)
    {
        ulong hash = (Mix(source) ^ ulong.RotateRight(Mix(destination), 23)) * Multiplier;
        return hash ^ hash >> 29;
    }

    /// <summary>Spreads a number over all bits of another.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ value >> 31) * Multiplier;
        return value ^ value >> 29;
    }

    private static ulong Mix(IpAddress address)
    {
        ulong hash = (address.Low ^ ulong.RotateLeft(address.High, 31) * Multiplier) * Multiplier;
        return hash ^ hash >> 32;
    }
}
