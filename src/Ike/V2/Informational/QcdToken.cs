using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Quick crash detection tokens (RFC 6290 5.1): given to the peer under protection, and shown in the clear when the SA is lost. They follow from the SPIs and a secret that
/// outlives the process, so that after a restart nothing has to be remembered. A valid one is never sent in the clear for an SA that exists (9.2).
/// </summary>
internal static class QcdToken
{
    /// <summary>Octets of ours.</summary>
    public const int Length = 32;

    /// <summary>Shorter tokens than 16 octets could be guessed, longer ones than 128 are not allowed (5).</summary>
    public const int Shortest = 16, Longest = 128;

    /// <summary>Tokens of one message that are looked at: a peer changes its secret now and then (4.5).</summary>
    public const int MaximumPerMessage = 4;

    /// <summary>Our token of an IKE SA: HMAC-SHA-256(secret, SPIi | SPIr). An HMAC, where the RFC's example has a plain hash: nothing can be appended to it.</summary>
    public static byte[] Of(SecretBytes secret, ulong initiatorSpi, ulong responderSpi)
    {
        Span<byte> spis = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(spis, initiatorSpi);
        BinaryPrimitives.WriteUInt64BigEndian(spis[8..], responderSpi);
        return HMACSHA256.HashData(secret.Span, spis);
    }

    /// <summary>The token that a peer gives in a protected message; null without one, or with one that is none.</summary>
    public static byte[]? Read(IkePayloadChain payloads) =>
        payloads.TryFindNotify(IkeNotifyType.QuickCrashDetection, out IkeNotifyView notify) && notify.Data.Length is >= Shortest and <= Longest ? notify.Data.ToArray() : null;

    /// <summary>True when an unprotected message shows the token that the peer once gave. Compared in constant time.</summary>
    public static bool IsShown(IkePayloadChain payloads, ReadOnlySpan<byte> given)
    {
        if (given.IsEmpty) return false;
        int looked = 0;
        foreach (IkePayloadView payload in payloads)
        {
            if (payload.Type != IkePayloadType.Notify || !IkeNotifyView.TryParse(payload.Body, out IkeNotifyView notify, out _)) continue;
            if (notify.Type != IkeNotifyType.QuickCrashDetection) continue;
            if (++looked > MaximumPerMessage) return false;
            if (CryptographicOperations.FixedTimeEquals(notify.Data, given)) return true;
        }
        return false;
    }
}
