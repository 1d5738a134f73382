using System.Text.Json.Serialization;

namespace Dmvpn.Cli.Pki;

/// <summary>The settings that all sites of a network share; <c>network.json</c> of a CA's directory.</summary>
internal sealed record NetworkSettings
{
    /// <summary>Name of the network; sites are NAME.Domain to IKE.</summary>
    public required string Domain { get; init; }

    /// <summary>The tunnel's network, as 10.255.0.0/24.</summary>
    public required string Network { get; init; }

    /// <summary>The hub's tunnel address.</summary>
    public required string HubTunnel { get; init; }

    /// <summary>Where the hub is: an address or a domain name; null: said when a site joins.</summary>
    public string? Hub { get; init; }

    /// <summary>GRE key.</summary>
    public uint Key { get; init; }

    /// <summary>NHRP network id.</summary>
    public uint NetworkId { get; init; } = 1;

    /// <summary>NHRP authentication string. A secret, if a small one.</summary>
    public required string Authentication { get; init; }
}

/// <summary>All that a new site needs: one file to carry there. It holds the site's key, and is as secret as that.</summary>
internal sealed record SiteBundle
{
    /// <summary>The form of this file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Name of the site.</summary>
    public required string Name { get; init; }

    /// <summary>True for the hub.</summary>
    public bool IsHub { get; init; }

    /// <summary>Its tunnel address.</summary>
    public required string Address { get; init; }

    /// <summary>The network.</summary>
    public required NetworkSettings Network { get; init; }

    /// <summary>The CA's certificate, PEM.</summary>
    public required string Authority { get; init; }

    /// <summary>The site's certificate, PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>The site's key, PEM. A secret.</summary>
    public required string Key { get; init; }

    /// <summary>The revocation list of when the bundle was made, PEM.</summary>
    public string? RevocationList { get; init; }

    /// <summary>May it be a site's name? It becomes part of a domain name and of file names.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 63 && !name.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>Its name alone.</summary>
    public override string ToString() => $"bundle of {Name}";
}

/// <summary>A certificate that was issued; <c>issued.json</c> of a CA's directory.</summary>
internal sealed record IssuedSite
{
    /// <summary>Name of the site.</summary>
    public required string Name { get; init; }

    /// <summary>Serial number in hexadecimal.</summary>
    public required string Serial { get; init; }

    /// <summary>Its tunnel address.</summary>
    public required string Address { get; init; }

    /// <summary>When the certificate ends.</summary>
    public DateTimeOffset NotAfter { get; init; }

    /// <summary>Since when it is revoked; null when it is not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>Reading and writing of these, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SiteBundle))]
[JsonSerializable(typeof(NetworkSettings))]
[JsonSerializable(typeof(List<IssuedSite>))]
internal sealed partial class PkiJson : JsonSerializerContext;
