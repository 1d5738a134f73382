using Dmvpn.Bench.Nhrp;
using Dmvpn.Crypto;
using Dmvpn.Pki;

namespace Dmvpn.Bench.Ike;

/// <summary>
/// What no responder can do without: a key pair and a shared secret; with certificates two verifications (the certificate by the authority's key, AUTH by the certificate's) and a signature. libcrypto
/// alone, one thread, CPU time.
/// </summary>
internal static class PublicKeyCost
{
    private static readonly TimeSpan Time = TimeSpan.FromMilliseconds(250);

    /// <summary>CPU nanoseconds for one set-up.</summary>
    public static double Of(IkeCase way)
    {
        using KeyExchange other = KeyExchange.Generate(way.Group);
        byte[] value = other.PublicValue.ToArray();
        double cost = Each(() =>
        {
            using KeyExchange own = KeyExchange.Generate(way.Group);
            if (own.TryDerive(value, out SecretBytes? shared)) shared.Dispose();
        });
        if (!way.Certificates) return cost;
        // As many octets as AUTH covers.
        byte[] octets = new byte[400];
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using KeyHandle secret = KeyHandle.FromPem(System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), null)!;
        using KeyHandle known = KeyHandle.FromPublicKeyInfo(key.ExportSubjectPublicKeyInfo())!;
        secret.TrySign(SignatureAlgorithm.EcdsaSha256, octets, out byte[] signature);
        return cost + Each(() => secret.TrySign(SignatureAlgorithm.EcdsaSha256, octets, out _)) + 2 * Each(() => known.IsSignature(SignatureAlgorithm.EcdsaSha256, octets, signature));
    }

    private static double Each(Action action)
    {
        for (int i = 0; i < 20; i++) action();
        long end = Environment.TickCount64 + (long)Time.TotalMilliseconds, before = ProcessFigures.ThisThreadNanoseconds(), count = 0;
        while (Environment.TickCount64 < end)
        {
            for (int i = 0; i < 20; i++) action();
            count += 20;
        }
        return (ProcessFigures.ThisThreadNanoseconds() - before) / (double)count;
    }
}
