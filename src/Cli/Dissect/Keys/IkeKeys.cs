using System.Diagnostics.CodeAnalysis;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>Makes keys of IKE SAs from fields of a key file.</summary>
internal static class IkeKeys
{
    /// <summary>What is wrong when there is none.</summary>
    public const string NoKey = "its keys are not hexadecimal, or of another length than the algorithms have";

    /// <summary>The keys of one direction. False for keys that are none of the algorithms'.</summary>
    public static bool TryCreate(
        EncryptionId encryption, int keyBits, IntegrityId integrity, ReadOnlySpan<byte> encryptionField, ReadOnlySpan<byte> integrityField, [NotNullWhen(true)] out IkeKey? key)
    {
        key = null;
        if (!KeyFields.TryKey(encryptionField, out SecretBytes encryptionKey)) return false;
        using (encryptionKey)
        {
            if (!KeyFields.TryKey(integrityField, out SecretBytes integrityKey)) return false;
            using (integrityKey)
            {
                bool combined = encryption != EncryptionId.AesCbc;
                if (encryptionKey.Length == 0 || encryptionKey.Length != IkeCipher.EncryptionKeyLength(encryption, keyBits)) return false;
                if (integrityKey.Length != IkeCipher.IntegrityKeyLength(integrity) || combined != (integrityKey.Length == 0)) return false;
                key = new IkeKey(encryption, keyBits, integrity, encryptionKey.Span, integrityKey.Span);
                return true;
            }
        }
    }
}
