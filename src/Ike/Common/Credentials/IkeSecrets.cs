using Dmvpn.Crypto;

namespace Dmvpn.Ike;

/// <summary>
/// Secrets of this router that outlive the process, so that peers come back quickly after a restart. The shell keeps them in a file that only root reads.
/// </summary>
/// <param name="QuickCrashDetection">32 octets that QCD tokens are made from (RFC 6290 5.1).</param>
/// <param name="Tickets">32 octets that session tickets are sealed with (RFC 5723).</param>
public sealed record IkeSecrets(SecretBytes QuickCrashDetection, SecretBytes Tickets)
{
    /// <summary>Nothing of them.</summary>
    public override string ToString() => "(secret)";
}
