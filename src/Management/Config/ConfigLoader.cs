using Dmvpn.Core;

namespace Dmvpn.Management.Config;

/// <summary>From a file's text to a configuration, or to all the reasons why not. Never throws on any text.</summary>
public static class ConfigLoader
{
    /// <summary>
    /// Reads and checks the whole text. The configuration is null exactly when the report has errors: a file is taken as a whole
    /// or not at all. Interfaces need not exist: which ones do is known only when the daemon runs.
    /// </summary>
    /// <param name="text">The file.</param>
    /// <param name="needsTunnel">True for the file of a router: without a tunnel it is refused. False for a part of a file.</param>
    public static (RouterConfig? Config, ConfigReport Report) Load(string text, bool needsTunnel = false)
    {
        List<SourceLine> lines = PastedText.Lines(text);
        ConfigBuilder builder = ConfigReader.Read(lines);
        if (OtherSystems.Find(lines) is { } other) return (null, new([other]) { Understood = Understanding.Of(new(), builder.Routing) });
        ValueList<StaticRouteConfig> routes = StaticRoutes.Resolve(builder);
        RouterConfig config = builder.Router with { Tunnels = [.. builder.Tunnels], StaticRoutes = routes, Crypto = CryptoCheck.WithoutForeignTrustpoints(builder) };
        config = DistributeLists.Resolve(builder, text, config);
        ConfigCheck.Check(config, builder);
        ClearTextCheck.Check(config, builder.Lines, builder);
        builder.Findings.AddRange(builder.PassedOver.Warnings());
        if (needsTunnel && config.Tunnels.Count == 0 && !builder.HasStrayTunnelLine) builder.Findings.Add(NoTunnel);
        List<Finding> findings = [.. builder.Findings.OrderBy(f => f.Line).ThenBy(f => f.Column)];
        if (builder.PassedOver.Count(findings) is { } count) findings.Add(count);
        var report = new ConfigReport(findings) { PassedOver = builder.PassedOver.Report(), Understood = Understanding.Of(config, builder.Routing) };
        return (report.HasErrors ? null : config, report);
    }

    private static Finding NoTunnel => new()
    {
        Kind = FindingKind.Error,
        Line = 1,
        Reason = "the file has no tunnel: there is nothing to run",
        Remedy = "Add 'interface Tunnel0' with its lines, or name another file",
    };
}
