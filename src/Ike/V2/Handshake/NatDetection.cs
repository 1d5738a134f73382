using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// NAT_DETECTION_SOURCE_IP and _DESTINATION_IP (RFC 7296 2.23): SHA-1 of SPIs, address and port as an end sees them. A hash that does not fit what the other end sees
/// tells of a NAT between. SHA-1 is what the RFC says; nothing secret depends on it.
/// </summary>
internal static class NatDetection
{
    /// <summary>Octets of a hash.</summary>
    public const int Length = 20;

    /// <summary>The notify's data. The SPIs are those in the header of the message that bears it.</summary>
    public static byte[] Hash(ulong initiatorSpi, ulong responderSpi, IkeEndpoint end)
    {
        byte[] hash = new byte[Length];
        Compute(initiatorSpi, responderSpi, end, hash);
        return hash;
    }

    /// <summary>
    /// Hashes that can fit nothing: the peer sees a NAT and encapsulates ESP in UDP (<c>nat-transparency always</c>; 2.23 allows it).
    /// </summary>
    public static byte[] Pretended(Core.IRandom random)
    {
        byte[] hash = new byte[Length];
        random.Fill(hash);
        return hash;
    }

    /// <summary>What a message tells about NATs between the ends.</summary>
    /// <param name="payloads">Payloads of an IKE_SA_INIT, an IKE_SESSION_RESUME, or of an INFORMATIONAL of MOBIKE.</param>
    /// <param name="initiatorSpi">Of its header.</param>
    /// <param name="responderSpi">Of its header.</param>
    /// <param name="path">Between which ends it came here.</param>
    public static NatSituation Read(IkePayloadChain payloads, ulong initiatorSpi, ulong responderSpi, in IkePath path)
    {
        Span<byte> source = stackalloc byte[Length], destination = stackalloc byte[Length];
        Compute(initiatorSpi, responderSpi, path.Remote, source);
        Compute(initiatorSpi, responderSpi, path.Local, destination);
        bool hasSource = false, hasDestination = false, sourceFits = false, destinationFits = false;
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type != IkePayloadType.Notify || !IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _)) continue;
            if (notify.Type == IkeNotifyType.NatDetectionSourceIp)
            {
                // There may be several: a sender who does not know which address it will send from names all.
                hasSource = true;
                sourceFits |= notify.Data.SequenceEqual(source);
            }
            else if (notify.Type == IkeNotifyType.NatDetectionDestinationIp)
            {
                hasDestination = true;
                destinationFits |= notify.Data.SequenceEqual(destination);
            }
        }
        return new NatSituation(hasSource && hasDestination, hasSource && !sourceFits, hasDestination && !destinationFits);
    }

    private static void Compute(ulong initiatorSpi, ulong responderSpi, IkeEndpoint end, Span<byte> hash)
    {
        Span<byte> data = stackalloc byte[8 + 8 + 16 + 2];
        BinaryPrimitives.WriteUInt64BigEndian(data, initiatorSpi);
        BinaryPrimitives.WriteUInt64BigEndian(data[8..], responderSpi);
        int at = 16 + end.Address.Write(data[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(data[at..], end.Port);
        SHA1.HashData(data[..(at + 2)], hash);
    }
}

/// <summary>Which end is behind a NAT.</summary>
/// <param name="IsKnown">The peer does NAT traversal: it sent both hashes.</param>
/// <param name="Peer">The peer is behind one (or pretends to be): it gets UDP encapsulation.</param>
/// <param name="Local">This end is: it sends keepalives.</param>
internal readonly record struct NatSituation(bool IsKnown, bool Peer, bool Local)
{
    /// <summary>True when there is one somewhere: ESP goes in UDP, IKE by port 4500.</summary>
    public bool Any => Peer || Local;
}
