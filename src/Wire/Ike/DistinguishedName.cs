using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dmvpn.Wire.Ike;

/// <summary>Text of distinguished names (X.500, RFC 4514).</summary>
public static class DistinguishedName
{
    /// <summary>The text of a DER-encoded name, as <c>CN=spoke1, O=Example</c>. False when the bytes are no such name.</summary>
    public static bool TryFormat(ReadOnlySpan<byte> der, out string? text)
    {
        text = null;
        try
        {
            text = new X500DistinguishedName(der).Name;
            return text.Length > 0;
        }
        catch (CryptographicException)
        {
            // The bytes came from the network; the library offers no other way to ask.
            return false;
        }
    }

    /// <summary>The DER of a text such as <c>CN=spoke1, O=Example</c>. False when it is no name.</summary>
    public static bool TryParse(string text, out byte[] der)
    {
        der = [];
        try
        {
            der = new X500DistinguishedName(text).RawData;
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
