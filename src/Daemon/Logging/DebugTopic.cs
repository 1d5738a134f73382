using System.Diagnostics.CodeAnalysis;
using Dmvpn.Management.Api;

namespace Dmvpn.Daemon.Logging;

/// <summary>What a user asked to see with <c>debug nhrp packet</c> and the like: a part of the program and a range of event ids.</summary>
/// <param name="Name">The words behind <c>debug</c>.</param>
/// <param name="Category">The logger's category.</param>
/// <param name="First">First event id, inclusive.</param>
/// <param name="Last">Last event id, inclusive.</param>
public sealed record DebugTopic(string Name, string Category, int First, int Last)
{
    /// <summary>All topics. The id blocks are those of the XLog.cs files.</summary>
    public static IReadOnlyList<DebugTopic> All { get; } =
    [
        new(DebugTopics.Nhrp, "Nhrp", 1000, 1499),
        new(DebugTopics.NhrpPacket, "Nhrp", 1000, 1499),
        new(DebugTopics.NhrpCache, "Nhrp", 1000, 1499),
        new(DebugTopics.NhrpExtension, "Nhrp", 1000, 1499),
        new(DebugTopics.NhrpRate, "Nhrp", 1000, 1499),
        new(DebugTopics.NhrpError, "Nhrp", 1000, 1499),
        new(DebugTopics.Dmvpn, "", 1000, 1899),
        new(DebugTopics.Tunnel, "Tunnel", 1700, 1799),
        new(DebugTopics.Cdp, "Odr", 1600, 1699),
        new(DebugTopics.Routing, "Rib", 1500, 1599),
    ];

    /// <summary>True when the topic wants events of this category and id; id 0 asks about the category as a whole.</summary>
    public bool Matches(string category, int eventId) =>
        (Category.Length == 0 || Category == category) && (eventId == 0 || eventId >= First && eventId <= Last);

    /// <summary>Finds a topic by its words.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out DebugTopic? topic)
    {
        topic = null;
        foreach (DebugTopic candidate in All)
        {
            if (string.Equals(candidate.Name, name, StringComparison.OrdinalIgnoreCase)) topic = candidate;
        }
        return topic is not null;
    }
}
