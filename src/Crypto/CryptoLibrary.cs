using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Crypto;

/// <summary>The library that all cryptography comes from, and its algorithms, each fetched once.</summary>
public static unsafe class CryptoLibrary
{
    // Bits of OPENSSL_ia32cap (OPENSSL_ia32cap(3)): CPUID leaf 1 ECX in the upper half of the first word, leaf 7 ECX in the upper half of the second.
    private const int AesBit = 57;
    private const int CarrylessBit = 33;
    private const int VectorAesBit = 41;

    // OpenSSL 3.1's list of changes: "AES-GCM enabled with AVX512 vAES and vPCLMULQDQ". Measured: 2.6 times as fast as 3.0 for 1,408 octets.
    private const uint FirstWithVectorAes = 1;

    private static nint _gcm128, _gcm192, _gcm256, _cbc128, _cbc192, _cbc256, _tripleDes, _chaCha, _sha1, _sha256, _sha384, _sha512;
    private static readonly ProviderCipher?[] Combined = new ProviderCipher?[4];
    private static bool _usable;

    /// <summary>Its version, as <c>OpenSSL 3.0.17 1 Jul 2025</c>.</summary>
    /// <exception cref="CryptographicException">It is missing or too old.</exception>
    public static string Version
    {
        get
        {
            Require();
            return Marshal.PtrToStringUTF8((nint)LibCrypto.Version(0)) ?? "";
        }
    }

    /// <summary>What of the processor it uses for AES, as <c>AES-NI, VAES</c>; empty when nothing is known.</summary>
    public static string Acceleration
    {
        get
        {
            Require();
            return DescribeProcessor(Marshal.PtrToStringUTF8((nint)LibCrypto.Information(LibCrypto.CpuSettings)) ?? "", LibCrypto.VersionMajor() > 3 || LibCrypto.VersionMinor() >= FirstWithVectorAes);
        }
    }

    /// <summary>Throws, with words for the operator, when the library cannot be used. Everything in this project that needs it calls this first.</summary>
    /// <exception cref="CryptographicException">It is missing or too old.</exception>
    public static void Require()
    {
        if (Volatile.Read(ref _usable)) return;
        try
        {
            if (LibCrypto.VersionMajor() < 3) throw new EntryPointNotFoundException();
        }
        catch (DllNotFoundException e)
        {
            throw new CryptographicException($"OpenSSL 3 is missing: {LibCrypto.Library} cannot be loaded (Debian and Ubuntu have it in the package libssl3 or libssl3t64)", e);
        }
        catch (EntryPointNotFoundException e)
        {
            throw new CryptographicException($"{LibCrypto.Library} is not OpenSSL 3", e);
        }
        Volatile.Write(ref _usable, true);
    }

    internal static nint Cipher(EncryptionId encryption, int keyBits) => (encryption, keyBits) switch
    {
        (EncryptionId.AesGcm16 or EncryptionId.NullAesGmac, 128) => Fetched(ref _gcm128, "AES-128-GCM"),
        (EncryptionId.AesGcm16 or EncryptionId.NullAesGmac, 192) => Fetched(ref _gcm192, "AES-192-GCM"),
        (EncryptionId.AesGcm16 or EncryptionId.NullAesGmac, 256) => Fetched(ref _gcm256, "AES-256-GCM"),
        (EncryptionId.AesCbc, 128) => Fetched(ref _cbc128, "AES-128-CBC"),
        (EncryptionId.AesCbc, 192) => Fetched(ref _cbc192, "AES-192-CBC"),
        (EncryptionId.AesCbc, 256) => Fetched(ref _cbc256, "AES-256-CBC"),
        (EncryptionId.ChaCha20Poly1305, _) => Fetched(ref _chaCha, "ChaCha20-Poly1305"),
        _ => throw new ArgumentOutOfRangeException(nameof(encryption), $"{encryption} with {keyBits} bits is no cipher of this library"),
    };

    /// <summary>The same for the packet path: AES-GCM and ChaCha20-Poly1305 only.</summary>
    internal static ProviderCipher CombinedCipher(EncryptionId encryption, int keyBits)
    {
        ref ProviderCipher? field = ref Combined[encryption == EncryptionId.ChaCha20Poly1305 ? 3 : keyBits / 64 - 2];
        ProviderCipher? cipher = Volatile.Read(ref field);
        if (cipher is not null) return cipher;
        cipher = new ProviderCipher(Cipher(encryption, keyBits));
        Volatile.Write(ref field, cipher);
        return cipher;
    }

    /// <summary>No suite has it: it is there to look into what others sent.</summary>
    internal static nint TripleDes() => Fetched(ref _tripleDes, "DES-EDE3-CBC");

    internal static nint Hash(PrfId prf) => prf switch
    {
        PrfId.HmacSha1 => Fetched(ref _sha1, "SHA1"),
        PrfId.HmacSha256 => Fetched(ref _sha256, "SHA256"),
        PrfId.HmacSha384 => Fetched(ref _sha384, "SHA384"),
        PrfId.HmacSha512 => Fetched(ref _sha512, "SHA512"),
        _ => throw new ArgumentOutOfRangeException(nameof(prf), $"{prf} is no PRF of this library"),
    };

    /// <summary>A context, or an exception: calls with none would end the process.</summary>
    internal static nint NewCipherContext()
    {
        nint context = LibCrypto.CipherContextNew();
        return context != 0 ? context : throw new OutOfMemoryException();
    }

    internal static void Check(int result, string what)
    {
        if (result > 0) return;
        LibCrypto.ClearErrors();
        throw new CryptographicException($"libcrypto refused to {what}");
    }

    /// <param name="settings">What OPENSSL_info says.</param>
    /// <param name="hasVectorAes">The library has code for VAES.</param>
    internal static string DescribeProcessor(string settings, bool hasVectorAes)
    {
        // OPENSSL_ia32cap=0xfffa3203078bffff:0x405fc6f1bf07ab, on other processors other words.
        const string Prefix = "OPENSSL_ia32cap=";
        if (!settings.StartsWith(Prefix, StringComparison.Ordinal)) return "";
        string[] words = settings[Prefix.Length..].Split(' ')[0].Split(':');
        bool aes = Has(words, 0, AesBit) && Has(words, 0, CarrylessBit);
        if (!aes) return "no AES instructions";
        return !Has(words, 1, VectorAesBit) ? "AES-NI" : hasVectorAes ? "AES-NI, VAES" : "AES-NI (the processor has VAES, which OpenSSL uses from 3.1 on)";

        static bool Has(string[] words, int word, int bit) =>
            word < words.Length && words[word].StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(words[word].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits) && (bits >> bit & 1) != 0;
    }

    // Two threads may fetch at once: the loser's is one reference more to the same algorithm, for the life of the process.
    private static nint Fetched(ref nint field, string name)
    {
        nint algorithm = Volatile.Read(ref field);
        if (algorithm != 0) return algorithm;
        Require();
        algorithm = name.StartsWith("SHA", StringComparison.Ordinal) ? LibCrypto.HashFetch(0, name, null) : LibCrypto.CipherFetch(0, name, null);
        if (algorithm == 0)
        {
            LibCrypto.ClearErrors();
            throw new CryptographicException($"{Version} has no {name}");
        }
        Volatile.Write(ref field, algorithm);
        return algorithm;
    }
}
