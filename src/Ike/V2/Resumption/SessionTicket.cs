using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Pki;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// What a session ticket stands for (RFC 5723 5): what both ends need to make an IKE SA anew without Diffie-Hellman and signatures. A client keeps one with the ticket's
/// octets; the other end seals it into them (<see cref="TicketSeal"/>) and remembers nothing. The owner disposes of it.
/// </summary>
internal sealed class SessionTicket : IDisposable
{
    /// <summary>The IKE SA's algorithms.</summary>
    public required IkeSuite Suite { get; init; }

    /// <summary>The IKE SA's SK_d, which the new keys are made from.</summary>
    public required SecretBytes SkD { get; init; }

    /// <summary>Who the client is, whom the ticket was given to: the IDi of a resumption has to be this one (4.3.3).</summary>
    public required IkeIdentity Client { get; init; }

    /// <summary>Who the gateway is, who made it: the IDr.</summary>
    public required IkeIdentity Gateway { get; init; }

    /// <summary>How the client proved its identity.</summary>
    public required IkeAuthMethod ClientMethod { get; init; }

    /// <summary>What the client's certificate lets it have.</summary>
    public SiteRights Rights { get; init; } = SiteRights.None;

    /// <summary>When the client's certificate ends; <see cref="DateTimeOffset.MaxValue"/> without one.</summary>
    public DateTimeOffset NotAfter { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>The other end's certificate, which may have been revoked since; none without one.</summary>
    public CertificateId Certificate { get; init; }

    /// <summary>How the gateway proved its identity; what a client keeps, and not in the ticket.</summary>
    public IkeAuthMethod GatewayMethod { get; init; }

    /// <summary>
    /// Stands for what the other end was authenticated with, where and by which profile (<see cref="TicketSeal.CredentialOf"/>): with another key or another certificate
    /// authority, or at another protected source, the ticket is worth nothing (6.2).
    /// </summary>
    public byte[] Credential { get; init; } = [];

    /// <summary>When it was made, to the second.</summary>
    public required DateTimeOffset Issued { get; init; }

    /// <summary>How long it is good.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>
    /// True within its lifetime and that of the certificate. A time of issue that is still to come tells that the clock is wrong: then the lifetime means nothing.
    /// </summary>
    public bool IsValid(DateTimeOffset now) => now - Issued < Lifetime && now - Issued > -ClockTolerance && now < NotAfter;

    /// <summary>The clock may be set back by this much.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public void Dispose() => SkD.Dispose();

    /// <summary>Without keys.</summary>
    public override string ToString() => $"ticket of {Client}";
}
