using System.Text;

namespace Dmvpn.Lab.Peers.StrongSwan;

/// <summary>One connection of <c>swanctl.conf</c> with one child: IKEv2, GRE between two hosts.</summary>
/// <param name="Name">Name of the connection and, unless it says otherwise, of its child.</param>
public sealed record SwanConnection(string Name)
{
    /// <summary>Own address; null: any.</summary>
    public string? Local { get; init; }

    /// <summary>The peer's address; <c>%any</c>: whoever comes.</summary>
    public string Remote { get; init; } = "%any";

    /// <summary>IKE proposals in strongSwan's words.</summary>
    public string Proposals { get; init; } = "aes256gcm16-prfsha384-ecp256";

    /// <summary>ESP proposals; with a group there is PFS.</summary>
    public string EspProposals { get; init; } = "aes256gcm16";

    /// <summary>Tunnel mode: all that kernel-libipsec can do. False is transport mode.</summary>
    public bool TunnelMode { get; init; } = true;

    /// <summary>File of the own certificate in <see cref="SwanCredentials"/>; null: pre-shared key.</summary>
    public string? Certificate { get; init; }

    /// <summary>Who we are; null: the address, or the certificate's subject.</summary>
    public string? LocalId { get; init; }

    /// <summary>Who the peer must be; null: anybody who proves an identity.</summary>
    public string? RemoteId { get; init; }

    /// <summary>Traffic selectors.</summary>
    public string LocalTs { get; init; } = "dynamic[gre]";

    /// <summary>The peer's.</summary>
    public string RemoteTs { get; init; } = "dynamic[gre]";

    /// <summary><c>none</c>, <c>start</c>, <c>trap</c>.</summary>
    public string StartAction { get; init; } = "none";

    /// <summary>More lines of the connection: <c>mobike = no</c>, <c>dpd_delay = 1s</c>.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>More lines of the child.</summary>
    public IReadOnlyList<string> ChildExtra { get; init; } = [];

    /// <summary>All of <c>swanctl.conf</c>.</summary>
    public static string File(IEnumerable<SwanConnection> connections, SwanCredentials credentials)
    {
        var text = new StringBuilder("connections {\n");
        foreach (SwanConnection connection in connections)
            connection.Write(text);
        text.Append("}\n");
        if (credentials.PreSharedKey is { } key)
            text.Append($"secrets {{\n  ike-any {{\n    secret = \"{key}\"\n  }}\n}}\n");
        return text.ToString();
    }

    private void Write(StringBuilder text)
    {
        string auth = Certificate is null ? "psk" : "pubkey";
        Block(text, 1, Name,
            ["version = 2", Local is null ? "" : $"local_addrs = {Local}", $"remote_addrs = {Remote}", $"proposals = {Proposals}", .. Extra],
            () =>
            {
                Block(text, 2, "local", [$"auth = {auth}", Certificate is null ? "" : $"certs = {Certificate}", LocalId is null ? "" : $"id = {LocalId}"]);
                Block(text, 2, "remote", [$"auth = {auth}", RemoteId is null ? "" : $"id = {RemoteId}"]);
                Block(text, 2, "children", [], () => Block(text, 3, Name,
                [
                    $"mode = {(TunnelMode ? "tunnel" : "transport")}", $"esp_proposals = {EspProposals}", $"local_ts = {LocalTs}", $"remote_ts = {RemoteTs}",
                    $"start_action = {StartAction}", .. ChildExtra,
                ]));
            });
    }

    private static void Block(StringBuilder text, int depth, string name, IEnumerable<string> lines, Action? inner = null)
    {
        string indent = new(' ', 2 * depth);
        text.Append(indent).Append(name).Append(" {\n");
        foreach (string line in lines.Where(l => l.Length > 0))
            text.Append(indent).Append("  ").Append(line).Append('\n');
        inner?.Invoke();
        text.Append(indent).Append("}\n");
    }
}

/// <summary>What a strongSwan proves itself with, and believes.</summary>
public sealed record SwanCredentials
{
    /// <summary>One key for every peer.</summary>
    public string? PreSharedKey { get; init; }

    /// <summary>PEM files by their place below swanctl's directory: <c>x509/own.pem</c>, <c>private/own.pem</c>, <c>x509ca/ca.pem</c>.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}
