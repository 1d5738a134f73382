using System.Text.RegularExpressions;

namespace Dmvpn.Management.Tests.Screens;

/// <summary>
/// What ntc-templates look for on three screens of <c>show crypto</c>, written anew. These templates end with an error at a line that they do not know, and so do these: a line too
/// many is as bad for a user's script as one too few.
/// </summary>
internal static class CryptoParsers
{
    private static readonly Rule[] IpsecSaDetail =
    [
        new("Start", @"\s*interface:\s+(?<interface>\S+)"),
        new("Start", @"\s*Crypto map tag:\s+(?<crypto_map_tag>\S+), local addr (?<local_addr>\S+)"),
        new("Start", @"\s*protected vrf:\s+(?<protected_vrf>\S+)"),
        new("Start", @"\s*local\s+ident \(addr/mask/prot/port\): \((?<local_ident_addr>\S+)/(?<local_ident_mask>\S+)/(?<local_ident_prot>\d+)/(?<local_ident_port>\d+)\)"),
        new("Start", @"\s*remote\s+ident \(addr/mask/prot/port\): \((?<remote_ident_addr>\S+)/(?<remote_ident_mask>\S+)/(?<remote_ident_prot>\d+)/(?<remote_ident_port>\d+)\)"),
        new("Start", @"\s*current_peer (?<current_peer>\S+) port (?<port>\d+)"),
        new("Start", @"\s*(?<action>\S+), flags={(?<flags>.*)}"),
        new("Start", @"\s*#pkts encaps: (?<pkts_encaps>\d+), #pkts encrypt: (?<pkts_encrypt>\d+), #pkts digest: (?<pkts_digest>\d+)"),
        new("Start", @"\s*#pkts decaps: (?<pkts_decaps>\d+), #pkts decrypt: (?<pkts_decrypt>\d+), #pkts verify: (?<pkts_verify>\d+)"),
        new("Start", @"\s*#pkts compressed: (?<pkts_compressed>\d+), #pkts decompressed: (?<pkts_decompressed>\d+)"),
        new("Start", @"\s*#pkts not compressed: (?<pkts_not_compressed>\d+), #pkts compr. failed: (?<pkts_compress_failed>\d+)"),
        new("Start", @"\s*#pkts not decompressed: (?<pkts_not_decompressed>\d+), #pkts decompress failed: (?<pkts_decompress_failed>\d+)"),
        new("Start", @"\s*#pkts no sa \(send\) (?<pkts_no_sa>\d+), #pkts invalid sa \(rcv\) (?<pkts_invalid_sa>\d+)"),
        new("Start", @"\s*#pkts encaps failed \(send\) (?<pkts_encaps_failed>\d+), #pkts decaps failed \(rcv\) (?<pkts_decaps_failed>\d+)"),
        new("Start", @"\s*#pkts invalid prot \(recv\) (?<pkts_invalid_prot>\d+), #pkts verify failed: (?<pkts_verify_failed>\d+)"),
        new("Start", @"\s*#pkts invalid identity \(recv\) (?<pkts_invalid_identity>\d+), #pkts invalid len \(rcv\) (?<pkts_invalid_len>\d+)"),
        new("Start", @"\s*#pkts replay rollover \(send\): (?<pkts_replay_rollover_send>\d+), #pkts replay rollover \(rcv\) (?<pkts_replay_rollover_recv>\d+)"),
        new("Start", @"\s*##pkts replay failed \(rcv\): (?<pkts_replay_failed>\d+)"),
        new("Start", @"\s*#pkts tagged \(send\): (?<pkts_tagged>\d+), #pkts untagged \(rcv\): (?<pkts_untagged>\d+)"),
        new("Start", @"\s*#pkts not tagged \(send\): (?<pkts_not_tagged>\d+), #pkts not untagged \(rcv\): (?<pkts_not_untagged>\d+)"),
        new("Start", @"\s*#pkts internal err \(send\): (?<pkts_internal_err_send>\d+), #pkts internal err \(recv\) (?<pkts_internal_err_recv>\d+)"),
        new("Start", @"\s*local crypto endpt.: (?<local_crypto_endpt>\S+), remote crypto endpt.: (?<remote_crypto_endpt>\S+)"),
        new("Start", @"\s*plaintext mtu (?<plaintext_mtu>\d+), path mtu (?<path_mtu>\d+), ip mtu (?<ip_mtu>\d+), ip mtu idb (?<ip_mtu_idb>\S+)"),
        new("Start", @"\s*current outbound spi: (?<current_outbound_spi_hex>\S+)\((?<current_outbound_spi_dec>\d+)\)"),
        new("Start", @"\s*PFS \(Y/N\): (?<pfs>\S+), DH group: (?<dh_group>\S+)"),
        new("Start", @"\s*(?<sa_orientation>\S+) (?<sa_type>\S+) sas:", "SAs"),
        new("SAs", @"\s*(?<sa_orientation>\S+) (?<sa_type>\S+) sas:"),
        new("SAs", @"\s*spi: (?<sa_spi_hex>\S+)\((?<sa_spi_dec>\d+)\)"),
        new("SAs", @"\s*transform: (?<sa_transform>.+) ,"),
        new("SAs", @"\s*in use settings ={(?<sa_in_use_settings>.+?),* }"),
        new("SAs", @"\s*conn id: (?<sa_conn_id>\d+), flow_id: (?<sa_flow_id>.+), sibling_flags (?<sa_sibling_flags>\w+), crypto map: (?<sa_crypto_map>\S+)"),
        new("SAs", @"\s*sa timing: remaining key lifetime \(k/sec\): \((?<sa_lifetime_kbytes>\d+)/(?<sa_lifetime_sec>\d+)\)"),
        new("SAs", @"\s*IV size: (?<sa_iv_size>\d+) bytes"),
        new("SAs", @"\s*replay detection support: (?<sa_replay_detection_support>\S+)\s+replay window size: (?<sa_replay_window_size>\d+)"),
        new("SAs", @"\s*Status: (?<sa_status>\S+)", Record: true),
        new("SAs", @"\s*interface:\s+(?<interface>\S+)", "Start"),
    ];

