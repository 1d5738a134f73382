using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto.Tests.Vectors;

/// <summary>Ends of an exchange whose private keys are given, as in test vectors.</summary>
internal static unsafe partial class PrivateKeys
{
    /// <summary>RFC 8410 7: PKCS#8 around 32 octets for X25519.</summary>
    private static ReadOnlySpan<byte> X25519Prefix => [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x04, 0x22, 0x04, 0x20];

    /// <summary>An end with this private key: little-endian octets of Curve25519, a big-endian number of the NIST curves.</summary>
    public static KeyExchange Import(DhGroup group, ReadOnlySpan<byte> privateKey)
    {
        byte[] encoded = group == DhGroup.Curve25519 ? [.. X25519Prefix, .. privateKey] : EncodeEc(group, privateKey);
        fixed (byte* start = encoded)
        {
            byte* at = start;
            nint key = ReadPrivateKey(0, &at, encoded.Length);
            Assert.NotEqual(0, key);
            return new EvpKeyExchange(group, key);
        }
    }

    private static byte[] EncodeEc(DhGroup group, ReadOnlySpan<byte> privateKey)
    {
        ECCurve curve = group switch
        {
            DhGroup.Ecp256 => ECCurve.NamedCurves.nistP256,
            DhGroup.Ecp384 => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };
        int length = KeyExchange.SecretLength(group);
        ReadOnlySpan<byte> digits = privateKey.TrimStart((byte)0);
        byte[] d = new byte[length];
        digits.CopyTo(d.AsSpan(length - digits.Length));
        using var key = ECDiffieHellman.Create(new ECParameters { Curve = curve, D = d });
        return key.ExportPkcs8PrivateKey();
    }

    [LibraryImport("libcrypto.so.3", EntryPoint = "d2i_AutoPrivateKey")]
    private static partial nint ReadPrivateKey(nint reuse, byte** at, nint length);
}
