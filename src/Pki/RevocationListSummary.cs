namespace Dmvpn.Pki;

/// <summary>What there is to say of a revocation list.</summary>
/// <param name="Issuer">Name of the CA.</param>
/// <param name="ThisUpdate">When it was made.</param>
/// <param name="NextUpdate">When the next one is due; null when it does not say.</param>
/// <param name="Count">How many certificates it revokes.</param>
public sealed record RevocationListSummary(string Issuer, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate, int Count);
