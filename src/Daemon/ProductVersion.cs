using System.Reflection;

namespace Dmvpn.Daemon;

/// <summary>The program's name and version.</summary>
public static class ProductVersion
{
    /// <summary>"0.1.0".</summary>
    public static string Number { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>"OpenDMVPN 0.1.0".</summary>
    public static string Text { get; } = $"OpenDMVPN {Number}";
}
