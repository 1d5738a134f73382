using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmvpn.Core;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Pki;

/// <summary>
/// The names in a certificate: subject and subjectAltName (RFC 5280 4.2.1.6). An iPAddress of 8 or 32 octets, address and mask, is a network: that form is from name constraints, and our convention
/// for what a peer may claim. A uniformResourceIdentifier may say what the site is (<see cref="SiteNames"/>).
/// </summary>
internal sealed class CertificateNames
{
    private const int EmailTag = 1, DnsTag = 2, UriTag = 6, AddressTag = 7;

    private readonly List<string> _dns = [];
    private readonly List<string> _emails = [];
    private readonly List<IpPrefix> _addresses = [];
    private readonly List<string> _uris = [];
    private SiteRights _said = SiteRights.None;

    // A certificate whose names cannot be read lets nobody have anything.
    private static readonly SiteRights Nothing = new([], SiteRole.Spoke, []);

    public required byte[] Subject { get; init; }

    /// <summary>The subject key identifier; empty without.</summary>
    public byte[] KeyId { get; private init; } = [];

    public IReadOnlyList<string> DnsNames => _dns;

    public IReadOnlyList<string> Emails => _emails;

    public IReadOnlyList<IpPrefix> Addresses => _addresses;

    /// <summary>What the certificate lets its owner have.</summary>
    public SiteRights Rights => _said with { TunnelAddresses = [.. _addresses] };

    /// <summary>Reads them. An extension that cannot be read counts as not there.</summary>
    public static CertificateNames Of(X509Certificate2 certificate) => Of(
        certificate.SubjectName.RawData, certificate.Extensions[CertificateExtension.SubjectAltName]?.RawData, certificate.Extensions[CertificateExtension.SubjectKeyIdentifier]?.RawData);

    /// <summary>The same.</summary>
    public static CertificateNames Of(PeerCertificate certificate) =>
        Of(certificate.Subject.ToArray(), certificate.Find(CertificateExtension.SubjectAltName), certificate.Find(CertificateExtension.SubjectKeyIdentifier));

    private static CertificateNames Of(byte[] subject, ReadOnlyMemory<byte>? others, ReadOnlyMemory<byte>? keyId)
    {
        var names = new CertificateNames { Subject = subject, KeyId = KeyIdOf(keyId) };
        if (others is not { } extension) return names;
        try
        {
            AsnReader sequence = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData) names.Add(sequence);
        }
        catch (AsnContentException)
        {
            names._dns.Clear();
            names._emails.Clear();
            names._addresses.Clear();
            names._uris.Clear();
            names._said = Nothing;
        }
        return names;
    }

    /// <summary>
    /// RFC 4945 3.1: the identity must be one of the certificate's names. Names are compared without wildcards, and a name with a
    /// wildcard is nobody's; e-mail and domain names without regard to case. A key id, for which that RFC has no rule, is the subject
    /// key identifier, as with strongSwan.
    /// </summary>
    public bool Holds(IkeIdentity identity) => identity.Type switch
    {
        IkeIdType.Dn => identity.Data.SequenceEqual(Subject),
        IkeIdType.Fqdn => IsDomainName(identity.Data) && _dns.Exists(name => name.Equals(identity.Text, StringComparison.OrdinalIgnoreCase)),
        IkeIdType.Email => identity.IsPlainName && _emails.Exists(name => name.Equals(identity.Text, StringComparison.OrdinalIgnoreCase)),
        IkeIdType.KeyId => KeyId.Length > 0 && identity.Data.SequenceEqual(KeyId),
        IkeIdType.IPv4 or IkeIdType.IPv6 => _addresses.Contains(IpPrefix.Host(identity.Address)),
        _ => false,
    };

    /// <summary>All of them, for an operator.</summary>
    public override string ToString()
    {
        List<string> all = [DistinguishedName.TryFormat(Subject, out string? subject) ? $"subject {subject}" : "no subject"];
        foreach (string name in _dns) all.Add($"DNS {name}");
        foreach (string name in _emails) all.Add($"e-mail {name}");
        foreach (string name in _uris) all.Add($"URI {name}");
        foreach (IpPrefix address in _addresses) all.Add(address.IsHost ? $"address {address.Address}" : $"network {address}");
        return string.Join(", ", all);
    }

    /// <summary>
    /// Labels of letters, digits, hyphens and underscores (RFC 5280 4.2.1.6): not *.example.org, .example.org or what has a NUL
    /// in it, which other programs read as another name than the one that the authority read.
    /// </summary>
    private static bool IsDomainName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > 253) return false;
        int label = 0;
        foreach (byte octet in name)
        {
            if (octet == '.' && label > 0) label = 0;
            else if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'_') label++;
            else return false;
        }
        return label > 0;
    }

    private static byte[] KeyIdOf(ReadOnlyMemory<byte>? extension)
    {
        try
        {
            return extension is { IsEmpty: false } value ? new AsnReader(value, AsnEncodingRules.DER).ReadOctetString() : [];
        }
        catch (AsnContentException)
        {
            return [];
        }
    }

    private void Add(AsnReader names)
    {
        Asn1Tag tag = names.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific || tag.TagValue is not (EmailTag or DnsTag or UriTag or AddressTag))
        {
            names.ReadEncodedValue();
            return;
        }
        byte[] value = names.ReadOctetString(new Asn1Tag(TagClass.ContextSpecific, tag.TagValue));
        // Names are ASCII (RFC 5280 4.2.1.6). Others would be read as question marks, and be the name of somebody else.
        if (tag.TagValue != AddressTag && !Ascii.IsValid(value)) return;
        if (tag.TagValue == EmailTag) _emails.Add(Encoding.ASCII.GetString(value));
        else if (tag.TagValue == DnsTag) _dns.Add(Encoding.ASCII.GetString(value));
        else if (tag.TagValue == UriTag) AddUri(Encoding.ASCII.GetString(value));
        else if (value.Length is 4 or 16) _addresses.Add(IpPrefix.Host(IpAddress.FromBytes(value)));
        else if (value.Length is 8 or 32 && MaskLength(value.AsSpan(value.Length / 2)) is { } length) _addresses.Add(new IpPrefix(IpAddress.FromBytes(value.AsSpan(0, value.Length / 2)), length));
    }

    private void AddUri(string name)
    {
        _uris.Add(name);
        _said = SiteNames.Add(_said, name);
    }

    private static int? MaskLength(ReadOnlySpan<byte> mask)
    {
        int length = 0;
        bool ended = false;
        foreach (byte octet in mask)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                bool one = (octet >> bit & 1) != 0;
                if (one && ended) return null;
                if (one) length++;
                else ended = true;
            }
        }
        return length;
    }
}
