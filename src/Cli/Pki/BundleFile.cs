using System.Text.Json;

namespace Dmvpn.Cli.Pki;

/// <summary>Reads bundles. They come from elsewhere, by any way: all is checked before anything is used.</summary>
internal static class BundleFile
{
    /// <summary>A bundle in which every field is what it should be.</summary>
    /// <exception cref="PkiException">It is none; the message says why.</exception>
    public static SiteBundle Read(string path)
    {
        try
        {
            return Parse(SecretFile.ReadBrought(path));
        }
        catch (PkiException e)
        {
            throw new PkiException($"{path} {e.Message}");
        }
    }

    /// <summary>The same, of its content.</summary>
    public static SiteBundle Parse(ReadOnlySpan<byte> content)
    {
        SiteBundle? bundle;
        try
        {
            bundle = JsonSerializer.Deserialize(content, PkiJson.Default.SiteBundle);
        }
        catch (JsonException)
        {
            throw new PkiException("is no bundle of 'dmvpn pki issue'");
        }
        if (bundle is not { Version: 1 }) throw new PkiException("is no bundle that this version reads");
        BundleCheck.Check(bundle);
        return bundle;
    }
}
