using System.Runtime.InteropServices;

namespace Dmvpn.Pki;

/// <summary>
/// What is called of libcrypto for keys and signatures: it knows Ed25519, which the base class library does not, and every form in which a key comes in a file.
/// </summary>
internal static unsafe partial class PkiNative
{
    private const string Library = "libcrypto.so.3";

    public const int PaddingPss = 6;
    public const int SaltLengthAuto = -2;

    [LibraryImport(Library, EntryPoint = "BIO_new_mem_buf")]
    public static partial nint BufferOf(byte* bytes, int length);

    [LibraryImport(Library, EntryPoint = "BIO_free")]
    public static partial int BufferFree(nint buffer);

    [LibraryImport(Library, EntryPoint = "PEM_read_bio_PrivateKey")]
    public static partial nint ReadPrivateKey(nint buffer, nint* key, nint callback, byte* password);

    [LibraryImport(Library, EntryPoint = "d2i_PKCS12_bio")]
    public static partial nint ReadPkcs12(nint buffer, nint* pkcs12);

    [LibraryImport(Library, EntryPoint = "PKCS12_parse")]
    public static partial int ParsePkcs12(nint pkcs12, byte* password, nint* key, nint* certificate, nint* others);

    [LibraryImport(Library, EntryPoint = "PKCS12_free")]
    public static partial void FreePkcs12(nint pkcs12);

    [LibraryImport(Library, EntryPoint = "i2d_X509")]
    public static partial int EncodeCertificate(nint certificate, byte** to);

    [LibraryImport(Library, EntryPoint = "X509_free")]
    public static partial void FreeCertificate(nint certificate);

    [LibraryImport(Library, EntryPoint = "OPENSSL_sk_num")]
    public static partial int StackCount(nint stack);

    [LibraryImport(Library, EntryPoint = "OPENSSL_sk_value")]
    public static partial nint StackItem(nint stack, int index);

    [LibraryImport(Library, EntryPoint = "OPENSSL_sk_free")]
    public static partial void FreeStack(nint stack);

    [LibraryImport(Library, EntryPoint = "d2i_PUBKEY")]
    public static partial nint ReadPublicKey(nint* key, byte** from, nint length);

    [LibraryImport(Library, EntryPoint = "i2d_PUBKEY")]
    public static partial int EncodePublicKey(nint key, byte** to);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new")]
    public static partial nint NewKey();

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_copy_parameters")]
    public static partial int CopyParameters(nint to, nint from);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_set1_encoded_public_key")]
    public static partial int SetPublic(nint key, byte* octets, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    public static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_is_a", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int KeyIs(nint key, string type);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_bits")]
    public static partial int KeyBits(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_security_bits")]
    public static partial int KeySecurityBits(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    public static partial nint DigestNew();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    public static partial void DigestFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit_ex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SignInit(nint context, nint* keyContext, string? digest, nint library, string? properties, nint key, nint parameters);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    public static partial int Sign(nint context, byte* signature, nuint* length, byte* data, nuint dataLength);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerifyInit_ex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int VerifyInit(nint context, nint* keyContext, string? digest, nint library, string? properties, nint key, nint parameters);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerify")]
    public static partial int Verify(nint context, byte* signature, nuint length, byte* data, nuint dataLength);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_set_rsa_padding")]
    public static partial int SetPadding(nint keyContext, int padding);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_set_rsa_pss_saltlen")]
    public static partial int SetSaltLength(nint keyContext, int length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_set_rsa_mgf1_md_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetMaskHash(nint keyContext, string digest, string? properties);

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();
}
