namespace Dmvpn.Runtime;

/// <summary>Whether many datagrams go through the kernel as one, in one direction of a port.</summary>
public enum SegmentOffload
{
    /// <summary>Not for this kind of socket.</summary>
    None,

    /// <summary>They do.</summary>
    Active,

    /// <summary>The kernel has no such option.</summary>
    Unsupported,

    /// <summary>A device refused it (EIO): it computes no checksums. Not tried again.</summary>
    Refused,
}

/// <summary>What a port has done. Each number is written by one thread at a time and may be read by any.</summary>
/// <param name="SendCalls">System calls that sent.</param>
/// <param name="MessagesOut">Messages given to the kernel: datagrams, or several as one.</param>
/// <param name="PacketsOut">Packets in them.</param>
/// <param name="ReceiveCalls">System calls that received something.</param>
/// <param name="MessagesIn">Messages taken from the kernel.</param>
/// <param name="PacketsIn">Packets in them.</param>
public readonly record struct PortCounters(long SendCalls, long MessagesOut, long PacketsOut, long ReceiveCalls, long MessagesIn, long PacketsIn)
{
    /// <summary>The sum of two.</summary>
    public static PortCounters operator +(PortCounters a, PortCounters b) => new(
        a.SendCalls + b.SendCalls, a.MessagesOut + b.MessagesOut, a.PacketsOut + b.PacketsOut,
        a.ReceiveCalls + b.ReceiveCalls, a.MessagesIn + b.MessagesIn, a.PacketsIn + b.PacketsIn);
}
