using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>
/// One message by a key, in place. The context lives as long as the call, which takes a microsecond more and leaves no expanded key behind: for IKE's messages, of which there are few and whose keys are many.
/// </summary>
internal static unsafe class CipherMessage
{
    public const int NonceLength = 12;
    public const int TagLength = 16;

    /// <summary>Encrypts <paramref name="text"/> in place and writes the tag of it and the associated data.</summary>
    public static void Seal(nint cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, Span<byte> text, Span<byte> tag)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tag.Length, TagLength, nameof(tag));
        nint context = Start(cipher, key, nonce, encrypt: 1);
        try
        {
            fixed (byte* a = associated, t = text, g = tag)
            {
                int written;
                LibCrypto.Parameter* parameters = stackalloc LibCrypto.Parameter[2];
                CombinedTag.Describe(parameters, g);
                bool good = (associated.IsEmpty || LibCrypto.CipherUpdate(context, null, &written, a, associated.Length) > 0)
                    && (text.IsEmpty || LibCrypto.CipherUpdate(context, t, &written, t, text.Length) > 0)
                    && LibCrypto.CipherFinal(context, g, &written) > 0
                    && LibCrypto.CipherGetParameters(context, parameters) > 0;
                CryptoLibrary.Check(good ? 1 : 0, "seal a message");
            }
        }
        finally
        {
            LibCrypto.CipherContextFree(context);
        }
    }

    /// <summary>Decrypts <paramref name="text"/> in place. False when the tag is not that of it and the associated data: nothing of it may be used.</summary>
    public static bool TryOpen(nint cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, Span<byte> text, ReadOnlySpan<byte> tag)
    {
        if (tag.Length != TagLength) return false;
        nint context = Start(cipher, key, nonce, encrypt: 0);
        try
        {
            fixed (byte* a = associated, t = text, g = tag)
            {
                int written;
                byte none;
                LibCrypto.Parameter* parameters = stackalloc LibCrypto.Parameter[2];
                CombinedTag.Describe(parameters, g);
                return LibCrypto.CipherSetParameters(context, parameters) > 0
                    && (associated.IsEmpty || LibCrypto.CipherUpdate(context, null, &written, a, associated.Length) > 0)
                    && (text.IsEmpty || LibCrypto.CipherUpdate(context, t, &written, t, text.Length) > 0)
                    && LibCrypto.CipherFinal(context, &none, &written) > 0;
            }
        }
        finally
        {
            LibCrypto.CipherContextFree(context);
            LibCrypto.ClearErrors();
        }
    }

    /// <summary>AES-CBC over whole blocks, in place, without padding.</summary>
    public static void Cbc(int keyBits, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, Span<byte> text, bool encrypt) =>
        Cbc(CryptoLibrary.Cipher(EncryptionId.AesCbc, keyBits), key, iv, text, encrypt);

    /// <summary>A cipher of CBC mode over whole blocks, in place, without padding.</summary>
    public static void Cbc(nint cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, Span<byte> text, bool encrypt)
    {
        nint context = Start(cipher, key, iv, encrypt ? 1 : 0);
        try
        {
            int written;
            fixed (byte* t = text)
            {
                bool good = LibCrypto.CipherSetPadding(context, 0) > 0 && LibCrypto.CipherUpdate(context, t, &written, t, text.Length) > 0 && written == text.Length;
                CryptoLibrary.Check(good ? 1 : 0, "run a cipher in CBC mode");
            }
        }
        finally
        {
            LibCrypto.CipherContextFree(context);
        }
    }

    private static nint Start(nint cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, int encrypt)
    {
        nint context = CryptoLibrary.NewCipherContext();
        fixed (byte* k = key, v = iv)
        {
            if (LibCrypto.CipherInit(context, cipher, k, v, encrypt, null) > 0) return context;
        }
        LibCrypto.CipherContextFree(context);
        CryptoLibrary.Check(0, "take a key");
        return 0;
    }
}
