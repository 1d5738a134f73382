using System.Runtime.InteropServices;

namespace Dmvpn.Crypto;

/// <summary>
/// What is called of OpenSSL 3's libcrypto. The calls of the packet path come twice: with the collector's transition suppressed for packets, which take well below a microsecond, and with it for super-packets, so that
/// a long computation does not keep the collector waiting.
/// </summary>
internal static unsafe partial class LibCrypto
{
    public const int ControlSetIvLength = 0x9;
    public const int ControlGetTag = 0x10;
    public const int ControlSetTag = 0x11;

    private const string Library = "libcrypto.so.3";

    [LibraryImport(Library, EntryPoint = "OpenSSL_version")]
    public static partial byte* Version(int type);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_fetch", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CipherFetch(nint library, string name, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_new")]
    public static partial nint CipherContextNew();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_free")]
    public static partial void CipherContextFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_set_padding")]
    public static partial int CipherSetPadding(nint context, int padding);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex2")]
    public static partial int CipherInit(nint context, nint cipher, byte* key, byte* iv, int encrypt, nint parameters);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex2")]
    [SuppressGCTransition]
    public static partial int CipherSetIv(nint context, nint cipher, byte* key, byte* iv, int encrypt, nint parameters);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    [SuppressGCTransition]
    public static partial int CipherControl(nint context, int type, int argument, void* pointer);

    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    public static partial int CipherUpdate(nint context, byte* to, int* written, byte* from, int length);

    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    [SuppressGCTransition]
    public static partial int CipherUpdateShort(nint context, byte* to, int* written, byte* from, int length);

    [LibraryImport(Library, EntryPoint = "EVP_CipherFinal_ex")]
    [SuppressGCTransition]
    public static partial int CipherFinal(nint context, byte* to, int* written);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_fetch", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint MacFetch(nint library, string name, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_CTX_new")]
    public static partial nint MacContextNew(nint mac);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_CTX_free")]
    public static partial void MacContextFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_init")]
    public static partial int MacInit(nint context, byte* key, nuint keyLength, Parameter* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_init")]
    [SuppressGCTransition]
    public static partial int MacRestart(nint context, byte* key, nuint keyLength, Parameter* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_update")]
    public static partial int MacUpdate(nint context, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_final")]
    [SuppressGCTransition]
    public static partial int MacFinal(nint context, byte* to, nuint* written, nuint room);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new_from_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint KeyContextByName(nint library, string name, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new_from_pkey", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint KeyContextByKey(nint library, nint key, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_free")]
    public static partial void KeyContextFree(nint context);

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

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive_init")]
    public static partial int DeriveInit(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_set_dh_pad")]
    public static partial int DeriveSetPadding(nint context, int padding);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive_set_peer")]
    public static partial int DeriveSetPeer(nint context, nint peer);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive")]
    public static partial int Derive(nint context, byte* to, nuint* length);

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    /// <summary>OSSL_PARAM.</summary>
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
