using System.Formats.Asn1;
using System.Numerics;

namespace Dmvpn.Pki;

/// <summary>The two forms of an ECDSA signature: DER (RFC 7427, certificates), and r and s side by side (RFC 4754 7).</summary>
internal static class EcdsaSignature
{
    /// <summary>Octets of r and of s.</summary>
    public static int HalfLength(KeyKind kind) => kind switch { KeyKind.EcdsaP256 => 32, KeyKind.EcdsaP384 => 48, KeyKind.EcdsaP521 => 66, _ => 0 };

    public static bool TryToRaw(ReadOnlyMemory<byte> der, int half, out byte[] raw)
    {
        raw = new byte[2 * half];
        try
        {
            AsnReader sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            return TryWrite(sequence.ReadInteger(), raw.AsSpan(0, half)) && TryWrite(sequence.ReadInteger(), raw.AsSpan(half));
        }
        catch (AsnContentException)
        {
            return false;
        }

        static bool TryWrite(BigInteger value, Span<byte> to)
        {
            int length = value.GetByteCount(isUnsigned: true);
            return value.Sign > 0 && length <= to.Length && value.TryWriteBytes(to[(to.Length - length)..], out _, isUnsigned: true, isBigEndian: true);
        }
    }

    public static byte[] ToDer(ReadOnlySpan<byte> raw)
    {
        int half = raw.Length / 2;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(raw[..half], isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(raw[half..], isUnsigned: true, isBigEndian: true));
        }
        return writer.Encode();
    }
}
