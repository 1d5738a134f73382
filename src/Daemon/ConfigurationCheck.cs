using System.Text.Json;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;

namespace Dmvpn.Daemon;

/// <summary><c>dmvpn check FILE</c>: reads a configuration as <c>run</c> would and says what it finds; needs no daemon and no root.</summary>
public static class ConfigurationCheck
{
    /// <summary>Reads the file. The text is for people, or JSON (<see cref="ReloadResult"/>).</summary>
    /// <param name="path">The file.</param>
    /// <param name="json">JSON, with all that there is to say.</param>
    /// <param name="passedOver">The text lists the lines without effect.</param>
    public static (bool Accepted, string Text) Run(string path, bool json, bool passedOver = false)
    {
        (RouterConfig? config, ConfigReport report) = ConfigurationFile.Read(path);
        if (config is not null) report = DefaultRouteCheck.Add(config, report);
        if (json)
        {
            ReloadResult result = ConfigurationFile.Result(report) with { Accepted = config is not null };
            return (config is not null, JsonSerializer.Serialize(result, ApiJson.Default.ReloadResult) + "\n");
        }
        return (config is not null, ConfigReportText.Render(path, report, passedOver));
    }
}
