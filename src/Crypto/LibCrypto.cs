using System.Runtime.InteropServices;

// dlopen's own search, not the program's folder first.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Dmvpn.Crypto;

/// <summary>
/// What is called of OpenSSL 3's libcrypto. The calls of the packet path come twice: <c>…Short</c> with the collector's transition suppressed, for what takes well below a microsecond, and with it for
/// more, so that a long computation does not keep the collector waiting.
/// </summary>
internal static unsafe partial class LibCrypto
{
    public const string Library = "libcrypto.so.3";

    /// <summary>OPENSSL_INFO_CPU_SETTINGS.</summary>
    public const int CpuSettings = 1008;

    /// <summary>OSSL_PARAM_OCTET_STRING.</summary>
    public const uint OctetString = 5;

    [LibraryImport(Library, EntryPoint = "OpenSSL_version")]
    public static partial byte* Version(int type);

    [LibraryImport(Library, EntryPoint = "OPENSSL_version_major")]
    public static partial uint VersionMajor();

    [LibraryImport(Library, EntryPoint = "OPENSSL_version_minor")]
    public static partial uint VersionMinor();

    [LibraryImport(Library, EntryPoint = "OPENSSL_info")]
    public static partial byte* Information(int type);

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_fetch", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CipherFetch(nint library, string name, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_get0_name")]
    public static partial byte* CipherName(nint cipher);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_get0_provider")]
    public static partial nint CipherProvider(nint cipher);

    [LibraryImport(Library, EntryPoint = "OSSL_PROVIDER_get0_provider_ctx")]
    public static partial nint ProviderContext(nint provider);

    [LibraryImport(Library, EntryPoint = "OSSL_PROVIDER_query_operation")]
    public static partial Algorithm* ProviderQuery(nint provider, int operation, int* noCache);

    [LibraryImport(Library, EntryPoint = "OSSL_PROVIDER_unquery_operation")]
    public static partial void ProviderUnquery(nint provider, int operation, Algorithm* algorithms);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_new")]
    public static partial nint CipherContextNew();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_free")]
    public static partial void CipherContextFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_set_padding")]
    public static partial int CipherSetPadding(nint context, int padding);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex2")]
    public static partial int CipherInit(nint context, nint cipher, byte* key, byte* iv, int encrypt, Parameter* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex2")]
    [SuppressGCTransition]
    public static partial int CipherInitShort(nint context, nint cipher, byte* key, byte* iv, int encrypt, Parameter* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_get_params")]
    [SuppressGCTransition]
    public static partial int CipherGetParameters(nint context, Parameter* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_set_params")]
    [SuppressGCTransition]
    public static partial int CipherSetParameters(nint context, Parameter* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    public static partial int CipherUpdate(nint context, byte* to, int* written, byte* from, int length);

    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    [SuppressGCTransition]
    public static partial int CipherUpdateShort(nint context, byte* to, int* written, byte* from, int length);

    [LibraryImport(Library, EntryPoint = "EVP_CipherFinal_ex")]
    [SuppressGCTransition]
    public static partial int CipherFinal(nint context, byte* to, int* written);

    [LibraryImport(Library, EntryPoint = "EVP_MD_fetch", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint HashFetch(nint library, string name, string? properties);

    // Deprecated, and yet better than EVP_MAC: that cannot start over with the same key before 3.0.3 (Ubuntu 22.04 has 3.0.2), takes 250 octets more for each SA and 30 ns more for each packet.
    [LibraryImport(Library, EntryPoint = "HMAC_CTX_new")]
    public static partial nint HmacContextNew();

    [LibraryImport(Library, EntryPoint = "HMAC_CTX_free")]
    public static partial void HmacContextFree(nint context);

    [LibraryImport(Library, EntryPoint = "HMAC_Init_ex")]
    public static partial int HmacInit(nint context, byte* key, int keyLength, nint hash, nint engine);

    [LibraryImport(Library, EntryPoint = "HMAC_Init_ex")]
    [SuppressGCTransition]
    public static partial int HmacInitShort(nint context, byte* key, int keyLength, nint hash, nint engine);

    [LibraryImport(Library, EntryPoint = "HMAC_Update")]
    public static partial int HmacUpdate(nint context, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "HMAC_Update")]
    [SuppressGCTransition]
    public static partial int HmacUpdateShort(nint context, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "HMAC_Final")]
    [SuppressGCTransition]
    public static partial int HmacFinal(nint context, byte* to, uint* written);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new_from_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint KeyContextByName(nint library, string name, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new_from_pkey", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint KeyContextByKey(nint library, nint key, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_free")]
    public static partial void KeyContextFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_paramgen_init")]
    public static partial int KeyParametersInit(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_keygen_init")]
    public static partial int KeyGenerationInit(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_set_group_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int KeySetGroup(nint context, string name);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_generate")]
    public static partial int KeyGenerate(nint context, nint* key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    public static partial void KeyFree(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new")]
    public static partial nint KeyNew();

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_copy_parameters")]
    public static partial int KeyCopyParameters(nint to, nint from);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_set1_encoded_public_key")]
    public static partial int KeySetPublic(nint key, byte* encoded, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_octet_string_param", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int KeyGetOctets(nint key, string name, byte* to, nuint room, nuint* written);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_public_check_quick")]
    public static partial int KeyCheckPublicQuickly(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive_init")]
    public static partial int DeriveInit(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_set_dh_pad")]
    public static partial int DeriveSetPadding(nint context, int padding);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive_set_peer_ex")]
    public static partial int DeriveSetPeer(nint context, nint peer, int check);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive")]
    public static partial int Derive(nint context, byte* to, nuint* length);

    /// <summary>OSSL_ALGORITHM. A list of them ends with an empty one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Algorithm
    {
        public byte* Names;
        public byte* Properties;
        public Dispatch* Functions;
        public byte* Description;
    }

    /// <summary>OSSL_DISPATCH. A list of them ends with an empty one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Dispatch
    {
        public int Id;
        public nint Function;
    }

    /// <summary>OSSL_PARAM. A list of them ends with an empty one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Parameter
    {
        public byte* Key;
        public uint Type;
        public void* Data;
        public nuint Size;
        public nuint Returned;
    }
}
