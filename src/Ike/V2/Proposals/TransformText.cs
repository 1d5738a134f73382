using System.Text;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>Algorithms in the words of the configuration, for logs and screens: what an operator reads here can be typed there.</summary>
public static class TransformText
{
    /// <summary>As after <c>encryption</c>: "aes-cbc-256".</summary>
    public static string Encryption(EncryptionId encryption, int keyBits) => encryption switch
    {
        EncryptionId.AesCbc => $"aes-cbc-{keyBits}",
        EncryptionId.AesGcm16 => $"aes-gcm-{keyBits}",
        EncryptionId.AesCtr => $"aes-ctr-{keyBits}",
        EncryptionId.NullAesGmac => $"aes-gmac-{keyBits}",
        EncryptionId.ChaCha20Poly1305 => "chacha20-poly1305",
        EncryptionId.TripleDes => "3des",
        EncryptionId.Null => "null",
        _ => $"number {(ushort)encryption}" + (keyBits != 0 ? $" with {keyBits} bits" : ""),
    };

    /// <summary>As after <c>prf</c>: "sha256".</summary>
    public static string Prf(PrfId prf) => prf switch
    {
        PrfId.HmacSha1 => "sha1",
        PrfId.HmacSha256 => "sha256",
        PrfId.HmacSha384 => "sha384",
        PrfId.HmacSha512 => "sha512",
        _ => $"number {(ushort)prf}",
    };

    /// <summary>As after <c>integrity</c>: "sha256".</summary>
    public static string Integrity(IntegrityId integrity) => integrity switch
    {
        IntegrityId.None => "none",
        IntegrityId.HmacMd5 => "md5",
        IntegrityId.HmacSha1 => "sha1",
        IntegrityId.HmacSha256 => "sha256",
        IntegrityId.HmacSha384 => "sha384",
        IntegrityId.HmacSha512 => "sha512",
        _ => $"number {(ushort)integrity}",
    };

    /// <summary>As after <c>group</c>: "19".</summary>
    public static string Group(DhGroup group) => group == DhGroup.None ? "none" : ((ushort)group).ToString();

    /// <summary>As in a transform set: "esp-aes 256 esp-sha256-hmac".</summary>
    public static string TransformSet(EncryptionId encryption, int keyBits, IntegrityId integrity)
    {
        string cipher = encryption switch
        {
            EncryptionId.AesCbc => $"esp-aes {keyBits}",
            EncryptionId.AesGcm16 => $"esp-gcm {keyBits}",
            EncryptionId.NullAesGmac => $"esp-gmac {keyBits}",
            EncryptionId.ChaCha20Poly1305 => "esp-chacha20-poly1305",
            EncryptionId.TripleDes => "esp-3des",
            EncryptionId.Null => "esp-null",
            _ => "esp encryption " + Encryption(encryption, keyBits),
        };
        return integrity switch
        {
            IntegrityId.None => cipher,
            IntegrityId.HmacSha1 => cipher + " esp-sha-hmac",
            IntegrityId.HmacMd5 => cipher + " esp-md5-hmac",
            IntegrityId.HmacSha256 or IntegrityId.HmacSha384 or IntegrityId.HmacSha512 => $"{cipher} esp-{Integrity(integrity)}-hmac",
            _ => $"{cipher} integrity {Integrity(integrity)}",
        };
    }

    /// <summary>A transform without its kind.</summary>
    internal static string Value(IkeTransform transform) => transform.Type switch
    {
        IkeTransformType.Encryption => Encryption((EncryptionId)transform.Id, transform.KeyBits),
        IkeTransformType.Prf => Prf((PrfId)transform.Id),
        IkeTransformType.Integrity => Integrity((IntegrityId)transform.Id),
        IkeTransformType.KeyExchange => Group((DhGroup)transform.Id),
        IkeTransformType.ExtendedSequenceNumbers => transform.Id switch { 0 => "no", 1 => "yes", _ => $"number {transform.Id}" },
        _ => $"number {transform.Id}",
    };

    /// <summary>A kind of transform.</summary>
    internal static string Kind(IkeTransformType type) => type switch
    {
        IkeTransformType.Encryption => "encryption",
        IkeTransformType.Prf => "prf",
        IkeTransformType.Integrity => "integrity",
        IkeTransformType.KeyExchange => "group",
        IkeTransformType.ExtendedSequenceNumbers => "esn",
        _ => $"transform type {(byte)type}",
    };

    /// <summary>A whole proposal: "encryption aes-cbc-256 aes-cbc-128, prf sha256, integrity sha256, group 19".</summary>
    internal static string Proposal(IReadOnlyList<IkeTransform> transforms)
    {
        var text = new StringBuilder();
        var done = new List<IkeTransformType>();
        foreach (IkeTransform transform in transforms)
        {
            if (done.Contains(transform.Type)) continue;
            done.Add(transform.Type);
            if (text.Length > 0) text.Append(", ");
            text.Append(Kind(transform.Type)).Append(' ').Append(Values(transforms, transform.Type));
        }
        return text.Length > 0 ? text.ToString() : "nothing";
    }

    /// <summary>What a proposal has of one kind, not more than an eye takes in: a peer may send a hundred.</summary>
    internal static string Values(IReadOnlyList<IkeTransform> transforms, IkeTransformType type)
    {
        const int most = 8;
        var values = new List<string>();
        foreach (IkeTransform transform in transforms)
        {
            if (transform.Type != type) continue;
            string value = Value(transform);
            if (!values.Contains(value)) values.Add(value);
        }
        if (values.Count == 0) return "none";
        return values.Count <= most ? string.Join(' ', values) : string.Join(' ', values.Take(most)) + " …";
    }
}