    private static readonly Rule[] SessionDetail =
    [
        new("Start", @"(Crypto |Code:|[KXRS] -).*"),
        new("Start", @"Interface:\s+(?<interface>\S+)", RecordBefore: true),
        new("Start", @"Profile:\s+(?<profile>\S+)"),
        new("Start", @"Session status:\s+(?<session_status>\S+)"),
        new("Start", @"Uptime:\s+(?<uptime>\S+)"),
        new("Start", @"Peer:\s+(?<peer>\S+) port (?<port>\d+) fvrf:\s+(?<fvrf>\S+) ivrf:\s+(?<ivrf>\S+)"),
        new("Start", @"\s+Desc:\s+(?<description>\S+).*"),
        new("Start", @"\s+Phase1_id:\s+(?<phase1_id>\S+)"),
        new("Start", @"\s+Session ID:\s+(?<session_id>\d+)"),
        new("Start", @"\s+IKEv[12] SA:\s+local (?<local_ip>\S+)/(?<local_port>\d+) remote (?<remote_ip>\S+)/(?<remote_port>\S+) (?<ikev1_status>\S+)"),
        new("Start", @"\s+Capabilities:(?<capabilities>\S+) connid:(?<conn_id>\d+) lifetime:(?<lifetime>\S+)"),
        new("Start", @"\s+IPSEC FLOW:\s+permit (?<permit>\S+) host (?<src_host>\S+) host (?<dst_host>\S+)"),
        new("Start", @"\s+IPSEC FLOW:\s+permit (?<permit>\S+)\s+(?<src_host>\S+)/(?<src_mask>\S+) (?<dst_host>\S+)/(?<dst_mask>\S+)"),
        new("Start", @"\s+Active SAs:\s+(?<active_sa>\d+), origin:\s+(?<origin>.+)"),
        new("Start", @"\s+(In|Out)bound:\s+#.*"),
    ];

