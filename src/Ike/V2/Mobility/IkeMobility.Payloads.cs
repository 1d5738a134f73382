using System.Buffers.Binary;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>What messages say about addresses.</summary>
internal sealed partial class IkeMobility
{
    /// <summary>Both hashes of NAT detection for a message that leaves by <paramref name="path"/>.</summary>
    public static void WriteNatDetection(ref IkePayloadWriter writer, IkeCore core, ulong initiatorSpi, ulong responderSpi, in IkePath path)
    {
        // A hash that fits nothing has the peer see a NAT, and put its ESP into UDP as we do.
        writer.Notify(IkeNotifyType.NatDetectionSourceIp, core.Config.AlwaysUdp ? NatDetection.Pretended(core.Random) : NatDetection.Hash(initiatorSpi, responderSpi, path.Local));
        writer.Notify(IkeNotifyType.NatDetectionDestinationIp, NatDetection.Hash(initiatorSpi, responderSpi, path.Remote));
    }

    public static void TryAddAddress(List<IpAddress> addresses, IkeNotifyView notify)
    {
        if (notify.Data.Length != (notify.Type == IkeNotifyType.AdditionalIp4Address ? 4 : 16)) return;
        IpAddress address = IpAddress.FromBytes(notify.Data);
        if (addresses.Count < IkeLimits.MaximumAdditionalAddresses && !address.IsUnspecified && !address.IsMulticast && !addresses.Contains(address)) addresses.Add(address);
    }

    /// <summary>The peer allows no NAT, and the addresses that it wrote are not those of the packet (RFC 4555 3.9).</summary>
    public static bool IsNatForbidden(AuthMessage message, in IkePath path) => message.NoNatsAllowed is { } data && !IsOf(data, path);

    private static List<IpAddress>? ReadAdditional(IkePayloadChain payloads, out bool lists)
    {
        List<IpAddress>? addresses = null;
        lists = payloads.TryFindNotify(IkeNotifyType.NoAdditionalAddresses, out _);
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type != IkePayloadType.Notify || !IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _)) continue;
            if (notify.Type is not (IkeNotifyType.AdditionalIp4Address or IkeNotifyType.AdditionalIp6Address)) continue;
            lists = true;
            TryAddAddress(addresses ??= [], notify);
        }
        return addresses;
    }

    /// <summary>
    /// NO_NATS_ALLOWED (4.2.6): source and destination address, source and destination port, as the sender saw them.
    /// </summary>
    private static bool IsOf(ReadOnlySpan<byte> data, in IkePath path)
    {
        int length = path.Remote.Address.ByteCount;
        return data.Length == 2 * length + 4
            && IpAddress.FromBytes(data[..length]) == path.Remote.Address && IpAddress.FromBytes(data.Slice(length, length)) == path.Local.Address
            && BinaryPrimitives.ReadUInt16BigEndian(data[(2 * length)..]) == path.Remote.Port && BinaryPrimitives.ReadUInt16BigEndian(data[(2 * length + 2)..]) == path.Local.Port;
    }
}
