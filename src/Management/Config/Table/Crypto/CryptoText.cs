using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Management.Grammar;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>IOS's words for algorithms, both ways; also for the screens that show them.</summary>
public static class CryptoText
{
    private static readonly (string Word, EncryptionChoice Choice)[] Encryptions =
    [
        ("aes-cbc-128", new(EncryptionId.AesCbc, 128)), ("aes-cbc-192", new(EncryptionId.AesCbc, 192)), ("aes-cbc-256", new(EncryptionId.AesCbc, 256)),
        ("aes-gcm-128", new(EncryptionId.AesGcm16, 128)), ("aes-gcm-256", new(EncryptionId.AesGcm16, 256)), ("chacha20-poly1305", new(EncryptionId.ChaCha20Poly1305, 0)),
    ];

    private static readonly (string Word, IntegrityId Id, PrfId Prf)[] Hashes =
    [
        ("sha1", IntegrityId.HmacSha1, PrfId.HmacSha1), ("sha256", IntegrityId.HmacSha256, PrfId.HmacSha256),
        ("sha384", IntegrityId.HmacSha384, PrfId.HmacSha384), ("sha512", IntegrityId.HmacSha512, PrfId.HmacSha512),
    ];

    /// <summary>What IOS takes and this router never offers.</summary>
    private static readonly string[] Weak = ["des", "3des", "en-3des", "md5", "1", "2", "5", "24"];

    private static readonly DhGroup[] Groups =
        [DhGroup.Modp2048, DhGroup.Modp3072, DhGroup.Modp4096, DhGroup.Ecp256, DhGroup.Ecp384, DhGroup.Ecp521, DhGroup.Curve25519];

    internal static IEnumerable<string> EncryptionWords => Encryptions.Select(e => e.Word);

    internal static IEnumerable<string> HashWords => Hashes.Select(h => h.Word);

    internal static IEnumerable<string> GroupWords => Groups.Select(g => ((int)g).ToString());

    /// <summary>A cipher of a proposal.</summary>
    public static string Of(EncryptionChoice choice) => Array.Find(Encryptions, e => e.Choice == choice) is { Word: { } word } ? word : $"{choice.Id}-{choice.KeyBits}";

    /// <summary>An integrity algorithm of a proposal.</summary>
    public static string Of(IntegrityId id) => Array.Find(Hashes, h => h.Id == id) is { Word: { } word } ? word : id.ToString();

    /// <summary>A PRF of a proposal.</summary>
    public static string Of(PrfId id) => Array.Find(Hashes, h => h.Prf == id) is { Word: { } word } ? word : id.ToString();

    /// <summary>The words behind <c>match identity remote</c>, or <c>identity</c> of a keyring's peer.</summary>
    /// <param name="match">Whom it matches.</param>
    /// <param name="withMask">An IPv4 address has its mask, also that of a single one.</param>
    public static string Of(IdentityMatch match, bool withMask) => match.Kind switch
    {
        IdentityMatchKind.Address when !match.Prefix.IsIPv4 => match.Prefix.IsHost ? $"address {match.Prefix.Address}" : $"address {match.Prefix}",
        IdentityMatchKind.Address => withMask ? $"address {match.Prefix.Address} {ConfigText.Mask(match.Prefix.Length)}" : $"address {match.Prefix.Address}",
        IdentityMatchKind.Fqdn => $"fqdn {match.Text}",
        IdentityMatchKind.FqdnDomain => $"fqdn domain {match.Text}",
        IdentityMatchKind.Email => $"email {match.Text}",
        IdentityMatchKind.EmailDomain => $"email domain {match.Text}",
        IdentityMatchKind.KeyId => $"key-id {match.Text}",
        IdentityMatchKind.Dn => $"dn {match.Text}",
        _ => "any",
    };

    /// <summary>The words of <c>crypto ipsec transform-set</c>.</summary>
    public static string Transforms(EncryptionChoice encryption, IntegrityId integrity)
    {
        string cipher = encryption.Id switch
        {
            EncryptionId.AesGcm16 => "esp-gcm",
            EncryptionId.NullAesGmac => "esp-gmac",
            EncryptionId.ChaCha20Poly1305 => "esp-chacha20-poly1305",
            EncryptionId.AesCbc => "esp-aes",
            _ => "esp-null",
        };
        // As IOS prints it: 128 bits go without saying.
        if (encryption.KeyBits > 128) cipher += $" {encryption.KeyBits}";
        string hash = integrity switch
        {
            IntegrityId.HmacSha1 => " esp-sha-hmac",
            IntegrityId.HmacSha256 => " esp-sha256-hmac",
            IntegrityId.HmacSha384 => " esp-sha384-hmac",
            IntegrityId.HmacSha512 => " esp-sha512-hmac",
            _ => "",
        };
        return cipher + hash;
    }

    internal static EncryptionChoice? Encryption(string word) => Array.Find(Encryptions, e => e.Word == word) is { Word: not null } found ? found.Choice : null;

    internal static IntegrityId? Integrity(string word) => Array.Find(Hashes, h => h.Word == word) is { Word: not null } found ? found.Id : null;

    internal static PrfId? Prf(string word) => Array.Find(Hashes, h => h.Word == word) is { Word: not null } found ? found.Prf : null;

    internal static DhGroup? Group(string word) => int.TryParse(word, out int number) && Array.Exists(Groups, g => (int)g == number) ? (DhGroup)number : null;

    /// <summary>
    /// Reads the words of a line such as <c>encryption A B C</c>: the first is one of the pattern's keywords, the rest was taken as it is. Refuses what is unknown, weak, or given twice.
    /// </summary>
    internal static ValueList<T> List<T>(ConfigLine line, IEnumerable<string> words, Func<string, T?> read)
        where T : struct
    {
        List<T> list = [];
        string first = words.First(line.Has);
        foreach (string word in (string[])[first, .. (line.Text("more") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)])
        {
            if (read(word.ToLowerInvariant()) is { } value)
            {
                if (!list.Contains(value)) list.Add(value);
                continue;
            }
            bool weak = Weak.Contains(word, StringComparer.OrdinalIgnoreCase);
            line.RefuseWord("more", word, weak ? $"'{word}' is weak and is not offered" : $"'{word}' is not known here",
                weak ? $"Remove it: {string.Join(' ', words)} remain" : ParseErrors.NearestOf(words, word) is { } nearest ? $"Did you mean '{nearest}'?" : $"Expected: {string.Join(", ", words)}");
        }
        return [.. list];
    }
}
