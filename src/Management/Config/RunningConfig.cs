using System.Text;
using Dmvpn.Nhrp;

namespace Dmvpn.Management.Config;

/// <summary><c>show running-config</c>: the configuration in IOS's layout and order, what is default left out.</summary>
public static class RunningConfig
{
    /// <summary>
    /// The text. Reading it back gives an equal configuration when <paramref name="withSecrets"/> is true; otherwise secrets are
    /// stars, which the reader refuses. Secrets go to files that only root may read, never to a screen, a log or the API.
    /// </summary>
    public static string Write(RouterConfig config, bool withSecrets = false)
    {
        if (!withSecrets) config = config with { Tunnels = [.. config.Tunnels.Select(Masked)], Crypto = CryptoGlobalRows.Masked(config.Crypto) };
        var text = new StringBuilder();
        var afterInterfaces = new StringBuilder();
        text.Append("!\n");
        bool isHead = true;
        foreach (ConfigRow row in ConfigGrammar.Rows)
        {
            // The table's order: global rows, then the interfaces' rows, then global rows again.
            if (row.Mode is ConfigMode.Tunnel) isHead = false;
            if (row.WriteRouter is null) continue;
            foreach (string line in row.WriteRouter(config)) (isHead ? text : afterInterfaces).Append(line).Append('\n');
        }
        foreach (TunnelConfig tunnel in config.Tunnels) Write(text, tunnel);
        foreach (LinuxInterfaceConfig linux in config.LinuxInterfaces)
        {
            text.Append("!\ninterface ").Append(linux.Name).Append('\n');
            foreach (string line in LinuxInterfaceRows.Write(linux)) text.Append(' ').Append(line).Append('\n');
        }
        text.Append("!\n").Append(afterInterfaces);
        if (afterInterfaces.Length > 0) text.Append("!\n");
        return text.Append("end\n").ToString();
    }

    /// <summary>The stanza of one tunnel, as <c>show running-config interface TunnelN</c> has it; secrets are stars.</summary>
    public static string Write(TunnelConfig tunnel)
    {
        var text = new StringBuilder();
        Write(text, Masked(tunnel));
        return text.ToString();
    }

    private static void Write(StringBuilder text, TunnelConfig tunnel)
    {
        text.Append("!\ninterface ").Append(tunnel.Id).Append('\n');
        foreach (ConfigRow row in ConfigGrammar.Rows)
        {
            if (row.WriteTunnel is null) continue;
            foreach (string line in row.WriteTunnel(tunnel)) text.Append(' ').Append(line).Append('\n');
        }
    }

    private static TunnelConfig Masked(TunnelConfig tunnel) => tunnel with { IpNhrp = Masked(tunnel.IpNhrp), Ipv6Nhrp = Masked(tunnel.Ipv6Nhrp) };

    private static NhrpConfig Masked(NhrpConfig nhrp) => nhrp.Authentication is null ? nhrp : nhrp with { Authentication = NhrpRows.MaskedSecret };
}
