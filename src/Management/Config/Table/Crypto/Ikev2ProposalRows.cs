using Dmvpn.Core;
using Dmvpn.Ike;
using Dmvpn.Wire.Ike;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>crypto ikev2 proposal</c> and <c>crypto ikev2 policy</c>.</summary>
internal static class Ikev2ProposalRows
{
    private const string Local = "match address local {local=A.B.C.D | local=X:X::X}";

    // `proposal default` changes the smart default, as on IOS: what it does not name stays.
    private static readonly CryptoBlock<Ikev2Proposal> Proposal = new(ConfigMode.Ikev2Proposal, c => c.Proposals, (c, all) => c with { Proposals = all }, p => p.Name,
        name => name == Ikev2Proposal.Default.Name ? Ikev2Proposal.Default : new() { Name = name });

    private static readonly CryptoBlock<Ikev2Policy> Policy = new(
        ConfigMode.Ikev2Policy, c => c.Policies, (c, all) => c with { Policies = all }, p => p.Name, name => new() { Name = name });

    public static IEnumerable<ConfigRow> All() => [.. Proposals(), .. Policies()];

    private static IEnumerable<ConfigRow> Proposals()
    {
        yield return Proposal.Opening("crypto ikev2 proposal", "Algorithms for IKE SAs; the first of each kind is liked best", Write,
            "`default`: AES-CBC 256, 192, 128; SHA-512, 384, 256; groups 19, 14, 21");
        yield return Proposal.Row($"encryption {Choice(CryptoText.EncryptionWords)} [more=LINE]", "Ciphers; AES-GCM and ChaCha20-Poly1305 in a proposal of their own", "must be given",
            (p, l) => p with { Encryption = CryptoText.List(l, CryptoText.EncryptionWords, CryptoText.Encryption) }, (p, _) => p with { Encryption = [] }, "encryption [LINE]");
        yield return Proposal.Row($"integrity {Choice(CryptoText.HashWords)} [more=LINE]", "Integrity algorithms; none with AES-GCM and ChaCha20-Poly1305", "must be given with AES-CBC",
            (p, l) => p with { Integrity = Warned(l, CryptoText.List(l, CryptoText.HashWords, CryptoText.Integrity), IntegrityId.HmacSha1) }, (p, _) => p with { Integrity = [] }, "integrity [LINE]");
        yield return Proposal.Row($"prf {Choice(CryptoText.HashWords)} [more=LINE]", "Pseudo-random functions", "those of the integrity algorithms; without any sha256",
            (p, l) => p with { Prf = Warned(l, CryptoText.List(l, CryptoText.HashWords, CryptoText.Prf), PrfId.HmacSha1) }, (p, _) => p with { Prf = [] }, "prf [LINE]");
        yield return Proposal.Row($"group {Choice(CryptoText.GroupWords)} [more=LINE]", "Diffie-Hellman groups", "must be given",
            (p, l) => p with { Groups = CryptoText.List(l, CryptoText.GroupWords, CryptoText.Group) }, (p, _) => p with { Groups = [] }, "group [LINE]");
        foreach ((string command, string weak, Func<Ikev2Proposal, Ikev2Proposal> given) in ((string, string, Func<Ikev2Proposal, Ikev2Proposal>)[])
            [("encryption", "3des | des | en-3des", p => p with { Encryption = Ikev2Proposal.Default.Encryption }), ("integrity", "md5", p => p with { Integrity = Ikev2Proposal.Default.Integrity }),
             ("prf", "md5", p => p with { Prf = Ikev2Proposal.Default.Prf }), ("group", "1 | 2 | 5 | 24", p => p with { Groups = Ikev2Proposal.Default.Groups })])
        {
            ConfigRow row = ConfigRow.Refused(ConfigMode.Ikev2Proposal, $"{command} {{{weak}}} [LINE]", $"this {command} is weak and is not offered",
                "Take a stronger one here and on the peer: aes-cbc-256, sha256, group 14 or 19 are on every IOS since 15.2");
            // Known to be there: the checks of the whole file have nothing to add.
            yield return row with
            {
                Apply = (b, l) =>
                {
                    row.Apply(b, l);
                    Proposal.Change(b, l, given);
                },
            };
        }
        yield return ConfigRow.Harmless(ConfigMode.Ikev2Proposal, "description LINE");
        yield return ConfigRow.Ineffective(ConfigMode.Ikev2Proposal, "pqc WORD optional", "post-quantum key exchange is not supported, and is not offered");
        yield return ConfigRow.Refused(ConfigMode.Ikev2Proposal, "pqc WORD", "post-quantum key exchange is not supported: a peer that insists on it cannot be reached", "Write 'optional' behind it, here and on the peer, or remove the line");
        foreach (ConfigRow row in Proposal.Leaving()) yield return row;
    }

    private static IEnumerable<ConfigRow> Policies()
    {
        yield return Policy.Opening("crypto ikev2 policy", "Which proposals count for which local address", Write, "all have proposal `default`");
        yield return Policy.Row(Local, "For this local address", "any",
            (p, l) => p.MatchLocal.Contains(l.Address("local")) ? p : p with { MatchLocal = p.MatchLocal.Add(l.Address("local")) },
            (p, l) => p with { MatchLocal = p.MatchLocal.RemoveAll(a => a == l.Address("local")) }, Local);
        yield return Policy.Row("match fvrf {any | vrf=WORD(1-31)}", "For tunnels with this 'tunnel vrf'", "any",
            (p, l) => p with { MatchVrf = l.Text("vrf") }, (p, _) => p with { MatchVrf = null });
        yield return Policy.Row("proposal WORD(1-127)", "A proposal; several are tried in the order of their lines", "default",
            (p, l) => p.Proposals.Contains(l.Text("proposal")!) ? p : p with { Proposals = p.Proposals.Add(l.Text("proposal")!) },
            (p, l) => p with { Proposals = p.Proposals.RemoveAll(name => name == l.Text("proposal")) }, "proposal WORD(1-127)");
        yield return ConfigRow.Harmless(ConfigMode.Ikev2Policy, "description LINE");
        foreach (ConfigRow row in Policy.Leaving()) yield return row;
    }

    private static IEnumerable<string> Write(Ikev2Proposal proposal)
    {
        if (proposal.Encryption.Count > 0) yield return $"encryption {string.Join(' ', proposal.Encryption.Select(CryptoText.Of))}";
        if (proposal.Integrity.Count > 0) yield return $"integrity {string.Join(' ', proposal.Integrity.Select(CryptoText.Of))}";
        if (proposal.Prf.Count > 0) yield return $"prf {string.Join(' ', proposal.Prf.Select(CryptoText.Of))}";
        if (proposal.Groups.Count > 0) yield return $"group {string.Join(' ', proposal.Groups.Select(g => (int)g))}";
    }

    private static IEnumerable<string> Write(Ikev2Policy policy)
    {
        if (policy.MatchVrf is { } vrf) yield return $"match fvrf {vrf}";
        foreach (IpAddress local in policy.MatchLocal) yield return $"match address local {local}";
        foreach (string proposal in policy.Proposals) yield return $"proposal {proposal}";
    }

    private static string Choice(IEnumerable<string> words) => $"{{{string.Join(" | ", words)}}}";

    private static ValueList<T> Warned<T>(ConfigLine line, ValueList<T> list, T weak)
    {
        if (list.Contains(weak)) line.Warn("sha1", "SHA-1 is offered because it is named here; nothing current needs it", "Remove it when the peers know sha256");
        return list;
    }
}
