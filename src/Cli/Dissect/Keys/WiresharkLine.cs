using System.Globalization;
using Dmvpn.Core;
using Dmvpn.Daemon.Logging;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>
/// A line of one of Wireshark's tables, as <c>dmvpn run --keylog</c> writes them and as they are in a profile's files.
/// <code>
/// initiator SPI,responder SPI,SK_ei,SK_er,"encryption",SK_ai,SK_ar,"integrity"
/// "IPv4","source","destination","SPI","encryption","key","authentication","key"
/// </code>
/// </summary>
internal static class WiresharkLine
{
    private const int Fields = 8;

    /// <summary>Adds the keys of a line of <c>ikev2_decryption_table</c>.</summary>
    public static bool TryAddIke(ReadOnlySpan<byte> line, CaptureKeys keys, out string why)
    {
        List<Range> at = KeyFields.Split(line);
        why = "it is no line of an ikev2_decryption_table";
        if (at.Count < Fields || !KeyFields.TryIkeSpi(line[at[0]], out ulong initiator) || !KeyFields.TryIkeSpi(line[at[1]], out ulong responder)) return false;
        why = "its algorithm is none that we decrypt";
        if (!WiresharkNames.TryIkeEncryption(KeyFields.Word(line[at[4]]), out EncryptionId encryption, out int bits)) return false;
        if (!WiresharkNames.TryIkeIntegrity(KeyFields.Word(line[at[7]]), out IntegrityId integrity)) return false;
        return TryAdd(line[at[2]], line[at[5]], true, out why) && TryAdd(line[at[3]], line[at[6]], false, out why);

        bool TryAdd(ReadOnlySpan<byte> encryptionField, ReadOnlySpan<byte> integrityField, bool fromInitiator, out string why)
        {
            why = IkeKeys.NoKey;
            if (!IkeKeys.TryCreate(encryption, bits, integrity, encryptionField, integrityField, out IkeKey? key)) return false;
            keys.Add(initiator, responder, fromInitiator, key);
            return true;
        }
    }

    /// <summary>Adds the key of a line of <c>esp_sa</c>.</summary>
    public static bool TryAddEsp(ReadOnlySpan<byte> line, CaptureKeys keys, out string why)
    {
        List<Range> at = KeyFields.Split(line);
        why = "it is no line of an esp_sa table";
        if (at.Count < Fields || !KeyFields.TryEspSpi(line[at[3]], out uint? spi)) return false;
        why = "its algorithm is none that we decrypt";
        if (!WiresharkNames.TryEspEncryption(KeyFields.Word(line[at[4]]), out EncryptionId encryption)) return false;
        why = EspKeys.NoKey;
        IpAddress source = KeyFields.Address(line[at[1]]), destination = KeyFields.Address(line[at[2]]);
        string authentication = KeyFields.Word(line[at[6]]);
        EspKey? key = WiresharkNames.TryEspIntegrity(authentication, out IntegrityId integrity)
            ? EspKeys.Checked(encryption, integrity, line[at[5]], line[at[7]], spi, source, destination)
            : null;
        key ??= EspKeys.Unchecked(encryption, IcvLength(authentication), line[at[5]], spi, source, destination);
        if (key is null) return false;
        keys.Add(key);
        return true;
    }

    /// <summary>How many octets of ICV to leave out: <c>ANY 96 bit authentication [no checking]</c>, <c>HMAC-MD5-96 [RFC2403]</c>.</summary>
    private static int IcvLength(string authentication)
    {
        string[] words = authentication.Split('[')[0].Split([' ', '-'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = words.Length - 1; i >= 0; i--)
        {
            if (int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 64 and <= 256) return bits / 8;
        }
        return 0;
    }
}
