using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>
/// A line of a file for <c>tcpdump -E</c>.
/// <code>
/// 0xSPI@DESTINATION CIPHER-cbc[-hmac96]:0xKEY
/// ikev2 {I|R} 0xINITIATOR-SPI 0xRESPONDER-SPI HASH:0xKEY CIPHER:0xKEY
/// </code>
/// </summary>
internal static class TcpdumpLine
{
    private const int Hmac96Length = 12;

    /// <summary>Adds the key of one direction of an IKE SA.</summary>
    public static bool TryAddIke(ReadOnlySpan<byte> line, CaptureKeys keys, out string why)
    {
        why = "it is no line of tcpdump's for IKEv2";
        List<Range> at = Words(line);
        if (at.Count != 6 || !KeyFields.TryIkeSpi(line[at[2]], out ulong initiator) || !KeyFields.TryIkeSpi(line[at[3]], out ulong responder)) return false;
        bool fromInitiator = line[at[1]].SequenceEqual("I"u8);
        if ((!fromInitiator && !line[at[1]].SequenceEqual("R"u8)) || !TryPair(line[at[4]], out string hash, out ReadOnlySpan<byte> hashKey)) return false;
        if (!TryPair(line[at[5]], out string cipherName, out ReadOnlySpan<byte> cipherKey)) return false;
        why = "its algorithm is none that we decrypt";
        IntegrityId integrity = hash switch
        {
            "sha1" => IntegrityId.HmacSha1,
            "sha256" => IntegrityId.HmacSha256,
            "sha384" => IntegrityId.HmacSha384,
            "sha512" => IntegrityId.HmacSha512,
            _ => IntegrityId.None,
        };
        if (integrity == IntegrityId.None || AesBits(cipherName) is not { } bits) return false;
        why = IkeKeys.NoKey;
        if (!IkeKeys.TryCreate(EncryptionId.AesCbc, bits, integrity, cipherKey, hashKey, out IkeKey? key)) return false;
        keys.Add(initiator, responder, fromInitiator, key);
        return true;
    }

    /// <summary>Adds the key of an ESP SA. tcpdump's files have none for the ICV.</summary>
    public static bool TryAddEsp(ReadOnlySpan<byte> line, CaptureKeys keys, out string why)
    {
        why = "it is no line of tcpdump's for ESP";
        List<Range> at = Words(line);
        int separator = line.IndexOf((byte)'@');
        if (at.Count != 2 || separator < 0 || separator > at[0].End.Value || !TryPair(line[at[1]], out string name, out ReadOnlySpan<byte> field)) return false;
        IpAddress destination = KeyFields.Address(line[(separator + 1)..at[0].End.Value]);
        if (!KeyFields.TryEspSpi(line[..separator], out uint? spi) || destination.IsNone) return false;
        why = "its algorithm is none that we decrypt";
        int icv = name.EndsWith("-hmac96", StringComparison.Ordinal) ? Hmac96Length : 0;
        string cipher = name.Replace("-hmac96", "", StringComparison.Ordinal).Replace("-cbc", "", StringComparison.Ordinal);
        EncryptionId encryption = cipher == "3des" ? EncryptionId.TripleDes : AesBits(cipher) is not null ? EncryptionId.AesCbc : EncryptionId.Null;
        if (encryption == EncryptionId.Null && cipher != "none") return false;
        why = EspKeys.NoKey;
        if (EspKeys.Unchecked(encryption, icv, field, spi, IpAddress.None, destination) is not { } key) return false;
        keys.Add(key);
        return true;
    }

    private static int? AesBits(string name) => name switch
    {
        "aes" or "aes128" => 128,
        "aes192" => 192,
        "aes256" => 256,
        _ => null,
    };

    private static bool TryPair(ReadOnlySpan<byte> word, out string name, out ReadOnlySpan<byte> key)
    {
        int colon = word.IndexOf((byte)':');
        name = colon < 0 ? "" : KeyFields.Word(word[..colon]);
        key = word[(colon + 1)..];
        return colon > 0;
    }

    private static List<Range> Words(ReadOnlySpan<byte> line)
    {
        var words = new List<Range>();
        foreach (Range at in line.SplitAny(" \t"u8))
        {
            if (!line[at].IsEmpty) words.Add(at);
        }
        return words;
    }
}
