namespace Dmvpn.Ipsec;

/// <summary>Our own limits, each with its reason.</summary>
public static class IpsecLimits
{
    /// <summary>Sequence numbers without ESN after which a rekey is wanted: the last 2^28 are minutes even at ten million packets a second.</summary>
    public const ulong SoftSequence = 0xF000_0000;

    /// <summary>The last sequence number without ESN: it must not wrap (RFC 4303 3.3.3).</summary>
    public const ulong LastSequence = uint.MaxValue;

    /// <summary>With ESN and with AES-GCM's limits far away, a rekey is wanted here.</summary>
    public const ulong SoftExtendedSequence = 1ul << 60;
}
