using System.Text;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Ike;

/// <summary>
/// Does an identity fit a rule (<c>match identity remote …</c>, <c>identity …</c> of a keyring)? Types are never mixed: an address in an FQDN identity is no address. Domain names and
/// e-mail addresses are compared without regard to case, key ids octet by octet.
/// </summary>
internal static class IdentityRules
{
    /// <summary>How exactly a rule fits: the more exact one wins. 0: not at all.</summary>
    public static int Fit(IdentityMatch rule, IkeIdentity identity) => rule.Kind switch
    {
        IdentityMatchKind.Any => 1,
        IdentityMatchKind.FqdnDomain => identity.Type == IkeIdType.Fqdn && IsBelow(identity.Text, rule.Text, orIsIt: false) ? 2 + rule.Text.Length : 0,
        IdentityMatchKind.EmailDomain => identity.Type == IkeIdType.Email && IsBelow(DomainOf(identity.Text), rule.Text, orIsIt: true) ? 2 + rule.Text.Length : 0,
        IdentityMatchKind.Address => !identity.Address.IsNone && rule.Prefix.Contains(identity.Address) ? 2 + rule.Prefix.Length : 0,
        IdentityMatchKind.Fqdn => identity.Type == IkeIdType.Fqdn && IsSameName(identity.Text, rule.Text) ? Exact : 0,
        IdentityMatchKind.Email => identity.Type == IkeIdType.Email && string.Equals(identity.Text, rule.Text, StringComparison.OrdinalIgnoreCase) ? Exact : 0,
        IdentityMatchKind.KeyId => identity.Type == IkeIdType.KeyId && identity.Data.SequenceEqual(Encoding.UTF8.GetBytes(rule.Text)) ? Exact : 0,
        IdentityMatchKind.Dn => identity.Type == IkeIdType.Dn && IsSameDn(identity, rule.Text) ? Exact : 0,
        _ => 0,
    };

    /// <summary>A rule in the words of the configuration.</summary>
    public static string Text(IdentityMatch rule) => rule.Kind switch
    {
        IdentityMatchKind.Address => $"address {rule.Prefix}",
        IdentityMatchKind.Fqdn => $"fqdn {rule.Text}",
        IdentityMatchKind.FqdnDomain => $"fqdn domain {rule.Text}",
        IdentityMatchKind.Email => $"email {rule.Text}",
        IdentityMatchKind.EmailDomain => $"email domain {rule.Text}",
        IdentityMatchKind.KeyId => $"key-id {rule.Text}",
        IdentityMatchKind.Dn => $"dn {rule.Text}",
        _ => "any",
    };

    /// <summary>An identity in the words of the configuration: what would be typed to match it.</summary>
    public static string Text(IkeIdentity identity) => identity.Type switch
    {
        IkeIdType.IPv4 or IkeIdType.IPv6 => $"address {identity}",
        IkeIdType.Fqdn => $"fqdn {identity}",
        IkeIdType.Email => $"email {identity}",
        IkeIdType.KeyId => $"key-id {identity}",
        IkeIdType.Dn => $"dn {identity}",
        _ => $"type {(byte)identity.Type} {identity}",
    };

    /// <summary>Above any prefix and any domain name that can be (253 characters).</summary>
    private const int Exact = 1000;

    private static bool IsSameName(string name, string wanted) => string.Equals(name.TrimEnd('.'), wanted.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    // The domain's own name is no host in it: a web server's certificate often has that name.
    private static bool IsBelow(string name, string domain, bool orIsIt)
    {
        ReadOnlySpan<char> below = name.AsSpan().TrimEnd('.'), above = domain.AsSpan().Trim('.');
        if (above.IsEmpty || !below.EndsWith(above, StringComparison.OrdinalIgnoreCase)) return false;
        return below.Length == above.Length ? orIsIt : below[below.Length - above.Length - 1] == '.';
    }

    private static string DomainOf(string email) => email[(email.LastIndexOf('@') + 1)..];

    /// <summary>By text, since the same name can be encoded with several string types (RFC 5280 4.1.2.4).</summary>
    private static bool IsSameDn(IkeIdentity identity, string wanted) =>
        DistinguishedName.TryParse(wanted, out byte[] der)
        && (identity.Data.SequenceEqual(der)
            || (DistinguishedName.TryFormat(identity.Data, out string? has) && DistinguishedName.TryFormat(der, out string? should) && string.Equals(has, should, StringComparison.OrdinalIgnoreCase)));
}
