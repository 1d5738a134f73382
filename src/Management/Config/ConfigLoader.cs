using Dmvpn.Core;

namespace Dmvpn.Management.Config;

/// <summary>From a file's text to a configuration, or to all the reasons why not. Never throws on any text.</summary>
public static class ConfigLoader
{
    /// <summary>
    /// Reads and checks the whole text. The configuration is null exactly when the report has errors: a file is taken as a whole
    /// or not at all. Interfaces need not exist: which ones do is known only when the daemon runs.
    /// </summary>
    public static (RouterConfig? Config, ConfigReport Report) Load(string text)
    {
        ConfigBuilder builder = ConfigReader.Read(text);
        ValueList<StaticRouteConfig> routes = StaticRoutes.Resolve(builder);
        RouterConfig config = builder.Router with { Tunnels = [.. builder.Tunnels], StaticRoutes = routes, Crypto = CryptoCheck.WithoutForeignTrustpoints(builder) };
        ConfigCheck.Check(config, builder);
        List<Finding> findings = [.. builder.Findings.OrderBy(f => f.Line).ThenBy(f => f.Column)];
        // A warning of its own says more of a line than this count.
        HashSet<int> named = [.. findings.Select(f => f.Line)];
        int passedOver = builder.PassedOver.Count(line => !named.Contains(line.Line));
        if (passedOver > 0)
        {
            findings.Add(new()
            {
                Kind = FindingKind.Note,
                Line = 0,
                Reason = passedOver == 1 ? "1 line that does not concern a DMVPN router was passed over" : $"{passedOver} lines that do not concern a DMVPN router were passed over",
            });
        }
        var report = new ConfigReport(findings);
        return (report.HasErrors ? null : config, report);
    }
}
