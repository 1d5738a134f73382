using System.Text;

namespace Dmvpn.Management.Config;

/// <summary>A report for people, as <c>dmvpn check</c> prints it.</summary>
public static class ConfigReportText
{
    /// <summary>
    /// One block per finding, a blank line between them, then a line that sums up:
    /// <code>
    /// spoke.conf:12:17: error: 'netwrok-id' is not known here
    ///     ip nhrp netwrok-id 5
    ///             ^^^^^^^^^^
    ///     Did you mean 'network-id'?
    /// </code>
    /// </summary>
    /// <param name="file">The file's name as the user gave it.</param>
    /// <param name="report">What was found.</param>
    /// <param name="passedOver">True lists the lines without effect, by their groups.</param>
    public static string Render(string file, ConfigReport report, bool passedOver = false)
    {
        var text = new StringBuilder();
        foreach (Finding finding in report.Findings)
        {
            Render(text, file, finding);
            text.Append('\n');
        }
        if (passedOver) RenderPassedOver(text, report.PassedOver);
        text.Append(file).Append(": understood: ").Append(Understanding.Text(report.Understood)).Append('\n');
        return text.Append(Summary(file, report)).Append('\n').ToString();
    }

    private static void Render(StringBuilder text, string file, Finding finding)
    {
        text.Append(file);
        if (finding.Line > 0) text.Append(':').Append(finding.Line);
        if (finding.Column > 0) text.Append(':').Append(finding.Column);
        text.Append(": ").Append(finding.Kind switch { FindingKind.Error => "error", FindingKind.Warning => "warning", _ => "note" }).Append(": ").Append(finding.Reason).Append('\n');
        if (finding.Source.Length > 0)
        {
            text.Append("    ").Append(Printable(finding.Source)).Append('\n').Append("    ");
            // Tabs stay tabs, so that the marker stands under its word.
            for (int i = 0; i < finding.Column - 1; i++) text.Append(i < finding.Source.Length && finding.Source[i] == '\t' ? '\t' : ' ');
            text.Append('^', Math.Max(1, finding.Length)).Append('\n');
        }
        if (finding.Remedy.Length > 0) text.Append("    ").Append(finding.Remedy).Append('\n');
    }

    private static void RenderPassedOver(StringBuilder text, IReadOnlyList<PassedOverLine> lines)
    {
        text.Append(lines.Count == 0 ? "no line was passed over\n\n" : "passed over:\n");
        foreach (var group in lines.GroupBy(line => (line.Group, line.Reason)))
        {
            text.Append("  ").Append(group.Key.Group).Append(": ").Append(group.Key.Reason).Append('\n');
            foreach (PassedOverLine line in group) text.Append("    ").Append(line.Line).Append(": ").Append(line.Text).Append('\n');
        }
        if (lines.Count > 0) text.Append('\n');
    }

    private static string Summary(string file, ConfigReport report)
    {
        int errors = report.Count(FindingKind.Error), warnings = report.Count(FindingKind.Warning);
        string counts = $"{Number(errors, "error")}, {Number(warnings, "warning")}";
        return errors > 0 ? $"{file}: refused: {counts}" : warnings > 0 ? $"{file}: good, with {Number(warnings, "warning")}" : $"{file}: good";

        static string Number(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
    }

    /// <summary>A file may hold anything; a terminal must not see control characters of it.</summary>
    private static string Printable(string line)
    {
        char[] shown = line.ToCharArray();
        for (int i = 0; i < shown.Length; i++)
            if (char.IsControl(shown[i]) && shown[i] != '\t') shown[i] = '.';
        return new(shown);
    }
}
