using System.Text.Json;
using Dmvpn.Management.Api;
using Dmvpn.Management.Config;

namespace Dmvpn.Daemon;

/// <summary><c>dmvpn check FILE</c>: reads a configuration as <c>run</c> would and says what it finds; needs no daemon and no root.</summary>
public static class ConfigurationCheck
{
    /// <summary>Reads the file. The text is for people, or JSON (<see cref="ReloadResult"/>).</summary>
    public static (bool Accepted, string Text) Run(string path, bool json)
    {
        (RouterConfig? config, ConfigReport report) = ConfigurationFile.Read(path);
        if (json)
        {
            var result = new ReloadResult { Accepted = config is not null, Messages = ConfigurationFile.Messages(report) };
            return (config is not null, JsonSerializer.Serialize(result, ApiJson.Default.ReloadResult) + "\n");
        }
        return (config is not null, ConfigReportText.Render(path, report));
    }
}
