namespace Dmvpn.Management.Api;

/// <summary><c>show crypto pki certificates [NAME]</c>.</summary>
public sealed record CertificateState
{
    /// <summary>By trustpoint: the own ones, then those of CAs.</summary>
    public IReadOnlyList<CertificateEntry> Certificates { get; init; } = [];
}

/// <summary>One certificate.</summary>
public sealed record CertificateEntry
{
    /// <summary>Whose it is.</summary>
    public required string Trustpoint { get; init; }

    /// <summary>A CA's.</summary>
    public bool Authority { get; init; }

    /// <summary>In hexadecimal.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>Distinguished name.</summary>
    public required string Issuer { get; init; }

    /// <summary>Distinguished name; may be empty when there are other names.</summary>
    public required string Subject { get; init; }

    /// <summary>Its other names (subjectAltName), as text.</summary>
    public string Names { get; init; } = "";

    /// <summary>Where its revocation list is; empty when it does not say.</summary>
    public IReadOnlyList<string> CrlDistributionPoints { get; init; } = [];

    /// <summary>Valid from.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid to.</summary>
    public DateTimeOffset NotAfter { get; init; }

    /// <summary>By the daemon's clock.</summary>
    public CertificateStatus Status { get; init; }

    /// <summary>The file that it was read from; null when it is not known.</summary>
    public string? Storage { get; init; }
}

/// <summary>Whether a certificate is valid.</summary>
public enum CertificateStatus
{
    /// <summary>It is.</summary>
    Available,

    /// <summary>Not yet.</summary>
    Pending,

    /// <summary>Not any more.</summary>
    Expired,
}
