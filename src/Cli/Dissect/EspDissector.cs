using System.Diagnostics.CodeAnalysis;
using Dmvpn.Cli.Dissect.Keys;
using Dmvpn.Core;
using Dmvpn.Wire;
using Dmvpn.Wire.Esp;

namespace Dmvpn.Cli.Dissect;

/// <summary>ESP by its SPI and sequence number (RFC 4303 2), and by its keys what is within.</summary>
internal sealed class EspDissector(CaptureKeys? keys)
{
    /// <summary>False for what is no ESP packet.</summary>
    /// <param name="bytes">From the SPI on.</param>
    /// <param name="source">Who sent it.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="cutOff">True when the capture has not all of it.</param>
    /// <param name="layer">What is to be said.</param>
    /// <param name="within">The packet within when it was decrypted.</param>
    /// <param name="next">Its protocol.</param>
    /// <param name="why">Why it is none.</param>
    public bool TryDissect(ReadOnlySpan<byte> bytes, IpAddress source, IpAddress destination, bool cutOff, [NotNullWhen(true)] out DissectedLayer? layer, out byte[]? within, out byte next, out Malformed why)
    {
        (layer, within, next) = (null, null, 0);
        if (!EspView.TryParse(bytes, out EspView esp, out why)) return false;
        DissectedSecrecy secrecy = DissectedSecrecy.NoKey;
        if (keys is not null && !cutOff)
        {
            foreach (EspKey key in keys.Esp(esp.Spi, source, destination))
            {
                secrecy = DissectedSecrecy.WrongKey;
                if (key.Open(bytes) is not { } text) continue;
                secrecy = key.IsChecked ? DissectedSecrecy.Decrypted : DissectedSecrecy.DecryptedUnchecked;
                if (!EspTrailer.TryRead(text, out int length, out next))
                {
                    why = Malformed.LengthTooLarge;
                    return false;
                }
                within = text[..length];
                break;
            }
        }
        layer = new DissectedLayer("ESP")
        {
            Detail = $"spi 0x{esp.Spi:X8}, sequence {esp.Sequence}, length {bytes.Length}{(keys is null ? "" : SecrecyText.Of(secrecy))}",
            Esp = new DissectedEsp($"0x{esp.Spi:X8}", esp.Sequence, bytes.Length, secrecy),
        };
        return true;
    }
}
