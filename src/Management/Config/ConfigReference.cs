using System.Text;
using System.Text.RegularExpressions;

namespace Dmvpn.Management.Config;

/// <summary>The table of all commands, as docs/configuration.md has it.</summary>
public static partial class ConfigReference
{
    private static readonly (string Mode, string Title)[] Modes =
    [
        (ConfigMode.Global, "Global"),
        (ConfigMode.Trustpoint, "`crypto pki trustpoint`"),
        (ConfigMode.Ikev2Proposal, "`crypto ikev2 proposal`"),
        (ConfigMode.Ikev2Policy, "`crypto ikev2 policy`"),
        (ConfigMode.Ikev2Keyring, "`crypto ikev2 keyring`"),
        (ConfigMode.Ikev2KeyringPeer, "`peer` of a keyring"),
        (ConfigMode.Ikev2Profile, "`crypto ikev2 profile`"),
        (ConfigMode.TransformSet, "`crypto ipsec transform-set`"),
        (ConfigMode.IpsecProfile, "`crypto ipsec profile`"),
        (ConfigMode.Tunnel, "`interface TunnelN`"),
        (ConfigMode.Odr, "`router odr`"),
        (ConfigMode.LinuxInterface, "`interface` of Linux (read, never applied)"),
    ];

    /// <summary>Markdown, made from the grammar; <c>ip nhrp</c> stands for <c>ipv6 nhrp</c> too.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        foreach ((string mode, string title) in Modes)
        {
            text.Append("\n### ").Append(title).Append("\n\n| command | what it does | default |\n| --- | --- | --- |\n");
            foreach (ConfigRow row in ConfigGrammar.Rows)
            {
                if (row.Mode != mode || row.IsHidden || row.Pattern.StartsWith("ipv6 nhrp", StringComparison.Ordinal)) continue;
                text.Append("| `").Append(ArgumentName().Replace(row.Pattern, "").Replace("|", "\\|")).Append("` | ").Append(row.Summary).Append(" | ").Append(row.DefaultText).Append(" |\n");
            }
            if (mode == ConfigMode.Tunnel) text.Append("\nEvery `ip nhrp` command exists as `ipv6 nhrp` too, with IPv6 addresses inside.\n");
        }
        return text.Append('\n').ToString();
    }

    /// <summary>The names that only handlers see: "via=A.B.C.D".</summary>
    [GeneratedRegex("[a-z]+=")]
    private static partial Regex ArgumentName();
}
