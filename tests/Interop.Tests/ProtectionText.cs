using System.Text;
using Dmvpn.Lab.Peers.StrongSwan;

namespace Dmvpn.Interop.Tests;

/// <summary>The crypto part of a router's configuration, as a person would type it: one profile for everything.</summary>
internal sealed record ProtectionText
{
    /// <summary>What <c>tunnel protection ipsec profile</c> names.</summary>
    public const string Profile = "DMVPN";

    /// <summary>The key that all routers of a test have.</summary>
    public const string Key = "interop-secret-0815";

    /// <summary>The key of this router, if another one.</summary>
    public string Secret { get; init; } = Key;

    /// <summary><c>encryption</c> of the IKEv2 proposal.</summary>
    public string Encryption { get; init; } = "aes-gcm-256";

    /// <summary><c>integrity</c>; null for a combined-mode cipher.</summary>
    public string? Integrity { get; init; }

    /// <summary><c>prf</c>.</summary>
    public string Prf { get; init; } = "sha384";

    /// <summary><c>group</c>.</summary>
    public int Group { get; init; } = 19;

    /// <summary>The words of the transform set.</summary>
    public string Transform { get; init; } = "esp-gcm 256";

    /// <summary><c>mode tunnel</c>, which is all that kernel-libipsec can do.</summary>
    public bool TunnelMode { get; init; }

    /// <summary>A second proposal and transform set, liked less.</summary>
    public ProtectionText? Second { get; init; }

    /// <summary>Proves itself with this certificate of <see cref="Pki"/>; null: with the key.</summary>
    public string? Certificate { get; init; }

    /// <summary>Whose certificates are believed.</summary>
    public LabPki? Pki { get; init; }

    /// <summary>More lines of the IKEv2 profile.</summary>
    public IReadOnlyList<string> ProfileLines { get; init; } = [];

    /// <summary>More lines of the IPsec profile.</summary>
    public IReadOnlyList<string> IpsecLines { get; init; } = [];

    /// <summary>More global lines.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];

    /// <summary>AES-GCM-256 liked best, AES-CBC-256 with SHA-256 taken too, or the other way round; transport mode.</summary>
    public static ProtectionText Either(bool gcmFirst)
    {
        var cbc = new ProtectionText { Encryption = "aes-cbc-256", Integrity = "sha256", Prf = "sha256", Group = 14, Transform = "esp-aes 256 esp-sha256-hmac" };
        return gcmFirst ? new ProtectionText { Second = cbc } : cbc with { Second = new ProtectionText() };
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        void Block(string head, params IEnumerable<string> lines) => text.Append($"{head}\n{string.Concat(lines.Where(l => l.Length > 0).Select(l => $" {l}\n"))}!\n");
        (string Suffix, ProtectionText Of)[] choices = Second is null ? [("1", this)] : [("1", this), ("2", Second)];
        foreach ((string suffix, ProtectionText p) in choices)
            Block("crypto ikev2 proposal P" + suffix, $"encryption {p.Encryption}", p.Integrity is null ? "" : $"integrity {p.Integrity}", $"prf {p.Prf}", $"group {p.Group}");
        Block("crypto ikev2 policy POL", choices.Select(c => "proposal P" + c.Suffix));
        string method = Certificate is null ? "pre-share" : "certificate";
        if (Pki is { } pki)
            Block("crypto pki trustpoint LAB", $"ca-file {pki.AuthorityFile}", $"certificate-file {pki.FileOf(Certificate + ".pem")}", $"key-file {pki.FileOf(Certificate + ".key")}", "revocation-check none");
        else
            Block("crypto ikev2 keyring K", "peer ANY", " address 0.0.0.0 0.0.0.0", $" pre-shared-key {Secret}");
        Block("crypto ikev2 profile PR",
        [
            "match identity remote any", $"authentication local {method}", $"authentication remote {method}", Pki is null ? "keyring local K" : "pki trustpoint LAB",
            .. ProfileLines,
        ]);
        foreach ((string suffix, ProtectionText p) in choices)
            Block($"crypto ipsec transform-set T{suffix} {p.Transform}", $"mode {(p.TunnelMode ? "tunnel" : "transport")}");
        Block("crypto ipsec profile " + Profile, ["set transform-set " + string.Join(' ', choices.Select(c => "T" + c.Suffix)), "set ikev2-profile PR", .. IpsecLines]);
        foreach (string line in Lines)
            text.Append(line).Append('\n');
        return text.ToString();
    }
}
