using System.Text.Json.Serialization;

namespace Dmvpn.Cli.Pki;

/// <summary>All that a new site needs: one file to carry there. It holds the site's key, and is as secret as that.</summary>
internal sealed record SiteBundle
{
    /// <summary>The form of this file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Name of the site.</summary>
    public required string Name { get; init; }

    /// <summary>True for a hub.</summary>
    public bool IsHub { get; init; }

    /// <summary>Its tunnel address.</summary>
    public required string Address { get; init; }

    /// <summary>The networks behind it, as its certificate has them; null: it does not say.</summary>
    public List<string>? Networks { get; init; }

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

    /// <summary>True for a hub.</summary>
    public bool IsHub { get; init; }

    /// <summary>The networks behind it; empty: none; null: the certificate does not say.</summary>
    public List<string>? Networks { get; init; }

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
