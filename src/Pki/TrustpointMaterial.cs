namespace Dmvpn.Pki;

/// <summary>The files of a trustpoint, read. Empty for what there is not.</summary>
public sealed record TrustpointMaterial
{
    /// <summary>The trustpoint's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>ca-file</c>.</summary>
    public ReadOnlyMemory<byte> Authorities { get; init; }

    /// <summary><c>certificate-file</c>.</summary>
    public ReadOnlyMemory<byte> Certificates { get; init; }

    /// <summary><c>key-file</c>. A secret.</summary>
    public ReadOnlyMemory<byte> Key { get; init; }

    /// <summary><c>pkcs12-file</c>. A secret.</summary>
    public ReadOnlyMemory<byte> Pkcs12 { get; init; }

    /// <summary><c>password</c>. A secret.</summary>
    public string? Password { get; init; }

    /// <summary><c>crl-file</c>.</summary>
    public ReadOnlyMemory<byte> RevocationList { get; init; }

    /// <summary>Lists are looked at.</summary>
    public bool ChecksRevocation { get; init; }

    /// <summary>A certificate of whose issuer there is no current list is refused.</summary>
    public bool RequiresRevocationList { get; init; }

    /// <summary>Only the name: a record's own text would show the secrets.</summary>
    public override string ToString() => $"trustpoint {Name}";
}
