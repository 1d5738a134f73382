namespace Dmvpn.Pki;

/// <summary>Our own limits, each with its reason.</summary>
internal static class PkiLimits
{
    /// <summary>RSA keys below this are not taken (RFC 8247 4.1.1).</summary>
    public const int LeastRsaBits = 2048;

    /// <summary>Certificates of a peer that are looked at: a chain is shorter, and each costs a verification.</summary>
    public const int MostCertificates = 8;

    /// <summary>Networks that a certificate may name: more than any site has, and a session's facts stay small.</summary>
    public const int MostNetworks = 256;

    /// <summary>The longest certificate that is looked at.</summary>
    public const int LongestCertificate = 16_384;

    /// <summary>Chains whose verification is remembered: peers that come back cost one signature, not the whole chain.</summary>
    public const int RememberedChains = 4096;

    /// <summary>For how long: what was right an hour ago may have been revoked since.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromHours(1);
}
