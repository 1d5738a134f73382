using Dmvpn.Crypto;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Cli.Dissect.Keys;

/// <summary>A key of a cipher alone, as tcpdump's files have them: whether it is the packet's shows by the padding only.</summary>
/// <param name="encryption">In CBC mode, or NULL.</param>
/// <param name="key">The cipher's key; it is owned.</param>
/// <param name="icvLength">How many octets of ICV are left out.</param>
internal sealed class UncheckedEspKey(EncryptionId encryption, SecretBytes key, int icvLength) : EspKey
{
    public override bool IsChecked => false;

    public override byte[]? Open(ReadOnlySpan<byte> packet)
    {
        int iv = UncheckedCbc.BlockLength(encryption), length = packet.Length - EspSpec.HeaderLength - iv - icvLength;
        if (length < EspSpec.TrailerLength) return null;
        byte[] text = packet.Slice(EspSpec.HeaderLength + iv, length).ToArray();
        if (encryption != EncryptionId.Null && !UncheckedCbc.TryDecrypt(encryption, key.Span, packet.Slice(EspSpec.HeaderLength, iv), text)) return null;
        return EspTrailer.TryRead(text, out _, out _) ? text : null;
    }

    public override void Dispose() => key.Dispose();
}
