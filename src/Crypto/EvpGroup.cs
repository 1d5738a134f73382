using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>The groups as libcrypto knows them. Domain parameters are made once for the process: to look them up by name takes as long as a key of P-256.</summary>
internal static unsafe class EvpGroup
{
    private static readonly nint[] KnownParameters = new nint[(int)DhGroup.Curve25519 + 1];

    /// <summary>True where a public value is x and y.</summary>
    public static bool IsCurveOfPoints(DhGroup group) => group is DhGroup.Ecp256 or DhGroup.Ecp384 or DhGroup.Ecp521;

    /// <summary>True for exponentiation modulo a prime.</summary>
    public static bool IsModp(DhGroup group) => group is DhGroup.Modp2048 or DhGroup.Modp3072 or DhGroup.Modp4096;

    /// <summary>A fresh private key, an EVP_PKEY that the caller frees.</summary>
    public static nint NewKey(DhGroup group)
    {
        CryptoLibrary.Require();
        nint context = group == DhGroup.Curve25519 ? LibCrypto.KeyContextByName(0, "X25519", null) : LibCrypto.KeyContextByKey(0, Parameters(group), null);
        nint key;
        try
        {
            CryptoLibrary.Check(context != 0 ? LibCrypto.KeyGenerationInit(context) : 0, "start a key");
            CryptoLibrary.Check(LibCrypto.KeyGenerate(context, &key), "make a key");
        }
        finally
        {
            LibCrypto.KeyContextFree(context);
        }
        return key;
    }

    // As in CryptoLibrary: a second thread's are lost, once.
    private static nint Parameters(DhGroup group)
    {
        ref nint field = ref KnownParameters[(int)group];
        nint parameters = Volatile.Read(ref field);
        if (parameters != 0) return parameters;
        nint context = LibCrypto.KeyContextByName(0, IsModp(group) ? "DH" : "EC", null);
        try
        {
            CryptoLibrary.Check(context != 0 ? LibCrypto.KeyParametersInit(context) : 0, "start parameters");
            CryptoLibrary.Check(LibCrypto.KeySetGroup(context, Name(group)), "take a group");
            CryptoLibrary.Check(LibCrypto.KeyGenerate(context, &parameters), "make parameters");
        }
        finally
        {
            LibCrypto.KeyContextFree(context);
        }
        Volatile.Write(ref field, parameters);
        return parameters;
    }

    private static string Name(DhGroup group) => group switch
    {
        DhGroup.Modp2048 => "modp_2048",
        DhGroup.Modp3072 => "modp_3072",
        DhGroup.Modp4096 => "modp_4096",
        DhGroup.Ecp256 => "P-256",
        DhGroup.Ecp384 => "P-384",
        DhGroup.Ecp521 => "P-521",
        _ => throw new ArgumentOutOfRangeException(nameof(group)),
    };
}
