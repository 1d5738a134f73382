using System.Security.Cryptography;

namespace Dmvpn.Pki;

/// <summary>A key of libcrypto, private or public. Safe for several threads at once; its owner disposes of it.</summary>
internal sealed unsafe class KeyHandle : IDisposable
{
    private nint _key;

    private KeyHandle(nint key) => _key = key;

    ~KeyHandle() => Free();

    /// <summary>What it is; null for a kind or a size that is not taken.</summary>
    public KeyKind? Kind => PkiNative.KeyIs(_key, "RSA") == 1 && PkiNative.KeyBits(_key) >= PkiLimits.LeastRsaBits ? KeyKind.Rsa
        : PkiNative.KeyIs(_key, "ED25519") == 1 ? KeyKind.Ed25519
        : PkiNative.KeyIs(_key, "EC") != 1 ? null
        : PkiNative.KeyBits(_key) switch { 256 => KeyKind.EcdsaP256, 384 => KeyKind.EcdsaP384, 521 => KeyKind.EcdsaP521, _ => null };

    /// <summary>Its strength in bits of a symmetric key, as libcrypto reckons it: 112 for RSA with 2048 bits.</summary>
    public int SecurityBits => PkiNative.KeySecurityBits(_key);

    /// <summary>A private key in PEM, of any form, perhaps encrypted. Null when it cannot be read.</summary>
    public static KeyHandle? FromPem(ReadOnlySpan<byte> pem, string? password)
    {
        // An empty password, not none: libcrypto would ask the terminal.
        byte[] secret = new byte[System.Text.Encoding.UTF8.GetByteCount(password ?? "") + 1];
        System.Text.Encoding.UTF8.GetBytes(password ?? "", secret);
        fixed (byte* bytes = pem, phrase = secret)
        {
            nint buffer = PkiNative.BufferOf(bytes, pem.Length);
            nint key = PkiNative.ReadPrivateKey(buffer, null, 0, phrase);
            _ = PkiNative.BufferFree(buffer);
            PkiNative.ClearErrors();
            CryptographicOperations.ZeroMemory(secret);
            return Of(key);
        }
    }

    /// <summary>A public key from its SubjectPublicKeyInfo. Null when it cannot be read.</summary>
    public static KeyHandle? FromPublicKeyInfo(ReadOnlySpan<byte> der)
    {
        if (PublicPoint.Read(der) is { } point) return point;
        fixed (byte* bytes = der)
        {
            byte* at = bytes;
            nint key = PkiNative.ReadPublicKey(null, &at, der.Length);
            PkiNative.ClearErrors();
            return Of(key);
        }
    }

    /// <summary>Takes a key over; null for none.</summary>
    public static KeyHandle? Of(nint key) => key == 0 ? null : new KeyHandle(key);

    /// <summary>The SubjectPublicKeyInfo.</summary>
    public byte[] PublicKeyInfo()
    {
        int length = PkiNative.EncodePublicKey(_key, null);
        byte[] der = new byte[Math.Max(length, 0)];
        fixed (byte* to = der)
        {
            byte* at = to;
            if (length > 0) _ = PkiNative.EncodePublicKey(_key, &at);
        }
        return der;
    }

    public bool TrySign(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, out byte[] signature)
    {
        signature = [];
        nint context = PkiNative.DigestNew();
        try
        {
            nint keyContext;
            nuint length = 0;
            fixed (byte* bytes = data)
            {
                if (PkiNative.SignInit(context, &keyContext, algorithm.Digest, 0, null, _key, 0) <= 0 || !Configure(keyContext, algorithm)
                    || PkiNative.Sign(context, null, &length, bytes, (nuint)data.Length) <= 0)
                {
                    return false;
                }
                byte[] made = new byte[(int)length];
                fixed (byte* to = made)
                {
                    if (PkiNative.Sign(context, to, &length, bytes, (nuint)data.Length) <= 0) return false;
                }
                signature = made[..(int)length];
                return true;
            }
        }
        finally
        {
            PkiNative.DigestFree(context);
            PkiNative.ClearErrors();
        }
    }

    public bool IsSignature(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (PkiNative.KeyIs(_key, algorithm.Key) != 1) return false;
        nint context = PkiNative.DigestNew();
        try
        {
            nint keyContext;
            fixed (byte* bytes = data, signed = signature)
            {
                return PkiNative.VerifyInit(context, &keyContext, algorithm.Digest, 0, null, _key, 0) > 0 && Configure(keyContext, algorithm)
                    && PkiNative.Verify(context, signed, (nuint)signature.Length, bytes, (nuint)data.Length) == 1;
            }
        }
        finally
        {
            PkiNative.DigestFree(context);
            PkiNative.ClearErrors();
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static bool Configure(nint keyContext, SignatureAlgorithm algorithm) => !algorithm.IsPss
        || PkiNative.SetPadding(keyContext, PkiNative.PaddingPss) > 0 && PkiNative.SetMaskHash(keyContext, algorithm.Digest!, null) > 0
        && PkiNative.SetSaltLength(keyContext, PkiNative.SaltLengthAuto) > 0;

    private void Free()
    {
        PkiNative.FreeKey(_key);
        _key = 0;
    }
}
