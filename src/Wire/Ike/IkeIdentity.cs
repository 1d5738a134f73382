using System.Globalization;
using System.Text;
using Dmvpn.Core;

namespace Dmvpn.Wire.Ike;

/// <summary>
/// Who an IKE peer is (RFC 7296 3.5), as a value. Two are equal when type and octets are; domain names and e-mail domains are compared as they
/// are on the wire: <see cref="Normalized"/> first where letter case must not matter.
/// </summary>
public sealed class IkeIdentity : IEquatable<IkeIdentity>
{
    private readonly byte[] _data;

    /// <summary>An identity of these octets, which are copied.</summary>
    public IkeIdentity(IkeIdType type, ReadOnlySpan<byte> data) => (Type, _data) = (type, data.ToArray());

    /// <summary>An address.</summary>
    public static IkeIdentity Of(IpAddress address) => new(address.IsIPv4 ? IkeIdType.IPv4 : IkeIdType.IPv6, address.ToBytes());

    /// <summary>A domain name.</summary>
    public static IkeIdentity Fqdn(string name) => new(IkeIdType.Fqdn, Encoding.UTF8.GetBytes(name));

    /// <summary>An e-mail address.</summary>
    public static IkeIdentity Email(string address) => new(IkeIdType.Email, Encoding.UTF8.GetBytes(address));

    /// <summary>A key id.</summary>
    public static IkeIdentity KeyId(string text) => new(IkeIdType.KeyId, Encoding.UTF8.GetBytes(text));

    /// <summary>Its type.</summary>
    public IkeIdType Type { get; }

    /// <summary>Its octets.</summary>
    public ReadOnlySpan<byte> Data => _data;

    /// <summary>The address of an IPv4 or IPv6 identity, otherwise <see cref="IpAddress.None"/>.</summary>
    public IpAddress Address => Type is IkeIdType.IPv4 or IkeIdType.IPv6 ? IpAddress.FromBytes(_data) : IpAddress.None;

    /// <summary>The text of a name; empty for addresses and DER.</summary>
    public string Text => Type is IkeIdType.Fqdn or IkeIdType.Email or IkeIdType.KeyId ? Encoding.UTF8.GetString(_data) : "";

    /// <summary>
    /// False for a name that cannot be one: empty or endless, with a wildcard, a space or a control character (RFC 7296 3.5: "MUST NOT
    /// contain any terminators"), or a domain name that is not ASCII. Others, of octets, only have a length.
    /// </summary>
    public bool IsPlainName => Type switch
    {
        IkeIdType.Fqdn => IsPlain(0x7E),
        IkeIdType.Email => IsPlain(byte.MaxValue),
        _ => _data.Length <= MaximumOther,
    };

    /// <summary>The longest name: an e-mail address (RFC 5321 4.5.3.1), and any domain name.</summary>
    private const int MaximumName = 320;

    private const int MaximumOther = 4096;

    /// <summary>
    /// The same with its domain name in lower case: letter case means nothing there (RFC 4343), but may in front of the @ of an e-mail address
    /// (RFC 5321 2.4). Only the letters of ASCII are touched, octet by octet: Unicode's rules, or a decoder that replaces what it does not
    /// understand, would make one identity of several that are different on the wire and in certificates.
    /// </summary>
    public IkeIdentity Normalized()
    {
        if (Type is not (IkeIdType.Fqdn or IkeIdType.Email)) return this;
        int domain = Type == IkeIdType.Email ? _data.AsSpan().LastIndexOf((byte)'@') + 1 : 0;
        if (!_data.AsSpan(domain).ContainsAnyInRange((byte)'A', (byte)'Z')) return this;
        byte[] lower = [.. _data];
        Ascii.ToLowerInPlace(lower.AsSpan(domain), out _);
        return new IkeIdentity(Type, lower);
    }

    /// <inheritdoc/>
    public bool Equals(IkeIdentity? other) => other is not null && Type == other.Type && _data.AsSpan().SequenceEqual(other._data);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IkeIdentity);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Type);
        hash.AddBytes(_data);
        return hash.ToHashCode();
    }

    /// <summary>
    /// For screens and logs: the address, the name, the distinguished name, or the octets in hexadecimal. The peer chose the characters: those
    /// that move a terminal's cursor, end a line or turn the direction of writing are replaced.
    /// </summary>
    public override string ToString() => Type switch
    {
        IkeIdType.IPv4 or IkeIdType.IPv6 => Address.ToString(),
        IkeIdType.Fqdn or IkeIdType.Email => Printable(Text),
        IkeIdType.KeyId when IsPrintable(Text) => Text,
        IkeIdType.Dn => DistinguishedName.TryFormat(_data, out string? name) ? Printable(name!) : "dn:" + Convert.ToHexString(_data),
        IkeIdType.Null => "(null)",
        _ => Convert.ToHexString(_data),
    };

    private bool IsPlain(byte last) => _data.Length is > 0 and <= MaximumName
        && !_data.AsSpan().ContainsAnyExceptInRange((byte)0x21, last) && !_data.AsSpan().ContainsAny((byte)'*', (byte)0x7F);

    private static bool IsPrintable(string text) => text.Length > 0 && !text.Any(IsDangerous);

    private static string Printable(string text) => text.Any(IsDangerous) ? string.Concat(text.Select(c => IsDangerous(c) ? '?' : c)) : text;

    private static bool IsDangerous(char c) => c == '\uFFFD' || char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse;
}
