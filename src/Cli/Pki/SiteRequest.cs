using Dmvpn.Pki;

namespace Dmvpn.Cli.Pki;

/// <summary>What an operator asks a CA for.</summary>
internal sealed record SiteRequest
{
    /// <summary>Name of the site.</summary>
    public required string Name { get; init; }

    /// <summary>Its tunnel address; null: the next free one.</summary>
    public string? Address { get; init; }

    /// <summary>It is to be a hub.</summary>
    public bool IsHub { get; init; }

    /// <summary>Where a hub is on the internet; null: as 'init' said, or said when it joins.</summary>
    public string? Place { get; init; }

    /// <summary>The networks behind it; none: the certificate does not say; the word "none" alone: there are none.</summary>
    public IReadOnlyList<string> Lans { get; init; } = [];

    /// <summary>Kind of its key.</summary>
    public KeyKind Key { get; init; } = KeyKind.EcdsaP256;

    /// <summary>How long the certificate lasts, in days.</summary>
    public int Days { get; init; } = 730;
}

/// <summary>What it got.</summary>
/// <param name="File">Where its bundle is.</param>
/// <param name="Bundle">The bundle.</param>
internal sealed record IssuedBundle(string File, SiteBundle Bundle);
