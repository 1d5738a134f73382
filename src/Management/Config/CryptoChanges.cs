using Dmvpn.Core;
using Dmvpn.Ike;

namespace Dmvpn.Management.Config;

/// <summary>Which parts of <c>crypto</c> differ, in words: names only, no secrets. IKE compares by itself what an SA was made with, and touches no other.</summary>
public static class CryptoChanges
{
    /// <summary>One line for each block that came, went or changed, and one for the settings outside of blocks and the order of blocks, which decides between proposals, policies and profiles.</summary>
    public static IEnumerable<string> Describe(IkeConfig old, IkeConfig @new)
    {
        if (old == @new) yield break;
        bool outside = Outside(old) != Outside(@new);
        if (outside) yield return "crypto settings changed";
        List<string> blocks =
        [
            .. Blocks("crypto pki trustpoint", old.Trustpoints, @new.Trustpoints, t => t.Name), .. Blocks("crypto ikev2 proposal", old.Proposals, @new.Proposals, p => p.Name),
            .. Blocks("crypto ikev2 policy", old.Policies, @new.Policies, p => p.Name), .. Blocks("crypto ikev2 keyring", old.Keyrings, @new.Keyrings, k => k.Name),
            .. Blocks("crypto ikev2 profile", old.Profiles, @new.Profiles, p => p.Name), .. Blocks("crypto ipsec transform-set", old.TransformSets, @new.TransformSets, t => t.Name),
            .. Blocks("crypto ipsec profile", old.IpsecProfiles, @new.IpsecProfiles, p => p.Name),
        ];
        if (blocks.Count == 0 && !outside) yield return "crypto: order of blocks changed";
        foreach (string line in blocks) yield return line;
    }

    private static IkeConfig Outside(IkeConfig config) => config with { Trustpoints = [], Proposals = [], Policies = [], Keyrings = [], Profiles = [], TransformSets = [], IpsecProfiles = [] };

    private static IEnumerable<string> Blocks<T>(string words, ValueList<T> old, ValueList<T> @new, Func<T, string> name)
        where T : class
    {
        Dictionary<string, T> before = old.ToDictionary(name);
        HashSet<string> after = [.. @new.Select(name)];
        foreach (T block in @new)
        {
            if (!before.TryGetValue(name(block), out T? was)) yield return $"{words} {name(block)} added";
            else if (!was.Equals(block)) yield return $"{words} {name(block)} changed";
        }
        foreach (T block in old)
            if (!after.Contains(name(block))) yield return $"{words} {name(block)} removed";
    }
}