    private static readonly Rule[] PkiCertificates =
    [
        new("Start", @"(?<certificate_type>(CA )?Certificate)", RecordBefore: true),
        new("Start", @"\s*Status:\s*(?<status>.+?)"),
        new("Start", @"\s*Certificate Serial Number \(hex\):\s*(?<serial_number>\S+)"),
        new("Start", @"\s*Certificate Usage:\s*(?<certificate_usage>.+?)"),
        new("Start", @"\s*Issuer:", "Issuer"),
        new("Start", @"\s*start date:\s*(?<start_date>.+?)"),
        new("Start", @"\s*end\s+date:\s*(?<end_date>.+?)"),
        new("Start", @"\s*renew date:\s*(?<renew_date>.+?)"),
        new("Start", @"\s*Associated Trustpoints:\s*(?<associated_trustpoints>\S+)"),
        new("Start", @"\s*Storage:\s*(?<storage>\S+)"),
        .. Name("Issuer", "issuer"),
        new("Issuer", @"\s*Subject:", "Subject"),
        .. Name("Subject", "subject"),
        new("Subject", @"\s*Name:\s*(?<subject_name>\S+)"),
        new("Subject", @"\s*Serial Number:\s*(?<subject_serial_number>\S+)"),
        new("Subject", @"\s*serialNumber=\S+"),
        new("Subject", @"\s*hostname=(?<subject_hostname>\S+)"),
        new("Subject", @"\s*CRL Distribution Points:", "Places"),
        new("Subject", @"\s*Validity Date:", "Start"),
        new("Places", @"\s*Validity Date:", "Start"),
        new("Places", @"\s*(?<crl_distribution_point>\S+)"),
    ];

    /// <summary><c>show crypto ipsec sa detail</c>: a row for each SA of either direction; all but the SA's own fields are kept from line to line.</summary>
    public static List<SortedDictionary<string, string>> IpsecSas(string text) => Parse(IpsecSaDetail, text, kept: name => !name.StartsWith("sa_", StringComparison.Ordinal) || name is "sa_orientation" or "sa_type");

    /// <summary><c>show crypto session detail</c>.</summary>
    public static List<SortedDictionary<string, string>> Sessions(string text) => Parse(SessionDetail, text, kept: _ => false);

    /// <summary><c>show crypto pki certificates</c>.</summary>
    public static List<SortedDictionary<string, string>> Certificates(string text) => Parse(PkiCertificates, text, kept: _ => false);

    /// <summary>What the template makes of its own sample, from the file beside it.</summary>
    public static List<SortedDictionary<string, string>> Expected(string yaml)
    {
        var rows = new List<SortedDictionary<string, string>>();
        foreach (string line in yaml.ReplaceLineEndings("\n").Split('\n'))
        {
            if (Regex.Match(line, "^  (?<new>[- ]) (?<name>\\w+): \"(?<value>.*)\"$") is not { Success: true } match) continue;
            if (match.Groups["new"].Value == "-") rows.Add([]);
            rows[^1][match.Groups["name"].Value] = match.Groups["value"].Value;
        }
        return rows;
    }

    private static Rule[] Name(string state, string prefix) =>
        [.. ((string[])["e", "cn", "ou", "o", "l", "st", "c"]).Select(kind => new Rule(state, $@"\s*{kind}=(?<{prefix}_{kind}>.+?)"))];

    private static List<SortedDictionary<string, string>> Parse(Rule[] rules, string text, Func<string, bool> kept)
    {
        string[] fields = [.. rules.SelectMany(rule => rule.Pattern.GetGroupNames()).Where(name => !char.IsDigit(name[0])).Distinct()];
        var rows = new List<SortedDictionary<string, string>>();
        var row = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string state = "Start";
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.Trim().Length == 0) continue;
            Rule rule = Array.Find(rules, r => r.State == state && r.Pattern.IsMatch(line)) ?? throw new FormatException($"the template ends with an error at this line ({state}): {line}");
            if (rule.RecordBefore && row.Count > 0) Record();
            Match match = rule.Pattern.Match(line);
            foreach (string name in rule.Pattern.GetGroupNames())
            {
                if (!char.IsDigit(name[0]) && match.Groups[name].Success) row[name] = match.Groups[name].Value;
            }
            if (rule.Record) Record();
            state = rule.Next ?? state;
        }
        if (rules.Any(rule => rule.RecordBefore) && row.Count > 0) Record();
        return rows;

        void Record()
        {
            var full = new SortedDictionary<string, string>(row, StringComparer.Ordinal);
            foreach (string field in fields) full.TryAdd(field, "");
            rows.Add(full);
            row = new SortedDictionary<string, string>(row.Where(field => kept(field.Key)).ToDictionary(), StringComparer.Ordinal);
        }
    }

    private sealed record Rule(string State, Regex Pattern, string? Next, bool Record, bool RecordBefore)
    {
        public Rule(string state, string pattern, string? next = null, bool Record = false, bool RecordBefore = false)
            : this(state, new Regex($"^{pattern}\\s*$"), next, Record, RecordBefore)
        {
        }
    }
}
