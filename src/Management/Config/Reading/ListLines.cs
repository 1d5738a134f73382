using System.Globalization;
using Dmvpn.Core;
using Dmvpn.Management.Grammar;
using Dmvpn.Odr;

namespace Dmvpn.Management.Config;

/// <summary><c>{permit | deny} PREFIX [ge N] [le N]</c> of <c>ip prefix-list</c>.</summary>
internal static class PrefixListLine
{
    /// <summary>Why the words are no such line; null when they are.</summary>
    public static string? TryRead(List<Word> words, out OdrFilterRule? rule)
    {
        rule = null;
        if (words.Count < 2 || words[0].Text is not ("permit" or "deny")) return "it is neither 'permit' nor 'deny'";
        if (!IpPrefix.TryParse(words[1].Text, out IpPrefix prefix, allowHostBits: true) || !prefix.IsIPv4) return $"'{words[1].Text}' is not an IPv4 prefix";
        int? least = null, most = null;
        for (int i = 2; i < words.Count; i += 2)
        {
            if (i + 1 >= words.Count || !int.TryParse(words[i + 1].Text, NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length is < 1 or > 32)
                return $"'{words[i].Text}' wants a length of 1-32";
            if (words[i].Text == "ge") least = length;
            else if (words[i].Text == "le") most = length;
            else return $"'{words[i].Text}' is not 'ge' or 'le'";
        }
        // Neither: exactly this length. 'ge' alone: up to 32. 'le' alone: from this length on.
        int from = least ?? prefix.Length, to = most ?? (least is null ? prefix.Length : 32);
        if (from < prefix.Length || to < from) return $"lengths of {from} to {to} are not inside {prefix}";
        rule = OdrFilterRule.Within(words[0].Text == "permit", prefix, from, to);
        return null;
    }
}

/// <summary>
/// <c>{permit | deny} ADDRESS [WILDCARD]</c> of a standard access list, <c>{permit | deny} ip SOURCE DESTINATION</c> of an extended
/// one, where an address is <c>any</c>, <c>host A.B.C.D</c>, or address and wildcard.
/// </summary>
internal static class AccessListLine
{
    /// <summary>Why the words are no such line; null when they are.</summary>
    public static string? TryRead(List<Word> words, bool isExtended, out OdrFilterRule? rule)
    {
        rule = null;
        if (words.Count < 2 || words[0].Text is not ("permit" or "deny")) return "it is neither 'permit' nor 'deny'";
        int at = 1;
        AddressPattern sender = AddressPattern.Any;
        if (isExtended)
        {
            if (words[at++].Text != "ip") return "of a route only 'ip' can be matched, no protocol or port";
            if (!TryPattern(words, ref at, wildcardIsOptional: false, out sender)) return "the source is not 'any', 'host A.B.C.D', or an address with its wildcard";
        }
        if (!TryPattern(words, ref at, wildcardIsOptional: !isExtended, out AddressPattern network)) return "the address is not 'any', 'host A.B.C.D', or an address with its wildcard";
        for (; at < words.Count; at++)
        {
            if (words[at].Text is not ("log" or "log-input")) return $"'{words[at].Text}' has no meaning for a route";
        }
        rule = new OdrFilterRule(words[0].Text == "permit", network, sender);
        return null;
    }

    private static bool TryPattern(List<Word> words, ref int at, bool wildcardIsOptional, out AddressPattern pattern)
    {
        pattern = AddressPattern.Any;
        if (at >= words.Count) return false;
        string first = words[at++].Text;
        if (first == "any") return true;
        bool isHost = first == "host";
        if (isHost && at >= words.Count || !IpAddress.TryParse(isHost ? words[at++].Text : first, out IpAddress address) || !address.IsIPv4) return false;
        pattern = new AddressPattern(address.ToUInt32(), 0);
        if (isHost) return true;
        if (at >= words.Count || !IpAddress.TryParse(words[at].Text, out IpAddress wildcard) || !wildcard.IsIPv4) return wildcardIsOptional;
        at++;
        pattern = new AddressPattern(address.ToUInt32(), wildcard.ToUInt32());
        return true;
    }
}
