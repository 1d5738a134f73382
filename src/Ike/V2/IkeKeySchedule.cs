using System.Buffers.Binary;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// How keys follow from nonces and secrets (RFC 7296 2.13, 2.14, 2.17, 2.18; RFC 5282 7.1; RFC 5723 5.1). All our PRFs are HMACs: they take a key of any length, and
/// SK_d and SK_p are as long as their output.
/// </summary>
internal static class IkeKeySchedule
{
    /// <summary>SKEYSEED = prf(Ni | Nr, g^ir), and the keys of the first IKE SA.</summary>
    public static IkeKeys Initial(
        IkeSuite suite, ReadOnlySpan<byte> ni, ReadOnlySpan<byte> nr, ReadOnlySpan<byte> shared, ulong spiI, ulong spiR)
    {
        Span<byte> nonces = stackalloc byte[2 * IkeSpec.MaximumNonce];
        ni.CopyTo(nonces);
        nr.CopyTo(nonces[ni.Length..]);
        using var seed = new SecretBytes(Prf.Length(suite.Prf));
        Prf.Compute(suite.Prf, nonces[..(ni.Length + nr.Length)], shared, seed.Span);
        return Expand(suite, seed.Span, ni, nr, spiI, spiR);
    }

    /// <summary>
    /// SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr) with the old SA's PRF, the keys of the new IKE SA with its own (2.18). <paramref name="ni"/> and <paramref name="spiI"/>
    /// are those of the rekeying exchange's initiator, who is the new SA's original initiator.
    /// </summary>
    public static IkeKeys Rekeyed(
        IkeSuite suite, PrfId oldPrf, ReadOnlySpan<byte> oldSkD, ReadOnlySpan<byte> ni, ReadOnlySpan<byte> nr, ReadOnlySpan<byte> shared, ulong spiI, ulong spiR)
    {
        using SecretBytes data = Join(shared, ni, nr);
        using var seed = new SecretBytes(Prf.Length(oldPrf));
        Prf.Compute(oldPrf, oldSkD, data.Span, seed.Span);
        return Expand(suite, seed.Span, ni, nr, spiI, spiR);
    }

    /// <summary>SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr), and the keys of a resumed IKE SA; all algorithms are those of the old one.</summary>
    public static IkeKeys Resumed(IkeSuite suite, ReadOnlySpan<byte> oldSkD, ReadOnlySpan<byte> ni, ReadOnlySpan<byte> nr, ulong spiI, ulong spiR)
    {
        using SecretBytes data = Join("Resumption"u8, ni, nr);
        using var seed = new SecretBytes(Prf.Length(suite.Prf));
        Prf.Compute(suite.Prf, oldSkD, data.Span, seed.Span);
        return Expand(suite, seed.Span, ni, nr, spiI, spiR);
    }

    /// <summary>
    /// KEYMAT = prf+(SK_d, g^ir (new) | Ni | Nr): first the direction from the exchange's initiator, then the other; within each the encryption key, its salt, and the
    /// integrity key (2.17).
    /// </summary>
    /// <param name="prf">The IKE SA's.</param>
    /// <param name="skD">The IKE SA's.</param>
    /// <param name="suite">What the child SA's proposal chose.</param>
    /// <param name="shared">The secret of a key exchange of its own; empty without.</param>
    /// <param name="ni">Nonce of the exchange's initiator; for the child SA of IKE_AUTH those of IKE_SA_INIT.</param>
    /// <param name="nr">The responder's.</param>
    public static ChildKeys Child(PrfId prf, ReadOnlySpan<byte> skD, EspSuite suite, ReadOnlySpan<byte> shared, ReadOnlySpan<byte> ni, ReadOnlySpan<byte> nr)
    {
        int length = EspCipher.KeyMaterialLength(suite);
        using SecretBytes seed = Join(shared, ni, nr);
        using var material = new SecretBytes(2 * length);
        Prf.Expand(prf, skD, seed.Span, material.Span);
        return new ChildKeys(new SecretBytes(material.Span[..length]), new SecretBytes(material.Span[length..]));
    }

    /// <summary>{SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr).</summary>
    private static IkeKeys Expand(IkeSuite suite, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> ni, ReadOnlySpan<byte> nr, ulong spiI, ulong spiR)
    {
        Span<byte> context = stackalloc byte[2 * IkeSpec.MaximumNonce + 16];
        ni.CopyTo(context);
        nr.CopyTo(context[ni.Length..]);
        int at = ni.Length + nr.Length;
        BinaryPrimitives.WriteUInt64BigEndian(context[at..], spiI);
        BinaryPrimitives.WriteUInt64BigEndian(context[(at + 8)..], spiR);

        var keys = new IkeKeys(suite);
        ReadOnlySpan<SecretBytes> order = [keys.SkD, keys.SkAi, keys.SkAr, keys.SkEi, keys.SkEr, keys.SkPi, keys.SkPr];
        int total = 0;
        foreach (SecretBytes key in order) total += key.Length;
        using var material = new SecretBytes(total);
        Prf.Expand(suite.Prf, seed, context[..(at + 16)], material.Span);
        ReadOnlySpan<byte> rest = material.Span;
        foreach (SecretBytes key in order)
        {
            rest[..key.Length].CopyTo(key.Span);
            rest = rest[key.Length..];
        }
        return keys;
    }

    private static SecretBytes Join(ReadOnlySpan<byte> first, ReadOnlySpan<byte> ni, ReadOnlySpan<byte> nr)
    {
        var joined = new SecretBytes(first.Length + ni.Length + nr.Length);
        first.CopyTo(joined.Span);
        ni.CopyTo(joined.Span[first.Length..]);
        nr.CopyTo(joined.Span[(first.Length + ni.Length)..]);
        return joined;
    }
}
