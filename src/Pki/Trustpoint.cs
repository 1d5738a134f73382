using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>
/// A trustpoint in memory: anchors that peers' certificates are verified with, and where it has one the own certificate with its key. Immutable but for
/// the revocation lists, which are replaced as a whole. Safe for several threads at once.
/// </summary>
public abstract class Trustpoint : IDisposable
{
    /// <summary>Its name in the configuration.</summary>
    public abstract string Name { get; }

    /// <summary>Own certificate (DER) first, then intermediates; empty without an own certificate.</summary>
    public abstract ValueList<byte[]> Chain { get; }

    /// <summary>The own key; null without.</summary>
    public abstract SigningKey? Key { get; }

    /// <summary>The own certificate's subject, as an identity of type DN; null without.</summary>
    public abstract IkeIdentity? Subject { get; }

    /// <summary>SHA-1 hashes of the anchors' SubjectPublicKeyInfo (RFC 7296 3.7), 20 octets each, for CERTREQ.</summary>
    public abstract ReadOnlySpan<byte> AnchorHashes { get; }

    /// <summary>
    /// Verifies a peer's certificates (the first is its own, the others may help to build the chain) and its signature, and says what they prove. Slow: on a pool thread. Never throws.
    /// </summary>
    /// <param name="certificates">DER, in the order of the CERT payloads.</param>
    /// <param name="identity">What the peer says it is: must be the subject or one of the subjectAltNames (RFC 4945 3.1).</param>
    /// <param name="method">Method of the AUTH payload.</param>
    /// <param name="authentication">Its data.</param>
    /// <param name="octets">What was signed.</param>
    public abstract CertificateVerdict Verify(
        IReadOnlyList<byte[]> certificates, IkeIdentity identity, IkeAuthMethod method, ReadOnlySpan<byte> authentication, ReadOnlySpan<byte> octets);

    /// <summary>What a screen shows of its certificates.</summary>
    public abstract IReadOnlyList<CertificateSummary> Certificates { get; }

    /// <summary>The revocation lists in use.</summary>
    public abstract IReadOnlyList<RevocationListSummary> RevocationLists { get; }

    /// <summary>True when a list in use names the certificate, and lists are looked at. Quick.</summary>
    public abstract bool IsRevoked(CertificateId certificate);

    /// <summary>Takes newer revocation lists (PEM with one or several, or DER). Null when all is well; otherwise why they were not taken. Safe on a pool thread.</summary>
    public abstract string? ReplaceRevocationList(ReadOnlyMemory<byte> file);

    /// <summary>Zeroes the key.</summary>
    public abstract void Dispose();
}

/// <summary>What <see cref="Trustpoint.Verify"/> found.</summary>
/// <param name="Failure">Null when all is well; otherwise why not, in words for an operator (which certificate, what is wrong, what to change).</param>
/// <param name="Rights">What the certificate lets the peer have: its tunnel addresses, role and networks.</param>
/// <param name="NotAfter">When the chain ends to be valid.</param>
/// <param name="Key">Kind of the peer's key.</param>
public sealed record CertificateVerdict(string? Failure, SiteRights Rights, DateTimeOffset NotAfter, KeyKind Key)
{
    /// <summary>Which certificate that was; none after a failure.</summary>
    public CertificateId Certificate { get; init; }

    /// <summary>True when the certificate and the signature are good.</summary>
    public bool IsGood => Failure is null;
}
