using Dmvpn.Management.Grammar;

namespace Dmvpn.Management.Config;

/// <summary>The lines that were passed over while a file was read, and what the report says of them.</summary>
internal sealed class PassedOverLines
{
    private readonly List<(SourceLine Line, string Reason, PassedOverGroup Group)> _lines = [];

    /// <summary>Remembers a line.</summary>
    public void Add(SourceLine line, string reason, PassedOverGroup group) => _lines.Add((line, reason, group));

    /// <summary>These lines have an effect after all: a list that <c>distribute-list</c> names.</summary>
    public void Remove(IReadOnlySet<int> numbers) => _lines.RemoveAll(l => numbers.Contains(l.Line.Number));

    /// <summary>The lines for the report: secrets are masked, and control characters do not reach a terminal.</summary>
    public IReadOnlyList<PassedOverLine> Report() =>
        [.. _lines.OrderBy(l => l.Line.Number).Select(l => new PassedOverLine(l.Line.Number, SourceLine.Printable(Redaction.Mask(l.Line.Text.Trim())), l.Reason, l.Group.Name))];

    /// <summary>One warning for each group that a network may rely on, at its first line.</summary>
    public IEnumerable<Finding> Warnings()
    {
        foreach (var group in _lines.Where(l => l.Group.IsMissed).GroupBy(l => l.Group))
        {
            SourceLine first = group.First().Line;
            string more = group.Count() == 1 ? "" : $" ({group.Count()} lines of {group.Key.Name})";
            yield return first.Finding(FindingKind.Warning, 0, 0, group.Key.Reason + more, group.Key.Remedy);
        }
    }

    /// <summary>How many lines are in no group with a warning and have no finding of their own; null when there is none.</summary>
    /// <param name="findings">All findings so far.</param>
    public Finding? Count(IEnumerable<Finding> findings)
    {
        HashSet<int> named = [.. findings.Select(f => f.Line)];
        int count = _lines.Count(l => !l.Group.IsMissed && !named.Contains(l.Line.Number));
        return count == 0 ? null : new()
        {
            Kind = FindingKind.Note,
            Line = 0,
            Reason = count == 1 ? "1 line that does not concern a DMVPN router was passed over" : $"{count} lines that do not concern a DMVPN router were passed over",
            Remedy = "'dmvpn check --passed-over FILE' lists them",
        };
    }
}
