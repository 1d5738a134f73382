namespace Dmvpn.Crypto.Tests.Vectors;

/// <summary>Octets as documents write them.</summary>
internal static class Octets
{
    /// <summary>Hexadecimal digits with whatever white space between them.</summary>
    public static byte[] Of(string hex) => Convert.FromHexString(string.Concat(hex.Where(c => !char.IsWhiteSpace(c))));
}
