using System.Globalization;
using System.Net;
using System.Text;

namespace Dmvpn.Bench.Tunnel;

/// <summary>The middle figures of a report as bars, one panel for each row, in SVG.</summary>
internal sealed class TunnelChart(TunnelReport report)
{
    private const int Width = 720, Label = 130, Figure = 70, Bar = 16, Gap = 6, Head = 34, Margin = 16;
    private const string Ours = "#2b6cb0", Others = "#a0aec0";

    public override string ToString()
    {
        var body = new StringBuilder();
        int y = Margin;
        foreach (Row row in report.Rows)
        {
            (string Name, double Value)[] bars = [.. report.Subjects.Select(s => (s.Name, report.Middle(s.Name, row.Name))).Where(b => b.Item2 is not null).Select(b => (b.Name, b.Item2!.Value))];
            if (bars.Length == 0) continue;
            Text(body, Margin, y + 16, $"{row.Title}, {row.Unit}{(row.IsCost ? " (less is better)" : "")}", "font-weight='bold'");
            y += Head - Gap;
            double most = bars.Max(b => b.Value);
            foreach ((string name, double value) in bars)
            {
                double length = most == 0 ? 0 : value / most * (Width - Label - Figure - 2 * Margin);
                string color = report.Subjects.First(s => s.Name == name) is Subjects.DmvpnSubject ? Ours : Others;
                Text(body, Margin + Label - 8, y + Bar - 4, name, "text-anchor='end'");
                body.Append(CultureInfo.InvariantCulture, $"<rect x='{Margin + Label}' y='{y}' width='{Math.Max(length, 1):0.0}' height='{Bar}' fill='{color}'/>\n");
                Text(body, Margin + Label + (int)length + 6, y + Bar - 4, value.ToString(TunnelReport.Precision(row), CultureInfo.InvariantCulture), "");
                y += Bar + Gap;
            }
            y += Margin;
        }
        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns='http://www.w3.org/2000/svg' width='{Width}' height='{y}' font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n{body}</svg>\n");
    }

    private static void Text(StringBuilder to, int x, int y, string text, string style) =>
        to.Append(CultureInfo.InvariantCulture, $"<text x='{x}' y='{y}' {style}>{WebUtility.HtmlEncode(text)}</text>\n");
}
