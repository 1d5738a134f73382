using System.Security.Cryptography;

namespace Dmvpn.Pki;

/// <summary>
/// Public keys on P-256, as nearly all certificates of routers have them, made of their SubjectPublicKeyInfo (RFC 5480 2) in 5 µs: libcrypto's own reader takes 100 to find out what kind of key it is. Domain parameters
/// are read once for the process.
/// </summary>
internal static unsafe class PublicPoint
{
    // SEQUENCE { SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING { 4, x, y } }: all but x and y is always the same.
    private static readonly byte[] Head = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    // The generator, a public key like any other.
    private static readonly byte[] Generator = Convert.FromHexString(
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

    private static nint _parameters;

    /// <summary>The key; null when it is something else, or no point of the curve.</summary>
    public static KeyHandle? Read(ReadOnlySpan<byte> info)
    {
        if (info.Length != Head.Length + Generator.Length || !info.StartsWith(Head)) return null;
        nint key = PkiNative.NewKey();
        bool good;
        // From the octet 4 on, which says that both coordinates follow. libcrypto checks that the point is on the curve.
        fixed (byte* octets = info[(Head.Length - 1)..]) good = key != 0 && PkiNative.CopyParameters(key, Parameters()) > 0 && PkiNative.SetPublic(key, octets, (nuint)Generator.Length + 1) > 0;
        PkiNative.ClearErrors();
        if (good) return KeyHandle.Of(key);
        PkiNative.FreeKey(key);
        return null;
    }

    // Two threads may read at once: the loser's are one key more, for the life of the process.
    private static nint Parameters()
    {
        nint parameters = Volatile.Read(ref _parameters);
        if (parameters != 0) return parameters;
        byte[] info = [.. Head, .. Generator];
        fixed (byte* bytes = info)
        {
            byte* at = bytes;
            parameters = PkiNative.ReadPublicKey(null, &at, info.Length);
        }
        if (parameters == 0) throw new CryptographicException("libcrypto does not know P-256");
        Volatile.Write(ref _parameters, parameters);
        return parameters;
    }
}
