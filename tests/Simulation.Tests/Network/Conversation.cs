using Dmvpn.Core;

namespace Dmvpn.Simulation.Tests.Network;

/// <summary>One direction of a pair that talks, and how it fared in the window that is judged.</summary>
internal sealed class Conversation(int index, SimRouter from, SimRouter to, IpAddress source, IpAddress destination)
{
    public int Index { get; } = index;

    public SimRouter From { get; } = from;

    public SimRouter To { get; } = to;

    public IpAddress Source { get; } = source;

    public IpAddress Destination { get; } = destination;

    public int Sent { get; set; }

    public int Delivered { get; set; }

    /// <summary>Delivered ones that took more than one hop.</summary>
    public int Indirect { get; set; }

    /// <summary>Why the last one was lost.</summary>
    public string Loss { get; set; } = "";

    public override string ToString() => $"{From.Plan.Name} {Source} > {To.Plan.Name} {Destination}: {Delivered} of {Sent}, {Indirect} not direct. {Loss} {Knows(From)} {Knows(To)}";

    private string Knows(SimRouter router)
    {
        if (!router.Running) return $"[{router.Plan.Name} is down]";
        string entries = string.Join("; ", router.Nhrp.Cache(false).Select(entry => $"{entry.Prefix} via {entry.Via} at {entry.Peer} {entry.Type} {entry.Flags}"));
        return $"\n    [{router.Plan.Name}: {entries}; dropped: {string.Join(", ", router.Nhrp.Drops.NonZero())}]";
    }
}

/// <summary>A data packet on its way. One object for each copy.</summary>
internal sealed class DataPacket
{
    public required Conversation Conversation { get; init; }

    public required long Number { get; init; }

    /// <summary>Sent in the window that is judged.</summary>
    public required bool Counts { get; init; }

    public int TimeToLive { get; set; } = 16;

    public int Hops { get; set; }

    public List<string>? Path { get; set; }

    public DataPacket Copy() => new() { Conversation = Conversation, Number = Number, Counts = false, TimeToLive = TimeToLive, Hops = Hops };
}
