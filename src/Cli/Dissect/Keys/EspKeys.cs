using Dmvpn.Core;
using Dmvpn.Crypto;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>Makes keys of ESP SAs from fields of a key file.</summary>
internal static class EspKeys
{
    /// <summary>What is wrong when there is none.</summary>
    public const string NoKey = "its key is not hexadecimal, or of another length than the algorithm has";

    private const int SaltLength = 4;

    /// <summary>A key with which the ICV is checked; null when these two are none.</summary>
    public static EspKey? Checked(EncryptionId encryption, IntegrityId integrity, ReadOnlySpan<byte> encryptionField, ReadOnlySpan<byte> integrityField, uint? spi, IpAddress source, IpAddress destination)
    {
        if (!KeyFields.TryKey(encryptionField, out SecretBytes encryptionKey)) return null;
        using (encryptionKey)
        {
            if (!KeyFields.TryKey(integrityField, out SecretBytes integrityKey)) return null;
            using (integrityKey)
            {
                int bits = encryption switch
                {
                    EncryptionId.AesCbc => encryptionKey.Length * 8,
                    EncryptionId.AesGcm16 or EncryptionId.NullAesGmac => (encryptionKey.Length - SaltLength) * 8,
                    _ => 0,
                };
                var suite = new EspSuite(encryption, bits, integrity, Esn: false);
                if (EspCipher.KeyMaterialLength(suite) is var length && (length == 0 || length != encryptionKey.Length + integrityKey.Length)) return null;
                using var material = new SecretBytes(length);
                encryptionKey.Span.CopyTo(material.Span);
                integrityKey.Span.CopyTo(material.Span[encryptionKey.Length..]);
                return new CheckedEspKey(suite, material.Span) { Spi = spi, Source = source, Destination = destination };
            }
        }
    }

    /// <summary>A key of a cipher alone; null when it is none.</summary>
    public static EspKey? Unchecked(EncryptionId encryption, int icvLength, ReadOnlySpan<byte> field, uint? spi, IpAddress source, IpAddress destination)
    {
        if (!KeyFields.TryKey(field, out SecretBytes key)) return null;
        if (encryption == EncryptionId.Null ? key.Length == 0 : UncheckedCbc.IsKeyLength(encryption, key.Length))
            return new UncheckedEspKey(encryption, key, icvLength) { Spi = spi, Source = source, Destination = destination };
        key.Dispose();
        return null;
    }
}
