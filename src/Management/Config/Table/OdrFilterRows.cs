using Dmvpn.Core;
using Dmvpn.Odr;

namespace Dmvpn.Management.Config;

/// <summary>The rows of <c>router odr</c> that say what is believed of the neighbours.</summary>
internal static class OdrFilterRows
{
    public static IEnumerable<ConfigRow> All()
    {
        yield return Filter("distribute-list prefix prefix=WORD gateway gateway=WORD in [tunnel=TUNNEL]", "Learn only what the prefix list permits, from neighbours that the other one permits",
            l => new($" distribute-list prefix {l.Text("prefix")} gateway {l.Text("gateway")}", null, l.Text("prefix"), l.Text("gateway"), null, l));
        yield return Filter("distribute-list prefix prefix=WORD in [tunnel=TUNNEL]", "Learn only what the prefix list permits",
            l => new($" distribute-list prefix {l.Text("prefix")}", null, l.Text("prefix"), null, null, l));
        yield return Filter("distribute-list gateway gateway=WORD in [tunnel=TUNNEL]", "Learn only from neighbours that the prefix list permits",
            l => new($" distribute-list gateway {l.Text("gateway")}", null, null, l.Text("gateway"), null, l));
        yield return Filter("distribute-list list=WORD in [tunnel=TUNNEL]", "Learn only what the access list permits",
            l => new($" distribute-list {l.Text("list")}", l.Text("list"), null, null, null, l)) with
        {
            WriteRouter = r => r.Odr is null ? [] : r.Odr.DistributeIn.Select(filter => filter.Text),
        };
        yield return ConfigRow.Refused(ConfigMode.Odr, "distribute-list route-map LINE", "route maps are not supported: more would be learnt", "Use an access list or a prefix list");
        yield return ConfigRow.Ineffective(ConfigMode.Odr, "distribute-list list=WORD out [LINE]", "ODR offers nothing but a default route: there is nothing to filter", "Use 'passive-interface' to offer none");
        yield return new ConfigRow(ConfigMode.Odr, "maximum-prefix <1-1024>", "Prefixes of one neighbour that are used at most")
        {
            DefaultText = "128",
            Apply = (b, l) => b.Router = b.Router with { Odr = b.Router.Odr! with { MaximumPrefixes = l.Number("maximum-prefix") } },
            No = (b, _) => b.Router = b.Router with { Odr = b.Router.Odr! with { MaximumPrefixes = OdrSpec.MaximumPrefixes } },
            WriteRouter = r => r.Odr is { } odr && odr.MaximumPrefixes != OdrSpec.MaximumPrefixes ? [$" maximum-prefix {odr.MaximumPrefixes}"] : [],
        };
    }

    private static ConfigRow Filter(string pattern, string summary, Func<ConfigLine, PendingFilter> read) => new(ConfigMode.Odr, pattern, summary)
    {
        Apply = (b, l) =>
        {
            if (!b.Filters.Exists(f => f.Text == read(l).Text && f.Tunnel == TunnelOf(l))) b.Filters.Add(read(l) with { Tunnel = TunnelOf(l) });
        },
        No = (b, l) => b.Filters.RemoveAll(f => f.Text == read(l).Text && f.Tunnel == TunnelOf(l)),
        NoPattern = pattern,
    };

    private static TunnelId? TunnelOf(ConfigLine line) => line.HasValue("tunnel") ? new TunnelId(line.Number("tunnel")) : null;
}
