using System.Text;
using Dmvpn.Management.Api;

namespace Dmvpn.Cli.Exec;

/// <summary>What <c>reload</c> says.</summary>
internal static class ReloadText
{
    /// <summary>The remarks with their places, then what changed; <paramref name="file"/> may be empty.</summary>
    public static string Render(string file, ReloadResult result)
    {
        var text = new StringBuilder();
        foreach (ConfigMessage message in result.Messages)
        {
            string place = file.Length > 0 ? file + ":" : "";
            if (message.Line > 0) place += message.Column > 0 ? $"{message.Line}:{message.Column}:" : $"{message.Line}:";
            if (file.Length == 0 && message.Line > 0) place = "line " + place;
            text.Append($"{place}{(place.Length > 0 ? " " : "")}{message.Kind.ToString().ToLowerInvariant()}: {message.Text}\n");
            if (message.Remedy is { Length: > 0 } remedy) text.Append($"    {remedy}\n");
        }

        if (!result.Accepted) return text.Append("% The configuration was refused; nothing was changed.\n").ToString();
        if (result.Changes.Count == 0) return text.Append("Nothing has changed.\n").ToString();
        foreach (string change in result.Changes) text.Append($"{change}\n");
        return text.ToString();
    }
}
