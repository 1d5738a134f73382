using System.Globalization;
using System.Text.RegularExpressions;

namespace Dmvpn.Lab.Hosts;

/// <summary>One answer that <c>ping</c> printed.</summary>
/// <param name="Sequence">Number of the request, from 1.</param>
/// <param name="HopLimit">TTL or hop limit on arrival: how many routers the answer passed.</param>
/// <param name="From">Who answered.</param>
/// <param name="IsEcho">False for an error such as "time to live exceeded".</param>
public readonly record struct PingReply(int Sequence, int HopLimit, string From, bool IsEcho);

/// <summary>What <c>ping</c> printed.</summary>
public sealed partial record PingResult(int Sent, IReadOnlyList<PingReply> Replies, string Text)
{
    /// <summary>Echo replies, each request counted once.</summary>
    public int Received => Replies.Where(r => r.IsEcho).Select(r => r.Sequence).Distinct().Count();

    /// <summary>Requests that were never answered.</summary>
    public int Lost => Sent - Received;

    /// <summary>Answers that came after the answer to a later request.</summary>
    public int Reordered
    {
        get
        {
            int highest = 0, count = 0;
            foreach (PingReply reply in Replies.Where(r => r.IsEcho))
            {
                if (reply.Sequence < highest)
                    count++;
                highest = Math.Max(highest, reply.Sequence);
            }

            return count;
        }
    }

    /// <summary>Hop limit of the last echo reply; 0 when there was none.</summary>
    public int LastHopLimit => Replies.LastOrDefault(r => r.IsEcho).HopLimit;

    /// <summary>Reads the output of Debian's ping (iputils).</summary>
    public static PingResult Parse(string text)
    {
        List<PingReply> replies = [];
        foreach (Match m in EchoLine().Matches(text))
            replies.Add(new PingReply(Number(m, 2), Number(m, 3), m.Groups[1].Value, IsEcho: true));
        foreach (Match m in ErrorLine().Matches(text))
            replies.Add(new PingReply(Number(m, 2), 0, m.Groups[1].Value, IsEcho: false));
        Match summary = Summary().Match(text);
        return new PingResult(summary.Success ? Number(summary, 1) : 0, replies, text);
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"bytes from ([0-9a-f.:]+?):? icmp_seq=(\d+) ttl=(\d+)")]
    private static partial Regex EchoLine();

    [GeneratedRegex(@"From ([0-9a-f.:]+?):? icmp_seq=(\d+) (?:Time to live|Time exceeded)")]
    private static partial Regex ErrorLine();

    [GeneratedRegex(@"(\d+) packets transmitted")]
    private static partial Regex Summary();
}
