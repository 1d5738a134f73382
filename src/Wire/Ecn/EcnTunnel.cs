using Dmvpn.Wire.Ip;

namespace Dmvpn.Wire.Ecn;

/// <summary>How the outer header's ECN field is made (RFC 6040 4.1).</summary>
public enum EcnMode
{
    /// <summary>The outer field is a copy of the inner. The other end must be known to take CE over: RFC 6040 4.3.</summary>
    Normal,

    /// <summary>The outer field is Not-ECT, for a tunnel whose other end may throw CE marks away.</summary>
    Compatibility,
}

/// <summary>
/// Explicit congestion notification through a tunnel. Read first: RFC 6040 4.1 (ingress, figure 3), 4.2 (egress, figure 4).
/// </summary>
public static class EcnTunnel
{
    /// <summary>Figure 4, by inner then outer field in the order of their values: Not-ECT, ECT(1), ECT(0), CE.</summary>
    private static ReadOnlySpan<byte> Egress =>
    [
        0, 0, 0, Drop,
        1, 1, 1, 3,
        2, 1, 2, 3,
        3, 3, 3, 3,
    ];

    private const byte Drop = 0xFF;

    /// <summary>The field of the outer header for a packet whose inner field is <paramref name="inner"/>.</summary>
    public static EcnCodepoint Encapsulate(EcnCodepoint inner, EcnMode mode) => mode == EcnMode.Normal ? inner : EcnCodepoint.NotEct;

    /// <summary>
    /// The outer ToS or traffic class: its DSCP from <paramref name="dscpFrom"/> (the inner one, or what the tunnel is
    /// configured to use), its ECN field from the inner one.
    /// </summary>
    public static byte OuterTrafficClass(byte inner, byte dscpFrom, EcnMode mode) =>
        (byte)(dscpFrom & 0xFC | (byte)Encapsulate((EcnCodepoint)(inner & 3), mode));

    /// <summary>
    /// The field that the packet goes on with. False when it must be dropped: congestion was experienced, and the
    /// inner transport could not be told (Not-ECT inside, CE outside).
    /// </summary>
    public static bool TryDecapsulate(EcnCodepoint inner, EcnCodepoint outer, out EcnCodepoint onward)
    {
        byte result = Egress[((int)inner & 3) << 2 | (int)outer & 3];
        onward = (EcnCodepoint)(result & 3);
        return result != Drop;
    }

    /// <summary>
    /// True for the combinations that no tunnel ingress makes ("currently unused", RFC 6040 4.2): worth counting, since
    /// somebody between the two ends changes the field or the ends disagree.
    /// </summary>
    public static bool IsUnexpected(EcnCodepoint inner, EcnCodepoint outer) =>
        inner == EcnCodepoint.NotEct ? outer != EcnCodepoint.NotEct
        : outer == EcnCodepoint.Ect1 ? inner == EcnCodepoint.Ce
        : inner == EcnCodepoint.Ect1 && outer == EcnCodepoint.Ect0;

    /// <summary>
    /// Does it to an inner packet of either version in place (IPv4: with its checksum). False when it must be dropped. The
    /// packet must have passed <see cref="IpView.TryParse"/>.
    /// </summary>
    public static bool TryDecapsulate(Span<byte> innerPacket, byte outerTrafficClass)
    {
        bool ip4 = innerPacket[0] >> 4 == 4;
        byte inner = ip4 ? innerPacket[1] : (byte)(innerPacket[0] << 4 | innerPacket[1] >> 4);
        if (!TryDecapsulate((EcnCodepoint)(inner & 3), (EcnCodepoint)(outerTrafficClass & 3), out EcnCodepoint onward)) return false;
        byte wanted = (byte)(inner & 0xFC | (byte)onward);
        if (wanted == inner) return true;
        if (ip4) Ipv4Header.SetTrafficClass(innerPacket, wanted);
        else Ipv6Header.SetTrafficClass(innerPacket, wanted);
        return true;
    }
}
