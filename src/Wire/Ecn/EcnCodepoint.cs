namespace Dmvpn.Wire.Ecn;

/// <summary>The two low bits of ToS or traffic class (RFC 3168 5).</summary>
public enum EcnCodepoint : byte
{
    /// <summary>The transport does not do ECN.</summary>
    NotEct = 0,

    /// <summary>ECN-capable, ECT(1).</summary>
    Ect1 = 1,

    /// <summary>ECN-capable, ECT(0).</summary>
    Ect0 = 2,

    /// <summary>Congestion experienced.</summary>
    Ce = 3,
}
