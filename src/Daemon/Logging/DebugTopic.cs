using System.Diagnostics.CodeAnalysis;
using Dmvpn.Core;
using Dmvpn.Management.Api;

namespace Dmvpn.Daemon.Logging;

/// <summary>What a user asked to see with <c>debug nhrp packet</c> and the like: ranges of event ids within the <see cref="EventBlock"/>s.</summary>
/// <param name="Name">One of <see cref="DebugTopics"/>.</param>
/// <param name="Ranges">First and last event id of each range.</param>
public sealed record DebugTopic(string Name, params (int First, int Last)[] Ranges)
{
    /// <summary>All topics; the more particular ones come first.</summary>
    public static IReadOnlyList<DebugTopic> All { get; } =
    [
        new(DebugTopics.NhrpPacket, (1100, 1199)),
        new(DebugTopics.NhrpExtension, (1100, 1199)),
        new(DebugTopics.NhrpCache, (1200, 1299)),
        new(DebugTopics.NhrpError, (1004, 1004), (1008, 1009), (1300, 1399)),
        new(DebugTopics.NhrpRate, (1010, 1010)),
        new(DebugTopics.Nhrp, (1000, 1099), (1400, 1499)),
        new(DebugTopics.Tunnel, Whole(EventBlock.Tunnel)),
        new(DebugTopics.Cdp, Whole(EventBlock.Odr)),
        new(DebugTopics.Routing, Whole(EventBlock.Rib)),
        new(DebugTopics.Dmvpn, (1000, 1007), Whole(EventBlock.Tunnel), Whole(EventBlock.Daemon)),
        new(DebugTopics.Ikev2Packet, (2100, 2199)),
        new(DebugTopics.Ikev2Internal, (2200, 2299)),
        new(DebugTopics.Ikev2Error, (2002, 2002), (2006, 2006), (2300, 2399)),
        new(DebugTopics.Ikev2, (2000, 2099), (2400, 2499)),
        new(DebugTopics.Ipsec, Whole(EventBlock.Ipsec)),
        new(DebugTopics.Pki, Whole(EventBlock.Pki)),
    ];

    /// <summary>True when the topic wants the event.</summary>
    public bool Matches(int eventId)
    {
        foreach ((int first, int last) in Ranges)
        {
            if (eventId >= first && eventId <= last) return true;
        }
        return false;
    }

    /// <summary>
    /// True when the topic may want events of a category: whether it does is known only when the event is there, but a
    /// category that nobody watches need not make any.
    /// </summary>
    public bool MayMatch(string category) => EventBlock.Of(category) is not { } block || Overlaps(block);

    /// <summary>Finds a topic by its name.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out DebugTopic? topic)
    {
        topic = null;
        foreach (DebugTopic candidate in All)
        {
            if (string.Equals(candidate.Name, name, StringComparison.OrdinalIgnoreCase)) topic = candidate;
        }
        return topic is not null;
    }

    private static (int First, int Last) Whole(EventBlock block) => (block.First, block.Last);

    private bool Overlaps(EventBlock block)
    {
        foreach ((int from, int to) in Ranges)
        {
            if (from <= block.Last && to >= block.First) return true;
        }
        return false;
    }
}
