using Dmvpn.Wire.Esp;

namespace Dmvpn.Cli.Dissect;

/// <summary>What is behind the payload of an ESP packet (RFC 4303 2.4): 1, 2, 3, … , pad length, next header.</summary>
internal static class EspTrailer
{
    /// <summary>False for padding that is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out int payloadLength, out byte nextHeader)
    {
        nextHeader = text[^1];
        int padding = text[^2];
        payloadLength = text.Length - EspSpec.TrailerLength - padding;
        if (payloadLength < 0) return false;
        for (int i = 0; i < padding; i++)
        {
            if (text[payloadLength + i] != (byte)(i + 1)) return false;
        }
        return true;
    }
}
