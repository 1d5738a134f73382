using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>Diffie-Hellman on the NIST curves (RFC 5903): public values are x and y, the secret is x.</summary>
internal sealed class EcpKeyExchange : KeyExchange
{
    private readonly ECDiffieHellman _key;
    private readonly byte[] _public;

    public EcpKeyExchange(DhGroup group)
    {
        Group = group;
        _key = ECDiffieHellman.Create(Curve(group));
        ECPoint point = _key.ExportParameters(includePrivateParameters: false).Q;
        _public = [.. point.X!, .. point.Y!];
    }

    public override DhGroup Group { get; }

    public override ReadOnlySpan<byte> PublicValue => _public;

    public override bool TryDerive(ReadOnlySpan<byte> peerPublicValue, [NotNullWhen(true)] out SecretBytes? shared)
    {
        shared = null;
        if (peerPublicValue.Length != _public.Length) return false;
        int half = _public.Length / 2;
        var parameters = new ECParameters
        {
            Curve = Curve(Group),
            Q = new ECPoint { X = peerPublicValue[..half].ToArray(), Y = peerPublicValue[half..].ToArray() },
        };
        try
        {
            // The import refuses what is not on the curve (RFC 6989 2.3); its cofactor is 1.
            using ECDiffieHellman peer = ECDiffieHellman.Create(parameters);
            byte[] secret = _key.DeriveRawSecretAgreement(peer.PublicKey);
            shared = new SecretBytes(secret);
            CryptographicOperations.ZeroMemory(secret);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public override void Dispose() => _key.Dispose();

    private static ECCurve Curve(DhGroup group) => group switch
    {
        DhGroup.Ecp256 => ECCurve.NamedCurves.nistP256,
        DhGroup.Ecp384 => ECCurve.NamedCurves.nistP384,
        _ => ECCurve.NamedCurves.nistP521,
    };
}
