namespace Dmvpn.Management.Api;

/// <summary>What a thread that forwards packets has done since its start.</summary>
public sealed record PlatformWorker
{
    /// <summary>Its number.</summary>
    public int Number { get; init; }

    /// <summary>Rounds: each looks at all tunnels and ports.</summary>
    public long Rounds { get; init; }

    /// <summary>Times that the tunnel devices had packets for it.</summary>
    public long DeviceBatches { get; init; }

    /// <summary>Packets from the tunnel devices; several segments that the kernel left together are one.</summary>
    public long DevicePackets { get; init; }

    /// <summary>Times that the underlay had packets for it.</summary>
    public long PortBatches { get; init; }

    /// <summary>Packets from the underlay.</summary>
    public long PortPackets { get; init; }

    /// <summary>Managed memory in bytes that it has taken since its start: some for what it does for the first time, none for a packet.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>Packets from the tunnel devices that had to wait in the queue that is fair among flows.</summary>
    public long Queued { get; init; }

    /// <summary>The most bytes that waited there at one moment.</summary>
    public long MostQueuedBytes { get; init; }

    /// <summary>Packets that it dropped, by reason, of all tunnels and sources together.</summary>
    public IReadOnlyList<DropEntry> Drops { get; init; } = [];
}

/// <summary>A socket of a tunnel source, and what has gone through it.</summary>
public sealed record PlatformPort
{
    /// <summary>The worker that it belongs to.</summary>
    public int Worker { get; init; }

    /// <summary>"192.0.2.1 UDP 4500", "192.0.2.1 GRE".</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether several packets leave in one message: "yes", "no", "unsupported" by the kernel, "refused" by a device.</summary>
    public string SendOffload { get; init; } = "no";

    /// <summary>Whether several packets arrive in one message.</summary>
    public string ReceiveOffload { get; init; } = "no";

    /// <summary>System calls that sent.</summary>
    public long SendCalls { get; init; }

    /// <summary>Messages given to the kernel.</summary>
    public long MessagesOut { get; init; }

    /// <summary>Packets in them.</summary>
    public long PacketsOut { get; init; }

    /// <summary>System calls that received something.</summary>
    public long ReceiveCalls { get; init; }

    /// <summary>Messages taken from the kernel.</summary>
    public long MessagesIn { get; init; }

    /// <summary>Packets in them.</summary>
    public long PacketsIn { get; init; }

    /// <summary>Packets that the kernel dropped because the worker did not fetch them in time.</summary>
    public long Overruns { get; init; }
}
