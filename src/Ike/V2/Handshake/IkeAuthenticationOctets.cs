using System.Security.Cryptography;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// What the AUTH payloads cover, and those of shared keys (RFC 7296 2.15). Signatures over the same octets are <see cref="Pki.SigningKey"/>'s and <see cref="Pki.Trustpoint"/>'s.
/// </summary>
internal static class IkeAuthenticationOctets
{
    /// <summary>
    /// An end's first message, the other's nonce, and prf(SK_p, identity): what it signs or authenticates, so that neither of the two first messages can have been changed.
    /// </summary>
    /// <param name="prf">The IKE SA's.</param>
    /// <param name="skP">SK_pi for the initiator's octets, SK_pr for the responder's.</param>
    /// <param name="firstMessage">Its whole IKE_SA_INIT (or IKE_SESSION_RESUME) message, from the header on, without non-ESP marker; the one that was answered, with cookie and all.</param>
    /// <param name="otherNonce">The nonce of the other end.</param>
    /// <param name="identityBody">Body of its ID payload, without the generic header (<see cref="IkeIdentityView.Body"/>): reserved octets too.</param>
    public static byte[] Signed(PrfId prf, ReadOnlySpan<byte> skP, ReadOnlySpan<byte> firstMessage, ReadOnlySpan<byte> otherNonce, ReadOnlySpan<byte> identityBody)
    {
        byte[] octets = new byte[firstMessage.Length + otherNonce.Length + Prf.Length(prf)];
        firstMessage.CopyTo(octets);
        otherNonce.CopyTo(octets.AsSpan(firstMessage.Length));
        Prf.Compute(prf, skP, identityBody, octets.AsSpan(firstMessage.Length + otherNonce.Length));
        return octets;
    }

    /// <summary>AUTH = prf(prf(shared key, "Key Pad for IKEv2"), octets): an attacker who sees it cannot look keys up in a table made for another protocol.</summary>
    public static byte[] SharedKey(PrfId prf, ReadOnlySpan<byte> key, ReadOnlySpan<byte> octets)
    {
        using var padded = new SecretBytes(Prf.Length(prf));
        Prf.Compute(prf, key, "Key Pad for IKEv2"u8, padded.Span);
        return Mac(prf, padded.Span, octets);
    }

    /// <summary>See <see cref="SharedKey(PrfId, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>; with a key as it was configured.</summary>
    public static byte[] SharedKey(PrfId prf, PreSharedKey key, ReadOnlySpan<byte> octets)
    {
        using SecretBytes bytes = key.Octets();
        return SharedKey(prf, bytes.Span, octets);
    }

    /// <summary>AUTH = prf(SK_p, octets) of a resumed IKE SA (RFC 5723 4.3.3).</summary>
    public static byte[] Resumed(PrfId prf, ReadOnlySpan<byte> skP, ReadOnlySpan<byte> octets) => Mac(prf, skP, octets);

    /// <summary>Compares what was received with what it has to be, in constant time.</summary>
    public static bool Matches(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> received) => CryptographicOperations.FixedTimeEquals(expected, received);

    private static byte[] Mac(PrfId prf, ReadOnlySpan<byte> key, ReadOnlySpan<byte> octets)
    {
        byte[] mac = new byte[Prf.Length(prf)];
        Prf.Compute(prf, key, octets, mac);
        return mac;
    }
}
