using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>A private key that was read from a file.</summary>
internal sealed class LoadedSigningKey(KeyHandle key, KeyKind kind) : SigningKey
{
    public override KeyKind Kind => kind;

    public override bool TrySign(ReadOnlySpan<byte> octets, ReadOnlySpan<SignatureHash> peerHashes, out IkeAuthMethod method, out byte[] authentication)
    {
        SignatureAlgorithm preferred = kind switch
        {
            KeyKind.Rsa => SignatureAlgorithm.RsaSha256,
            KeyKind.EcdsaP256 => SignatureAlgorithm.EcdsaSha256,
            KeyKind.EcdsaP384 => SignatureAlgorithm.EcdsaSha384,
            KeyKind.EcdsaP521 => SignatureAlgorithm.EcdsaSha512,
            _ => SignatureAlgorithm.EdDsa,
        };
        foreach (SignatureAlgorithm algorithm in (ReadOnlySpan<SignatureAlgorithm>)[preferred, .. SignatureAlgorithm.All])
        {
            if (algorithm.Key != preferred.Key || algorithm.IsPss || !peerHashes.Contains(algorithm.Hash)) continue;
            method = IkeAuthMethod.DigitalSignature;
            if (!key.TrySign(algorithm, octets, out byte[] signature))
            {
                authentication = [];
                return false;
            }
            // RFC 7427 3: one octet of length, the AlgorithmIdentifier, the signature.
            authentication = [(byte)algorithm.Identifier.Length, .. algorithm.Identifier, .. signature];
            return true;
        }
        return TrySignTheOldWay(octets, peerHashes.IsEmpty, out method, out authentication);
    }

    public override void Dispose() => key.Dispose();

    /// <summary>RFC 7296 3.8 and RFC 4754, for a peer that did not say which hashes it knows.</summary>
    private bool TrySignTheOldWay(ReadOnlySpan<byte> octets, bool allowed, out IkeAuthMethod method, out byte[] authentication)
    {
        (method, SignatureAlgorithm? algorithm) = kind switch
        {
            KeyKind.Rsa => (IkeAuthMethod.RsaSignature, SignatureAlgorithm.RsaSha1),
            KeyKind.EcdsaP256 => (IkeAuthMethod.EcdsaSha256, SignatureAlgorithm.EcdsaSha256),
            KeyKind.EcdsaP384 => (IkeAuthMethod.EcdsaSha384, SignatureAlgorithm.EcdsaSha384),
            KeyKind.EcdsaP521 => (IkeAuthMethod.EcdsaSha512, SignatureAlgorithm.EcdsaSha512),
            _ => (IkeAuthMethod.DigitalSignature, (SignatureAlgorithm?)null),
        };
        authentication = [];
        if (!allowed || algorithm is null || !key.TrySign(algorithm, octets, out byte[] signature)) return false;
        if (kind == KeyKind.Rsa) authentication = signature;
        else if (!EcdsaSignature.TryToRaw(signature, EcdsaSignature.HalfLength(kind), out authentication)) return false;
        return true;
    }
}
