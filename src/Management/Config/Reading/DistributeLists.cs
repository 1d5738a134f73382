using Dmvpn.Core;
using Dmvpn.Odr;

namespace Dmvpn.Management.Config;

/// <summary><c>distribute-list … in</c> as written: which lists it names is looked up when the whole file is read.</summary>
/// <param name="Text">As it is printed, without the interface.</param>
/// <param name="AccessList">Name or number of an access list.</param>
/// <param name="PrefixList">Name of a prefix list.</param>
/// <param name="Gateways">Name of the prefix list that the sender is in.</param>
/// <param name="Tunnel">The tunnel; null for all.</param>
/// <param name="Line">Where it is.</param>
internal sealed record PendingFilter(string Text, string? AccessList, string? PrefixList, string? Gateways, TunnelId? Tunnel, ConfigLine Line);

/// <summary>Joins the <c>distribute-list</c> lines of <c>router odr</c> with the lists that they name.</summary>
internal static class DistributeLists
{
    /// <summary>The filters; and the lines of the lists they use, which are not passed over then.</summary>
    public static RouterConfig Resolve(ConfigBuilder builder, string text, RouterConfig config)
    {
        if (builder.Filters.Count == 0 || config.Odr is not { } odr) return config;
        var lists = new AccessLists(text);
        var used = new List<(int Number, string Text)>();
        var filters = new List<OdrFilter>();
        foreach (PendingFilter pending in builder.Filters)
        {
            filters.Add(new OdrFilter
            {
                Text = pending.Tunnel is { } tunnel ? $"{pending.Text} in {tunnel}" : $"{pending.Text} in",
                Tunnel = pending.Tunnel,
                Prefixes = Find(false, pending.AccessList) ?? Find(true, pending.PrefixList),
                Gateways = Find(true, pending.Gateways),
            });

            ValueList<OdrFilterRule>? Find(bool isPrefixList, string? name)
            {
                if (name is null) return null;
                if (lists.Read(isPrefixList, name, builder.Findings, used) is { } rules) return rules;
                string kind = isPrefixList ? "prefix list" : "access list";
                pending.Line.Refuse("", $"there is no {kind} '{name}' in this file: everything would be learnt", $"Define it, or remove the line");
                return null;
            }
        }
        HashSet<int> numbers = [.. used.Select(static line => line.Number)];
        builder.PassedOver.Remove(numbers);
        return config with { Odr = odr with { DistributeIn = [.. filters] }, OdrLists = Printed(text, numbers) };
    }

    /// <summary>The lines of the lists in the order of the file, each named list behind the line that opens it.</summary>
    private static ValueList<string> Printed(string text, HashSet<int> numbers)
    {
        var printed = new List<string>();
        string[] lines = text.Split('\n');
        string? head = null, open = null;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.StartsWith("ip access-list ", StringComparison.OrdinalIgnoreCase)) head = line;
            if (!numbers.Contains(i + 1)) continue;
            bool isOwn = line.StartsWith("access-list ", StringComparison.OrdinalIgnoreCase) || line.StartsWith("ip prefix-list ", StringComparison.OrdinalIgnoreCase);
            if (!isOwn && head != open) printed.Add(head!);
            open = isOwn ? null : head;
            printed.Add(isOwn ? line : " " + line);
        }
        return [.. printed];
    }
}
