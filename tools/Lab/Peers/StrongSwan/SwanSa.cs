using System.Globalization;
using System.Text.RegularExpressions;

namespace Dmvpn.Lab.Peers.StrongSwan;

/// <summary>A child SA, as <c>swanctl --list-sas</c> shows it.</summary>
public sealed record SwanChild(string Name, int Id, string State, string Mode, string Suite, string SpiIn, string SpiOut, long PacketsIn, long PacketsOut)
{
    /// <summary>Packets can pass.</summary>
    public bool IsInstalled => State == "INSTALLED";
}

/// <summary>An IKE SA with its child SAs, as <c>swanctl --list-sas</c> shows it.</summary>
public sealed partial record SwanSa(string Name, int Id, string State, bool IsInitiator, string Spis, string Suite, string LocalId, string RemoteId, string RemoteAddress,
    IReadOnlyList<SwanChild> Children)
{
    /// <summary>Up.</summary>
    public bool IsEstablished => State == "ESTABLISHED";

    /// <summary>Reads the list.</summary>
    public static IReadOnlyList<SwanSa> Parse(string text)
    {
        List<SwanSa> list = [];
        foreach (string line in text.Split('\n'))
        {
            if (IkeLine().Match(line) is { Success: true } ike)
            {
                list.Add(new SwanSa(ike.Groups[1].Value, Number(ike.Groups[2]), ike.Groups[3].Value, ike.Groups[4].Value.Contains("_i*", StringComparison.Ordinal),
                    ike.Groups[4].Value, "", "", "", "", []));
            }
            else if (list.Count > 0)
            {
                list[^1] = With(list[^1], line);
            }
        }

        return list;
    }

    private static SwanSa With(SwanSa sa, string line)
    {
        if (ChildLine().Match(line) is { Success: true } child)
            return sa with { Children = [.. sa.Children, new SwanChild(child.Groups[1].Value, Number(child.Groups[2]), child.Groups[3].Value, child.Groups[4].Value, child.Groups[5].Value, "", "", 0, 0)] };
        if (End().Match(line) is { Success: true } end)
            return end.Groups[1].Value == "local" ? sa with { LocalId = end.Groups[2].Value } : sa with { RemoteId = end.Groups[2].Value, RemoteAddress = end.Groups[3].Value };
        if (Counters().Match(line) is { Success: true } counters && sa.Children.Count > 0)
        {
            SwanChild last = sa.Children[^1];
            long packets = long.Parse(counters.Groups[3].Value, CultureInfo.InvariantCulture);
            last = counters.Groups[1].Value == "in" ? last with { SpiIn = counters.Groups[2].Value, PacketsIn = packets } : last with { SpiOut = counters.Groups[2].Value, PacketsOut = packets };
            return sa with { Children = [.. sa.Children.SkipLast(1), last] };
        }

        return Algorithms().Match(line) is { Success: true } suite ? sa with { Suite = suite.Groups[1].Value } : sa;
    }

    private static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\S+): #(\d+), (\w+), IKEv2, (.*)$")]
    private static partial Regex IkeLine();

    [GeneratedRegex(@"^  (\S+): #(\d+), reqid \d+, (\w+), ([\w-]+)(?:, ESP:(\S+))?")]
    private static partial Regex ChildLine();

    [GeneratedRegex(@"^  (local|remote)  ?'(.*)' @ (\S+)\[\d+\]")]
    private static partial Regex End();

    [GeneratedRegex(@"^  ([A-Z0-9_-]+(?:/[A-Z0-9_-]+)+)$")]
    private static partial Regex Algorithms();

    [GeneratedRegex(@"^    (in|out)  ?([0-9a-f]{8})\b.*?, +(\d+) packets")]
    private static partial Regex Counters();
}
