using Dmvpn.Wire;
using Dmvpn.Wire.Esp;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Fuzz.Targets;

/// <summary>The bodies of ID, CERT and the other payloads that have no lists, each over the same bytes.</summary>
internal sealed class IkeIdentityTarget : IFuzzTarget
{
    public static string Name => "ikeid";

    public static IEnumerable<byte[]> Seeds
    {
        get
        {
            yield return Convert.FromHexString("01000000c0000201");
            yield return [2, 0, 0, 0, .. "Hub.Example"u8];
            yield return [3, 0, 0, 0, .. "Ann@Example.org"u8];
            yield return [11, 0, 0, 0, .. "key"u8];
            DistinguishedName.TryParse("CN=spoke1, OU=\"x, y\", O=Example, C=DE", out byte[] name);
            yield return [9, 0, 0, 0, .. name];
            yield return Convert.FromHexString("030400020000010000000101");
            yield return Convert.FromHexString("0304400901020304ff");
        }
    }

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (Check.Answer(IkeCertificateView.TryParse(input, out IkeCertificateView certificate, out Malformed why), why))
            Check.That(certificate.Data.Length == input.Length - 1, "octets are lost");
        if (Check.Answer(IkeKeyExchangeView.TryParse(input, out IkeKeyExchangeView exchange, out why), why)) _ = (exchange.Group, exchange.Data.Length);
        if (Check.Answer(IkeAuthenticationView.TryParse(input, out IkeAuthenticationView authentication, out why), why)) _ = (authentication.Method, authentication.Data.Length);
        if (Check.Answer(IkeNotifyView.TryParse(input, out IkeNotifyView notify, out why), why))
            Check.That(4 + notify.Spi.Length + notify.Data.Length == input.Length, "octets are lost");
        if (Check.Answer(IkeDeleteView.TryParse(input, out IkeDeleteView delete, out why), why))
        {
            for (int i = 0; i < delete.Count; i++) _ = delete.Spi(i);
        }
        if (!Check.Answer(IkeIdentityView.TryParse(input, out IkeIdentityView view, out why), why)) return;
        IkeIdentity identity = new(view.Type, view.Data), normal = identity.Normalized();
        Check.That(normal.Equals(normal.Normalized()) && normal.Data.Length == identity.Data.Length, "normalized is not normal");
        Check.That(!identity.ToString().Any(char.IsControl), "a control character goes to a terminal");
        Check.That(!identity.Address.IsIPv4 || identity.Type == IkeIdType.IPv4, "an IPv6 identity is taken for IPv4");
    }
}

internal sealed class EspTarget : IFuzzTarget
{
    public static string Name => "esp";

    public static IEnumerable<byte[]> Seeds => [Convert.FromHexString("c1c2c3c4000000070102")];

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!Check.Answer(EspView.TryParse(input, out EspView view, out Malformed why), why)) return;
        Check.That(EspSpec.HeaderLength + view.Protected.Length == input.Length, "octets are lost");
        _ = (view.Spi, view.Sequence);
    }
}
